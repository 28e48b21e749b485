// The roster: everybody this peer knows of, dead ones too, and the one place where a saying becomes knowledge.
//
// The dead are kept for a while, for two reasons: an old rumour must not bring them back, and after a partition they
// are the only ones who know the way to the other side. The roster is bounded; when it is full the longest dead makes
// room, and if nobody is dead the newcomer has to wait.

import { sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Verify } from '../signature.ts'
import { hasGoodSeal, isLive, type Member, overrides } from './member.ts'

type Entry = {
  member: Member
  changedAt: number
  /** It answered a question of ours from this address, so the address is not a spoofed one. */
  proven: boolean
}

/** `forged`: the seal does not hold. `full`: no room for another. `known`: nothing new. */
export type Heard = { before: Member | undefined; member: Member } | 'known' | 'forged' | 'full'

export class Roster {
  readonly #entries = new Map<PeerId, Entry>()
  readonly #membersMax: number
  readonly #verify: Verify
  #sorted: PeerId[] | undefined
  #live: Member[] | undefined

  constructor(membersMax: number, verify: Verify) {
    this.#membersMax = membersMax
    this.#verify = verify
  }

  get(id: PeerId): Member | undefined {
    return this.#entries.get(id)?.member
  }

  isLive(id: PeerId): boolean {
    const member = this.get(id)
    return member !== undefined && isLive(member)
  }

  isProven(id: PeerId): boolean {
    return this.#entries.get(id)?.proven === true
  }

  prove(id: PeerId): void {
    const entry = this.#entries.get(id)
    if (entry) entry.proven = true
  }

  /** Everybody known, whatever their standing. */
  all(): Member[] {
    return [...this.#entries.values()].map(entry => entry.member)
  }

  /** Alive and suspect members; the same array until something changes. */
  live(): readonly Member[] {
    return (this.#live ??= this.all().filter(isLive))
  }

  /** Takes a claim over if it overrides what is known, is sealed by its subject and there is room. */
  hear(claim: Member, now: number): Heard {
    const entry = this.#entries.get(claim.id)
    if (entry === undefined) return isLive(claim) ? this.#admit(claim, now) : 'known'
    const before = entry.member
    if (!overrides(claim, before)) return 'known'
    // At one incarnation the seal is the one already checked; only leaving has another.
    const sameSeal = claim.incarnation === before.incarnation && claim.standing !== 'left'
    const member = sameSeal ? { ...before, standing: claim.standing } : { ...claim }
    if (!sameSeal && !hasGoodSeal(claim, this.#verify)) return 'forged'
    if (!sameAddress(member, before)) entry.proven = false
    entry.member = member
    entry.changedAt = now
    this.#live = undefined
    return { before, member }
  }

  /** Up to `countMax` members that follow `after` in the order of ids, and whether more follow. */
  slice(after: PeerId | '', countMax: number): { members: Member[]; more: boolean } {
    this.#sorted ??= [...this.#entries.keys()].sort()
    const start = firstAfter(this.#sorted, after)
    const ids = this.#sorted.slice(start, start + countMax)
    const members = ids.map(id => this.#entries.get(id)!.member)
    return { members, more: start + countMax < this.#sorted.length }
  }

  /** Where a random slice of `count` begins; each member is in it with a chance of
   *  count / (size + count - 1) or more. `chance` is in [0, 1). */
  randomStart(count: number, chance: number): PeerId | '' {
    this.#sorted ??= [...this.#entries.keys()].sort()
    const place = Math.floor(chance * (this.#sorted.length + count - 1)) - (count - 1)
    return this.#sorted[place - 1] ?? ''
  }

  /** Drops who has been dead or gone since before `beforeAt`. */
  forget(beforeAt: number): PeerId[] {
    const old: PeerId[] = []
    for (const [id, entry] of this.#entries)
      if (entry.changedAt < beforeAt && !isLive(entry.member)) old.push(id)
    for (const id of old) this.#drop(id)
    return old
  }

  get size(): number {
    return this.#entries.size
  }

  #admit(claim: Member, now: number): Heard {
    if (!hasGoodSeal(claim, this.#verify)) return 'forged'
    if (this.#entries.size >= this.#membersMax && !this.#makeRoom()) return 'full'
    const member = { ...claim }
    this.#entries.set(claim.id, { member, changedAt: now, proven: false })
    this.#sorted = undefined
    this.#live = undefined
    return { before: undefined, member }
  }

  #makeRoom(): boolean {
    let oldest: PeerId | undefined
    let oldestAt = Number.POSITIVE_INFINITY
    for (const [id, entry] of this.#entries)
      if (!isLive(entry.member) && entry.changedAt < oldestAt) {
        oldest = id
        oldestAt = entry.changedAt
      }
    if (oldest !== undefined) this.#drop(oldest)
    return oldest !== undefined
  }

  #drop(id: PeerId): void {
    this.#entries.delete(id)
    this.#sorted = undefined
    this.#live = undefined
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
