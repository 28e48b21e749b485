// Updates: how all replicas of a path hear of a new record, each once (P-Grid, Datta 2003, made cheaper).
//
// The paper pushes to random replicas, with a list of those already told: for 99 % of 1,000 replicas, 30 % of them
// online, each who is online sends about 15 frames, because chance hits many twice. Here each frame hands over a
// stretch of the replicas, in an order that the record itself shuffles; whoever takes it splits the rest among a few,
// and who is silent, or knew already, is passed over for the next of the stretch. So every replica is written to
// about once, the stretch is the list of who was told, and a duplicate is the signal to stop. A liar who takes a
// stretch and drops it costs that stretch until the next comparison (`reconcile.ts`), and each record shuffles anew.

import type { PeerId } from '../peer.ts'
import { publicKeyOf } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { type Ground, type QueryEffect, send } from './ground.ts'
import { covers } from './path.ts'
import type { Heard, Outcome, Rumour } from './queries-wire.ts'

const tagsEnd = 2 ** 32 - 1

type Telling = {
  readonly record: Record
  readonly homes: PeerId[]
  stretches: number
  /** Called once, when enough have it or nobody is left to tell. */
  finish: ((homes: readonly PeerId[], now: number) => QueryEffect[]) | undefined
  readonly finishAt: number
}
type Stretch = {
  readonly telling: Telling
  readonly left: { peer: PeerId; tag: number }[]
  readonly to: number
}
type Attempt = { readonly stretch: Stretch; readonly peer: PeerId; readonly patientUntil: number }

export class Rumours {
  readonly #ground: Ground
  readonly #attempts = new Map<number, Attempt>()
  readonly #waiting = new Set<Telling>()
  readonly #took: (record: Record) => void
  #nextAt = Number.POSITIVE_INFINITY

  /** `took`: a record that is new here was kept. */
  constructor(ground: Ground, took: (record: Record) => void) {
    this.#ground = ground
    this.#took = took
  }

  /** Tells all replicas of a record that this peer just kept. `finish` hears who else has it, by `finishAt` at the
   *  latest. */
  begin(record: Record, finishAt: number, now: number, finish: Telling['finish']): QueryEffect[] {
    this.#took(record)
    return this.#tell(record, 0, tagsEnd, finishAt, finish, now)
  }

  receive({ from, id, records, to }: Rumour, sender: PeerId, now: number): QueryEffect[] {
    const { gridKeyOf, leaf, view } = this.#ground
    const [record] = records
    if (!record) return [send(sender, { kind: 'heard', id, outcome: 'refused' })] // it did not pass the vetting
    const isOurs = covers(view.self().path, gridKeyOf(record.key))
    const kept = isOurs ? leaf.put(record, now) : 'refused'
    const outcome: Outcome = kept === 'stored' ? 'here' : kept
    const heard = send(sender, { kind: 'heard', id, outcome })
    if (kept !== 'stored') return [heard]
    this.#took(record)
    return [heard, ...this.#tell(record, from, to, now, undefined, now, sender)]
  }

  heard({ id, outcome }: Heard, from: PeerId, now: number): QueryEffect[] {
    const attempt = this.#attempts.get(id)
    if (attempt?.peer !== from) return []
    this.#attempts.delete(id)
    const { stretch } = attempt
    const { telling } = stretch
    if (outcome === 'here' || outcome === 'known') telling.homes.push(from)
    const isTaken = outcome === 'here' || outcome === 'stale' // a newer one has its own rumour
    return [
      ...(isTaken ? this.#ended(stretch, now) : this.#next(stretch, now)),
      ...this.#enough(telling, now),
    ]
  }

  wake(now: number): QueryEffect[] {
    if (now < this.#nextAt) return []
    const effects: QueryEffect[] = []
    for (const [id, { patientUntil, stretch }] of this.#attempts)
      if (patientUntil <= now) {
        this.#attempts.delete(id)
        effects.push(...this.#next(stretch, now))
      }
    for (const telling of this.#waiting) effects.push(...this.#enough(telling, now))
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const { patientUntil } of this.#attempts.values()) this.#soonest(patientUntil)
    for (const { finishAt } of this.#waiting) this.#soonest(finishAt)
    return effects
  }

  wakeAt(): number {
    return this.#nextAt
  }

  #tell(
    record: Record,
    from: number,
    to: number,
    finishAt: number,
    finish: Telling['finish'],
    now: number,
    sender?: PeerId,
  ): QueryEffect[] {
    const { tuning, view } = this.#ground
    const told = view
      .replicas()
      .map(({ peer }) => ({ peer, tag: tagOf(peer, record) }))
      .filter(({ peer, tag }) => tag >= from && tag < to && peer !== sender)
      .sort((a, b) => a.tag - b.tag)
    const isRoom = this.#attempts.size + tuning.fanOut <= tuning.tripsMax // else comparisons bring it
    const count = isRoom ? Math.min(tuning.fanOut, told.length) : 0
    const telling: Telling = { record, homes: [], stretches: count, finish, finishAt }
    const effects: QueryEffect[] = []
    for (let i = 0; i < count; i++) {
      const end = Math.floor(((i + 1) * told.length) / count)
      const left = told.slice(Math.floor((i * told.length) / count), end)
      effects.push(...this.#next({ telling, left, to: told[end]?.tag ?? to }, now))
    }
    if (finish) this.#waiting.add(telling)
    this.#soonest(finishAt)
    return [...effects, ...this.#enough(telling, now)]
  }

  #next(stretch: Stretch, now: number): QueryEffect[] {
    const { newId, rttMs, tuning } = this.#ground
    const next = stretch.left.shift()
    if (!next) return this.#ended(stretch, now)
    const id = newId()
    const patientUntil = now + tuning.patienceMs + 1.5 * Math.min(rttMs(next.peer), tuning.rttMsMax)
    this.#attempts.set(id, { stretch, peer: next.peer, patientUntil })
    this.#soonest(patientUntil)
    const { record } = stretch.telling
    return [send(next.peer, { kind: 'rumour', id, from: next.tag + 1, to: stretch.to, records: [record] })]
  }

  #ended({ telling }: Stretch, now: number): QueryEffect[] {
    telling.stretches--
    return this.#enough(telling, now)
  }

  #enough(telling: Telling, now: number): QueryEffect[] {
    const { finish, finishAt, homes, stretches } = telling
    const isDone = homes.length + 1 >= this.#ground.tuning.homesWanted || stretches === 0 || finishAt <= now
    if (!isDone || !finish) return []
    telling.finish = undefined
    this.#waiting.delete(telling)
    return finish(homes.slice(0, 7), now)
  }

  #soonest(at: number): void {
    this.#nextAt = Math.min(this.#nextAt, at)
  }
}

/** Where a peer stands in the order in which this record is told: 32 bits of its key, mixed with the sequence. */
function tagOf(peer: PeerId, { sequence }: Record): number {
  const key = publicKeyOf(peer)
  let tag = (key[28]! << 24) ^ (key[29]! << 16) ^ (key[30]! << 8) ^ key[31]! ^ Math.imul(sequence, 0x9e3779b1)
  tag = Math.imul(tag ^ (tag >>> 16), 0x85ebca6b) // the finish of MurmurHash3: every bit moves every other
  tag = Math.imul(tag ^ (tag >>> 13), 0xc2b2ae35)
  return Math.min((tag ^ (tag >>> 16)) >>> 0, tagsEnd - 1)
}
