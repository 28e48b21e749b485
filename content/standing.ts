// What we remember of each holder between blocks: who lied, who keeps failing.
//
// A liar (bytes with another hash) is left out for a long while; a failing holder is only moved behind the others,
// for a time that doubles, because a wrong guess about a slow network must not make content unreachable.

import type { Holder } from './holders.ts'

export type Standing = {
  /** Those who may be asked: no liars, and those in back-off last; otherwise in the order given. */
  order(holders: readonly Holder[], now: number): readonly Holder[]
  delivered(id: string): void
  failed(id: string, now: number): void
  lied(id: string, now: number): void
}

type Record = { failures: number; behindUntil: number; outUntil: number }

const backOffMs = 1000
/** 1 s doubled five times: 32 s. */
const doublingsMax = 5
const holdersMax = 10_000

export function createStanding(options: { lieOutMs: number }): Standing {
  const records = new Map<string, Record>()
  const of = (id: string): Record => {
    const record = records.get(id) ?? { failures: 0, behindUntil: 0, outUntil: 0 }
    records.delete(id)
    records.set(id, record)
    if (records.size > holdersMax) records.delete(records.keys().next().value!)
    return record
  }
  const isBehind = (holder: Holder, now: number): boolean => (records.get(holder.id)?.behindUntil ?? 0) > now
  return {
    order(holders, now) {
      const able = holders.filter(({ id }) => (records.get(id)?.outUntil ?? 0) <= now)
      return [
        ...able.filter(holder => !isBehind(holder, now)),
        ...able.filter(holder => isBehind(holder, now)),
      ]
    },
    delivered(id) {
      const record = records.get(id)
      if (record === undefined) return
      record.failures = 0
      record.behindUntil = 0
    },
    failed(id, now) {
      const record = of(id)
      record.behindUntil = now + backOffMs * 2 ** Math.min(record.failures, doublingsMax)
      record.failures++
    },
    lied(id, now) {
      of(id).outUntil = now + options.lieOutMs
    },
  }
}
