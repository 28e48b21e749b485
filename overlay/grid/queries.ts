// Queries: the half of the P-Grid that finds, stores, ranges and keeps replicas alike, as one machine of small parts.
//
// Each part handles its own kinds of frames and has its own timers; they share the ground (`ground.ts`) and the open
// questions (`hops.ts`). Records in frames are vetted before they come here: those that are bad are gone from them.

import { integerBelow, type Random } from '../../base/random.ts'
import type { Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { type DateOf, oneClock } from '../records/dating.ts'
import type { Record } from '../records/record.ts'
import { Contacts } from './contacts.ts'
import { Copies } from './copies.ts'
import { type Ground, type QueryEffect, type QueryEvent, tell } from './ground.ts'
import { Guests } from './guests.ts'
import { Hops } from './hops.ts'
import { foundEvent, Lookups } from './lookup.ts'
import type { GridKey } from './path.ts'
import { Popularity } from './popularity.ts'
import type { QueryMessage } from './queries-wire.ts'
import { Ranges } from './range.ts'
import { Reconciling } from './reconcile.ts'
import { Storing } from './storing.ts'
import { Rumours } from './update.ts'

export type QueriesOptions = Omit<Ground, 'newId' | 'guests'> & { dateOf?: DateOf }

export class Queries implements Machine<QueryMessage, QueryEvent> {
  readonly #hops: Hops
  readonly #lookups: Lookups
  readonly #storing: Storing
  readonly #ranges: Ranges
  readonly #rumours: Rumours
  readonly #reconciling: Reconciling
  readonly #popularity: Popularity
  readonly #copies: Copies
  readonly #contacts: Contacts
  readonly #dateOf: DateOf

  constructor(options: QueriesOptions) {
    const guests = new Guests(options.tuning.tripsMax)
    const ground = { ...options, guests, newId: () => random48(options.random) }
    const took = ({ key }: Record): void => this.#popularity.changed(key)
    this.#dateOf = options.dateOf ?? oneClock
    this.#copies = new Copies(options.tuning, this.#dateOf)
    this.#hops = new Hops(ground)
    this.#popularity = new Popularity(ground, this.#copies)
    this.#lookups = new Lookups(ground, this.#hops, this.#copies, this.#popularity)
    this.#rumours = new Rumours(ground, took)
    this.#storing = new Storing(ground, this.#hops, this.#copies, this.#rumours)
    this.#ranges = new Ranges(ground, this.#hops)
    this.#reconciling = new Reconciling(ground, took)
    this.#contacts = new Contacts(this.#lookups)
  }

  /** Ends in one `found` with this id: `here`, `nobody` has any, or `unreachable`. */
  lookup(id: number, key: string, now: number): QueryEffect[] {
    return this.#do(
      this.#lookups.begin(key, now, (result, at) => [foundEvent(id, result, this.#dateOf(at))]),
      now,
    )
  }

  /** Ends in one `stored`: `here`, `known` before, `stale` (there is a newer one), `refused` or `unreachable`. */
  put(id: number, record: Record, now: number): QueryEffect[] {
    const begun = this.#storing.begin(record, now, ({ homes, outcome }) => [
      tell({ kind: 'stored', id, outcome, homes }),
    ])
    return this.#do(begun, now)
  }

  /** Ends in one `ranged` with at most `countMax` records (500 at most), in the order of grid keys. All partitions
   *  at once, or one after the other until there is enough. */
  range(
    id: number,
    range: { from: GridKey; to: GridKey | ''; countMax: number; isInOrder: boolean },
    now: number,
  ): QueryEffect[] {
    const begun = this.#ranges.begin(range, now, ({ isComplete, next, partitions, records }) => [
      tell({ kind: 'ranged', id, records, next, isComplete, partitions }),
    ])
    return this.#do(begun, now)
  }

  /** Members came or went, or the structure has other replicas: new ones are compared with at once. */
  replicasChanged(now: number): QueryEffect[] {
    this.#reconciling.replicasChanged(now)
    return this.wake(now)
  }

  /** The driver could not deliver to this peer. */
  lost(peer: PeerId, now: number): QueryEffect[] {
    return this.#do(this.#hops.lost(peer, now), now)
  }

  receive(message: QueryMessage, from: PeerId, now: number): QueryEffect[] {
    return this.#do(this.#received(message, from, now), now)
  }

  wake(now: number): QueryEffect[] {
    const effects = [
      ...this.#hops.wake(now),
      ...this.#rumours.wake(now),
      ...this.#reconciling.wake(now),
      ...this.#popularity.wake(now),
    ]
    return this.#do(effects, now)
  }

  wakeAt(): number {
    return Math.min(
      this.#hops.wakeAt(),
      this.#rumours.wakeAt(),
      this.#reconciling.wakeAt(),
      this.#popularity.wakeAt(),
    )
  }

  /** What this peer keeps for keys that are not its own. */
  copies(): { keys: number; bytes: number } {
    return this.#copies.usage()
  }

  /** Peers that did not answer are looked up in the grid itself. */
  #do(effects: QueryEffect[], now: number): QueryEffect[] {
    const silent = effects.flatMap(effect =>
      effect.do === 'tell' && effect.event.kind === 'silent' ? [effect.event.peer] : [],
    )
    return silent.length === 0
      ? effects
      : [...effects, ...silent.flatMap(peer => this.#contacts.missed(peer, now))]
  }

  #received(message: QueryMessage, from: PeerId, now: number): QueryEffect[] {
    switch (message.kind) {
      case 'ask':
        return this.#lookups.receive(message, from, now)
      case 'store':
        return this.#storing.receive(message, from, now)
      case 'sweep':
        return this.#ranges.receive(message, from, now)
      case 'answer':
        return this.#hops.answered(message, from, now)
      case 'rumour':
        return this.#rumours.receive(message, from, now)
      case 'heard':
        return this.#rumours.heard(message, from, now)
      case 'summary':
        return this.#reconciling.summarised(message, from, now)
      case 'items':
        return this.#reconciling.listed(message, from, now)
      case 'trade':
        return this.#reconciling.traded(message, from, now)
      case 'copy':
        return this.#popularity.copied(message, from, now)
      case 'hits':
        this.#popularity.reported(message)
        return []
    }
  }
}

function random48(random: Random): number {
  return integerBelow(random, 2 ** 16) * 2 ** 32 + integerBelow(random, 2 ** 32)
}
