// Storing: a record goes to a peer that answers for its key, which keeps it, tells its replicas, and says who has it.
//
// "Stored" means on disk there: a driver lets no effect out before what the machine took in is flushed. The home waits
// for the word of the first few replicas, up to a part of the asker's time, so that the number told is a fact.

import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { Copies } from './copies.ts'
import { type Ground, type QueryEffect, send } from './ground.ts'
import type { Hops, Quest } from './hops.ts'
import { answerOf } from './lookup.ts'
import { commonBits, covers, type GridKey } from './path.ts'
import type { Answer, Outcome, Store } from './queries-wire.ts'
import { hopsFrom, wayTo } from './route.ts'
import type { Rumours } from './update.ts'
import type { Reference } from './view.ts'

type Placing = { record: Record; bits: GridKey; fuel: number; endsAt: number; isAside: boolean }
type Result = { outcome: Outcome; homes: readonly PeerId[]; hops: number }
type Finish = (result: Result, now: number) => QueryEffect[]

export class Storing {
  readonly #ground: Ground
  readonly #hops: Hops
  readonly #copies: Copies
  readonly #rumours: Rumours

  constructor(ground: Ground, hops: Hops, copies: Copies, rumours: Rumours) {
    this.#ground = ground
    this.#hops = hops
    this.#copies = copies
    this.#rumours = rumours
  }

  begin(record: Record, now: number, finish: Finish): QueryEffect[] {
    const { gridKeyOf, tuning } = this.#ground
    const endsAt = now + tuning.lookupMs
    return this.#place(
      { record, bits: gridKeyOf(record.key), fuel: tuning.fuel, endsAt, isAside: false },
      finish,
      now,
    )
  }

  receive({ fuel, id, isAside, matched, records, waitMs }: Store, from: PeerId, now: number): QueryEffect[] {
    const { gridKeyOf, guests, tuning, view } = this.#ground
    const [record] = records
    if (!record) return [send(from, answerOf(id, { outcome: 'refused' }, 0))] // it did not pass the vetting
    const bits = gridKeyOf(record.key)
    const { path } = view.self()
    if (!guests.enter(from)) return [send(from, answerOf(id, { outcome: 'refused' }, 0))]
    const finish: Finish = (result, at) => {
      guests.leave(from)
      return [send(from, answerOf(id, result, at - now))]
    }
    if (!view.isPlaced() || (commonBits(path, bits) < matched && !covers(path, bits)))
      return finish({ outcome: 'astray', homes: [], hops: 0 }, now)
    const endsAt = now + Math.min(waitMs, tuning.lookupMs)
    return this.#place({ record, bits, fuel: Math.min(fuel, tuning.fuel), endsAt, isAside }, finish, now)
  }

  #place(placing: Placing, finish: Finish, now: number): QueryEffect[] {
    const { leaf, view } = this.#ground
    const { bits, fuel, endsAt, isAside, record } = placing
    this.#copies.passed(record.key)
    let way = wayTo(this.#ground, bits, isAside)
    if (view.isPlaced() && covers(view.self().path, bits)) {
      const kept = leaf.put(record, now)
      if (kept !== 'refused' && kept !== 'stale') return this.#spread(kept === 'stored', placing, finish, now)
      if (kept === 'stale' || isAside) return finish({ outcome: kept, homes: [], hops: 0 }, now)
      way = { candidates: [...view.replicas()], matched: view.self().path.length, isAside: true }
    }
    const quest = new Delivery({ ...placing, ...way }, finish)
    return this.#hops.begin({ quest, candidates: way.candidates, width: 1, fuel, endsAt }, now)
  }

  #spread(isNew: boolean, { record, endsAt }: Placing, finish: Finish, now: number): QueryEffect[] {
    const self = this.#ground.view.self().peer
    if (!isNew) return finish({ outcome: 'known', homes: [self], hops: 0 }, now)
    const waitUntil = now + (endsAt - now) / 3
    return this.#rumours.begin(record, waitUntil, now, (others, at) =>
      finish({ outcome: 'here', homes: [self, ...others], hops: 0 }, at),
    )
  }
}

class Delivery implements Quest {
  readonly #placing: Placing & { matched: number }
  readonly #finish: Finish
  #result: Result = { outcome: 'unreachable', homes: [], hops: 0 }

  constructor(placing: Placing & { matched: number }, finish: Finish) {
    this.#placing = placing
    this.#finish = finish
  }

  frame(leg: { id: number; fuel: number; waitMs: number }): Store {
    const { bits, isAside, matched, record } = this.#placing
    return { kind: 'store', ...leg, isAside, matched: Math.min(matched, bits.length), records: [record] }
  }

  hopsBeyond({ path }: Reference): number {
    return hopsFrom(path, this.#placing.bits) + 1 // the home asks its replicas
  }

  take({ homes, hops, outcome }: Answer): 'done' | 'more' {
    if (outcome === 'astray' || outcome === 'nobody') return 'more'
    this.#result = { outcome, homes, hops: hops + 1 }
    return outcome === 'unreachable' || outcome === 'refused' ? 'more' : 'done'
  }

  end(now: number): QueryEffect[] {
    return this.#finish(this.#result, now)
  }
}
