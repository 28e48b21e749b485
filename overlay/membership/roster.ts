// The roster: everybody this peer knows of, dead ones too, and the one place where a saying becomes knowledge.
//
// The dead are kept for a while, for two reasons: an old rumour must not bring them back, and after a partition they
// are the only ones who know the way to the other side. The roster is bounded; when it is full the longest dead makes
// room, and if nobody is dead the newcomer has to wait.

import { sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Verify } from '../signature.ts'
import { hasGoodSeal, isLive, type Member, overrides } from './member.ts'

/** `forged`: the seal does not hold. `full`: no room for another. `known`: nothing new. */
export type Heard = { before: Member | undefined; member: Member } | 'known' | 'forged' | 'full'

export class Roster {
  readonly #members = new Map<PeerId, Member>()
  /** Since when the dead and the gone are so, the longest first. */
  readonly #lostAt = new Map<PeerId, number>()
  /** Who answered a question of ours from its present address, so that address is not a spoofed one. */
  readonly #proven = new Set<PeerId>()
  readonly #membersMax: number
  readonly #verify: Verify
  readonly #onForgotten: (id: PeerId) => void
  #sorted: PeerId[] | undefined
  #live: Member[] | undefined

  constructor(membersMax: number, verify: Verify, onForgotten: (id: PeerId) => void = () => {}) {
    this.#membersMax = membersMax
    this.#onForgotten = onForgotten
    this.#verify = verify
  }

  get(id: PeerId): Member | undefined {
    return this.#members.get(id)
  }

  isLive(id: PeerId): boolean {
    const member = this.#members.get(id)
    return member !== undefined && isLive(member)
  }

  isProven(id: PeerId): boolean {
    return this.#proven.has(id)
  }

  prove(id: PeerId): void {
    if (this.#members.has(id)) this.#proven.add(id)
  }

  /** Everybody known, whatever their standing. */
  all(): Member[] {
    return [...this.#members.values()]
  }

  /** The dead and the gone. */
  lost(): Member[] {
    return [...this.#lostAt.keys()].map(id => this.#members.get(id)!)
  }

  /** Alive and suspect members; the same array until something changes. */
  live(): readonly Member[] {
    return (this.#live ??= this.all().filter(isLive))
  }

  get liveCount(): number {
    return this.#members.size - this.#lostAt.size
  }

  /** Takes a claim over if it overrides what is known, is sealed by its subject and there is room. */
  hear(claim: Member, now: number): Heard {
    const before = this.#members.get(claim.id)
    if (before === undefined) return isLive(claim) ? this.#admit(claim) : 'known'
    if (!overrides(claim, before)) return 'known'
    // At one incarnation the seal is the one already checked; only leaving has another.
    const sameSeal = claim.incarnation === before.incarnation && claim.standing !== 'left'
    if (!sameSeal && !hasGoodSeal(claim, this.#verify)) return 'forged'
    const member = sameSeal ? { ...before, standing: claim.standing } : memberOf(claim)
    if (!sameAddress(member, before)) this.#proven.delete(claim.id)
    this.#members.set(claim.id, member)
    this.#lostAt.delete(claim.id)
    if (!isLive(member)) this.#lostAt.set(claim.id, now)
    this.#live = undefined
    return { before, member }
  }

  /** Takes a live member over whose seal was checked before; false when it is known or there is no room. */
  remember(member: Member): boolean {
    if (!isLive(member) || this.#members.has(member.id) || this.#members.size >= this.#membersMax)
      return false
    this.#insert(member)
    return true
  }

  /** Up to `countMax` members that follow `after` in the order of ids, and whether more follow. */
  slice(after: PeerId | '', countMax: number): { members: Member[]; more: boolean } {
    this.#sorted ??= [...this.#members.keys()].sort()
    const start = firstAfter(this.#sorted, after)
    const ids = this.#sorted.slice(start, start + countMax)
    const members = ids.map(id => this.#members.get(id)!)
    return { members, more: start + countMax < this.#sorted.length }
  }

  /** Where a random slice of `count` begins; each member is in it with a chance of
   *  count / (size + count - 1) or more. `chance` is in [0, 1). */
  randomStart(count: number, chance: number): PeerId | '' {
    this.#sorted ??= [...this.#members.keys()].sort()
    const place = Math.floor(chance * (this.#sorted.length + count - 1)) - (count - 1)
    return this.#sorted[place - 1] ?? ''
  }

  /** Drops who has been dead or gone since before `beforeAt`. */
  forget(beforeAt: number): void {
    for (const [id, lostAt] of this.#lostAt) {
      if (lostAt >= beforeAt) break
      this.#drop(id)
    }
  }

  get size(): number {
    return this.#members.size
  }

  #admit(claim: Member): Heard {
    if (!hasGoodSeal(claim, this.#verify)) return 'forged'
    if (this.#members.size >= this.#membersMax) {
      const [longestLost] = this.#lostAt.keys()
      if (longestLost === undefined) return 'full'
      this.#drop(longestLost)
    }
    const member = memberOf(claim)
    this.#insert(member)
    return { before: undefined, member }
  }

  #insert(member: Member): void {
    this.#members.set(member.id, member)
    this.#sorted = undefined
    this.#live = undefined
  }

  #drop(id: PeerId): void {
    this.#members.delete(id)
    this.#lostAt.delete(id)
    this.#proven.delete(id)
    this.#sorted = undefined
    this.#live = undefined
    this.#onForgotten(id)
  }
}

/** Binary search: the index of the first id greater than `after`. */
function firstAfter(sorted: readonly PeerId[], after: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= after) low = middle + 1
    else high = middle
  }
  return low
}

/** Without what only travels along, such as an accusation. */
function memberOf({ id, host, port, incarnation, standing, seal }: Member): Member {
  return { id, host, port, incarnation, standing, seal }
}
