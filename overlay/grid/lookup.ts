// Look-ups: greedy along the trie, with back-tracking, answered by the first that knows (P-Grid, Aberer 2001 §3).
//
// Each hop must share more bits of the key than the one before; the frame says how many, the asked checks, so there
// are no loops. The last hop goes to two homes at once where two are known: one may be gone, and the newer record
// wins. A home that has nothing asks a replica before it says so, and whoever began the look-up believes "nobody"
// only of two peers, since a liar can hide records though not invent them.

import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { Copies } from './copies.ts'
import { type Ground, type QueryEffect, send, tell } from './ground.ts'
import type { Hops, Quest } from './hops.ts'
import { commonBits, covers, type GridKey } from './path.ts'
import type { Popularity } from './popularity.ts'
import type { Answer, Ask, Outcome } from './queries-wire.ts'
import { hopsFrom, wayTo } from './route.ts'
import type { Reference } from './view.ts'

type Question = Pick<Ask, 'key' | 'fuel' | 'isFinal' | 'isAside'> & {
  bits: GridKey
  endsAt: number
  opinions: number
}
type Result = { outcome: Outcome; records: readonly Record[]; hops: number }
type Finish = (result: Result, now: number) => QueryEffect[]

export class Lookups {
  readonly #ground: Ground
  readonly #hops: Hops
  readonly #copies: Copies
  readonly #popularity: Popularity

  constructor(ground: Ground, hops: Hops, copies: Copies, popularity: Popularity) {
    this.#ground = ground
    this.#hops = hops
    this.#copies = copies
    this.#popularity = popularity
  }

  begin(key: string, now: number, finish: Finish): QueryEffect[] {
    const { gridKeyOf, tuning } = this.#ground
    const bits = gridKeyOf(key)
    this.#popularity.asked()
    const question = {
      key,
      bits,
      fuel: tuning.fuel,
      endsAt: now + tuning.lookupMs,
      isFinal: false,
      isAside: false,
    }
    return this.#look({ ...question, opinions: 2 }, finish, now)
  }

  receive(ask: Ask, from: PeerId, now: number): QueryEffect[] {
    const { gridKeyOf, guests, tuning, view } = this.#ground
    const bits = gridKeyOf(ask.key)
    const { path } = view.self()
    if (!guests.enter(from)) return [send(from, answerOf(ask.id, { outcome: 'refused' }, 0))]
    const finish: Finish = (result, at) => {
      guests.leave(from)
      return [send(from, answerOf(ask.id, result, at - now))]
    }
    if (!view.isPlaced() || (commonBits(path, bits) < ask.matched && !covers(path, bits)))
      return finish({ outcome: 'astray', records: [], hops: 0 }, now)
    const endsAt = now + Math.min(ask.waitMs, tuning.lookupMs)
    return this.#look(
      { ...ask, bits, endsAt, fuel: Math.min(ask.fuel, tuning.fuel), opinions: 1 },
      finish,
      now,
    )
  }

  #look(question: Question, finish: Finish, now: number): QueryEffect[] {
    const { leaf, view } = this.#ground
    const { bits, fuel, endsAt, isFinal, key, opinions } = question
    const isHome = view.isPlaced() && covers(view.self().path, bits)
    const records = isHome ? leaf.get(key, now) : this.#copies.get(key, now)
    if (records.length > 0 && !isFinal) this.#popularity.hit(key)
    if (records.length > 0 || isFinal)
      return finish({ outcome: records.length > 0 ? 'here' : 'nobody', records, hops: 0 }, now)
    const way = isHome
      ? { candidates: [...view.replicas()], matched: bits.length, isAside: true }
      : wayTo(this.#ground, bits, question.isAside)
    if (isHome && way.candidates.length === 0) return finish({ outcome: 'nobody', records, hops: 0 }, now)
    const isPair = way.candidates.slice(0, 2).filter(({ path }) => covers(path, bits)).length === 2
    const width = isPair && (!isHome || opinions > 1) ? 2 : 1
    const found = (result: Result, at: number): QueryEffect[] => {
      if (!isHome && result.outcome === 'here') this.#copies.pass(key, result.records, at)
      return finish(result, at)
    }
    const quest = new Search({ ...question, ...way, isFinal: isHome }, width, found)
    return this.#hops.begin({ quest, candidates: way.candidates, width, fuel, endsAt }, now)
  }
}

class Search implements Quest {
  readonly #question: Question & { matched: number }
  readonly #width: number
  readonly #finish: Finish
  #records: readonly Record[] = []
  #hops = 0
  #nobodies = 0

  constructor(question: Question & { matched: number }, width: number, finish: Finish) {
    this.#question = question
    this.#width = width
    this.#finish = finish
  }

  frame(leg: { id: number; fuel: number; waitMs: number }): Ask {
    const { isAside, isFinal, key, bits, matched } = this.#question
    return {
      kind: 'ask',
      ...leg,
      key,
      isFinal,
      isAside,
      matched: isFinal ? 0 : Math.min(matched, bits.length),
    }
  }

  hopsBeyond({ path }: Reference): number {
    return hopsFrom(path, this.#question.bits)
  }

  take({ hops, outcome, records }: Answer): 'done' | 'soon' | 'wait' | 'more' {
    if (outcome === 'here') {
      const ours = records.filter(({ key }) => key === this.#question.key)
      if (ours.length === 0) return 'more'
      if (this.#records.length === 0) this.#hops = hops + 1
      this.#records = newestOf([...this.#records, ...ours])
      return this.#width > 1 ? 'soon' : 'done'
    }
    if (outcome !== 'nobody') return 'more'
    if (this.#nobodies++ === 0 && this.#records.length === 0) this.#hops = hops + 1
    return this.#nobodies >= this.#question.opinions ? 'done' : 'wait'
  }

  end(now: number): QueryEffect[] {
    const outcome = this.#records.length > 0 ? 'here' : this.#nobodies > 0 ? 'nobody' : 'unreachable'
    return this.#finish({ outcome, records: this.#records, hops: this.#hops }, now)
  }
}

/** Of each publisher the record with the highest sequence, newest first. */
export function newestOf(records: readonly Record[]): Record[] {
  const newest = new Map<PeerId, Record>()
  for (const record of records)
    if (record.sequence > (newest.get(record.publisher)?.sequence ?? -1)) newest.set(record.publisher, record)
  return [...newest.values()].sort((a, b) => b.sequence - a.sequence)
}

/** What whoever asked at this date is told: withdrawals have done their work, and who has only those has nothing. */
export function foundEvent(id: number, { outcome, records, hops }: Result, date: number): QueryEffect {
  const valid = newestOf(records).filter(({ value, expiresAt }) => value.length > 0 && expiresAt > date)
  return tell({
    ...{ kind: 'found', id, records: valid, hops },
    outcome: outcome === 'here' && valid.length === 0 ? 'nobody' : outcome,
  })
}

/** The frame for an answer after `heldMs` of work. */
export function answerOf(
  id: number,
  result: Partial<Omit<Answer, 'kind' | 'id' | 'heldMs'>> & { outcome: Outcome },
  heldMs: number,
): Answer {
  return {
    ...{ kind: 'answer', id, hops: 0, records: [], homes: [], next: '', partitions: 0, isComplete: true },
    ...result,
    ...{ hops: Math.min(result.hops ?? 0, 255), heldMs: Math.min(0xffff, Math.max(0, Math.floor(heldMs))) },
  }
}
