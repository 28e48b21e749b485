// Repairs: joining, and comparing rosters with one random member now and then (anti-entropy, Demers 1987).
//
// Rumours reach nearly all; a walk over another's roster finds what they missed. A newcomer reads all of it, then again
// after 1, 2, 4 … joining intervals; later one random slice at a time. Now and then the other is somebody lost, because
// the two sides of a partition each believe the other dead.

import { sample } from '../../base/random.ts'
import { type Address, sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Beliefs } from './beliefs.ts'
import type { MembershipOptions, MembershipTuning } from './options.ts'
import type { MembershipEffect, Outbox } from './outbox.ts'
import { Walks } from './walks.ts'
import { type Message, membersPerFrameMax, type SyncedFrame, type SyncFrame } from './wire.ts'

export class Repairs {
  readonly #beliefs: Beliefs
  readonly #outbox: Outbox
  readonly #options: MembershipOptions
  readonly #tuning: MembershipTuning
  readonly #walks = new Walks()
  #bootstraps: Address[] = []
  #syncAt: number
  /** Until the next repair; doubles from `joinRetryMs` to `syncIntervalMs`, for most is learnt early. */
  #syncGapMs: number

  constructor(options: MembershipOptions, beliefs: Beliefs, outbox: Outbox, now: number) {
    this.#options = options
    this.#tuning = options.tuning
    this.#beliefs = beliefs
    this.#outbox = outbox
    this.#syncGapMs = options.tuning.joinRetryMs
    this.#syncAt = now + options.tuning.joinRetryMs
  }

  /** Whoever is known already needs no hurry. */
  settle(now: number): void {
    this.#syncGapMs = this.#tuning.syncIntervalMs
    this.#syncAt = now + this.#syncGapMs * this.#options.random.next()
  }

  join(addresses: readonly Address[], now: number): MembershipEffect[] {
    this.#bootstraps = addresses
      .filter(address => !sameAddress(address, this.#beliefs.self))
      .slice(0, this.#tuning.bootstrapsMax)
    return this.#bootstraps.map(address => this.#walk(address, '', this.#slicesMax(), now))
  }

  wakeAt(): number {
    return this.#syncAt
  }

  wake(now: number): MembershipEffect[] {
    if (this.#syncAt > now) return []
    this.#walks.expire(now)
    const { random } = this.#options
    const { syncIntervalMs, syncLostShare, joinRetryMs } = this.#tuning
    const { roster } = this.#beliefs
    const live = roster.live()
    const isNew = this.#syncGapMs < syncIntervalMs
    this.#syncGapMs = live.length === 0 ? joinRetryMs : Math.min(2 * this.#syncGapMs, syncIntervalMs)
    this.#syncAt = now + this.#syncGapMs * (0.75 + random.next() / 2)
    if (live.length === 0) return this.#bootstraps.map(to => this.#walk(to, '', this.#slicesMax(), now))
    const known = (a: Address): boolean => live.some(member => sameAddress(member, a))
    const dead = roster.lost().filter(member => member.standing === 'dead')
    const lost = [...dead, ...this.#bootstraps.filter(address => !known(address))]
    const pool: readonly Address[] = lost.length > 0 && random.next() < syncLostShare ? lost : live
    const after = isNew ? '' : roster.randomStart(membersPerFrameMax, random.next())
    const slices = isNew ? this.#slicesMax() : 1
    return sample(random, pool, 1).map(to => this.#walk(to, after, slices, now))
  }

  /** The slice that was asked for; `spared` fewer members when something else is sent beside it. */
  answer(message: SyncFrame, from: Address, spared = 0): MembershipEffect {
    const { sequence, sender, after } = message
    const room = Math.max(0, message.room - spared)
    const first = this.#beliefs.accusationOf(sender.id).slice(0, room)
    const { members, more } = this.#beliefs.roster.slice(after, room - first.length)
    return this.#outbox.send(from, { kind: 'synced', sequence, more }, [...first, ...members])
  }

  /** Whether this frame answers a walk of ours. */
  expects({ kind, sequence }: Message, from: Address): boolean {
    return kind === 'synced' && this.#walks.isUnderWay(sequence, from)
  }

  /** An answer that was asked for; the walk goes on. */
  answered(message: SyncedFrame, from: Address, now: number): MembershipEffect[] {
    const walk = this.#walks.answered(message.sequence, from)
    if (!walk) return []
    this.#beliefs.roster.prove(message.sender.id)
    const last = message.updates.at(-1)?.id
    if (!message.more || last === undefined || walk.slicesLeft <= 1) return []
    return [this.#walk(from, last, walk.slicesLeft - 1, now)]
  }

  #walk(address: Address, after: PeerId | '', slicesLeft: number, now: number): MembershipEffect {
    const sequence = this.#outbox.nextSequence()
    const endsAt = now + Math.max(this.#tuning.joinRetryMs, this.#tuning.probeIntervalMs)
    this.#walks.begin(sequence, { address, slicesLeft, endsAt })
    const { roster } = this.#beliefs
    const dead = roster.lost().find(m => m.standing === 'dead' && sameAddress(m, address))
    const first = dead ? [dead] : []
    const { members } = roster.slice(after, membersPerFrameMax - first.length)
    const body = { kind: 'sync' as const, sequence, after, room: membersPerFrameMax }
    return this.#outbox.send(address, body, [...first, ...members])
  }

  #slicesMax(): number {
    return Math.ceil(this.#tuning.membersMax / membersPerFrameMax)
  }
}
