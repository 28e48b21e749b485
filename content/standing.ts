// What we remember of each holder between blocks: who lied, who keeps failing, how quick each is, what each is doing.
//
// A liar (bytes with another hash) is left out for a long while; a failing holder is only moved behind the others,
// for a time that doubles, because a wrong guess about a slow network must not make content unreachable. Among the
// rest, a block is asked of whoever should have delivered it first: the round trip, and its blocks under way one after
// the other at the rate it has shown lately, over what it is trusted. So the nearest is asked first, a file of
// many blocks spreads over several holders in proportion to their rates, and none needs to be told of the others
// (join the shortest expected queue). Those still fetching the site themselves come after all who have it.

import type { Holder } from './holders.ts'
import { createTimes, type Times } from './times.ts'

export type Standing = {
  /** Those who may be asked for so many bytes (a block), best first: no liars, and those in back-off last. */
  order(holders: readonly Holder[], now: number, bytes?: number): readonly Holder[]
  /** Neither a liar nor in back-off. */
  isFit(id: string, now: number): boolean
  /** Ms after which an answer is later than nearly all of its own. */
  hedgeMs(id: string): number
  asked(holder: Holder, now: number): void
  /** What was asked at `askedAt` came. */
  delivered(id: string, bytes: number, askedAt: number, now: number): void
  /** Another was quicker although this one was asked first. */
  overtaken(id: string, askedAt: number, now: number): void
  /** It had not got it, or nobody waits any more: neither good nor bad. */
  ended(id: string, now: number): void
  failed(id: string, now: number): void
  lied(id: string, now: number): void
  /** It broke off what was not counted as asked. */
  brokeOff(id: string, now: number): void
  /** The failures were ours. */
  forgive(ids: Iterable<string>): void
}

type Record = {
  failures: number
  behindUntil: number
  outUntil: number
  /** Its last answer came in time. */
  isProven: boolean
  readonly times: Times
  underWay: number
  /** Until when `busyMs` is counted. */
  countedAt: number
  busyMs: number
  bytes: number
}

export type StandingOptions = {
  readonly lieOutMs: number
  /** For who has not shown times of its own yet. */
  readonly hedgeMs: number
}

const backOffMs = 1000
/** 1 s doubled five times: 32 s. */
const doublingsMax = 5
const holdersMax = 10_000
/** Of what is not known: 10 Mbit/s, which counts as if seen for this long. */
const presumedBytesPerMs = 1250
const presumedMs = 200
/** The rate is that of about the last two seconds of being busy. */
const busyMsMax = 4000
/** What was slow a minute ago may be quick now. */
const rateLifeMs = 60_000
const blockBytes = 256 * 1024
const trustMin = 0.01
/** A peer's own times may be good for nothing: it is not waited for longer than this. */
const hedgeFactorMax = 4
const hedgeMsMin = 10

export function createStanding(options: StandingOptions): Standing {
  const records = new Map<string, Record>()
  const of = (id: string): Record => {
    const record = records.get(id) ?? newcomer()
    records.delete(id)
    records.set(id, record)
    if (records.size > holdersMax) records.delete(records.keys().next().value!)
    return record
  }
  const end = (record: Record, now: number): void => {
    account(record, now)
    record.underWay = Math.max(0, record.underWay - 1)
  }
  const fail = (record: Record, now: number): void => {
    end(record, now)
    record.behindUntil = now + backOffMs * 2 ** Math.min(record.failures, doublingsMax)
    record.failures++
  }
  /** Lower is better; far apart for the kinds that never mix. */
  const costOf = (holder: Holder, now: number, bytes: number): number => {
    const record = records.get(holder.id)
    const ms = ((holder.rttMs ?? 0) + queueMs(record, now, bytes)) / Math.max(trustMin, holder.trust ?? 1)
    const isBehind = (record?.behindUntil ?? 0) > now
    return ms + (holder.isComplete === false ? 1e9 : 0) + (isBehind ? 1e12 : 0)
  }
  return {
    order(holders, now, bytes = blockBytes) {
      const able = holders.filter(({ id }) => (records.get(id)?.outUntil ?? 0) <= now)
      const costs = new Map(able.map(holder => [holder, costOf(holder, now, bytes)]))
      return able.sort((a, b) => costs.get(a)! - costs.get(b)!)
    },
    isFit(id, now) {
      const { outUntil, behindUntil } = records.get(id) ?? newcomer()
      return Math.max(outUntil, behindUntil) <= now
    },
    hedgeMs(id) {
      const own = records.get(id)?.times.quantile(0.95) ?? options.hedgeMs
      return Math.min(hedgeFactorMax * options.hedgeMs, Math.max(hedgeMsMin, own))
    },
    asked({ id, rttMs = 0 }, now) {
      const record = of(id)
      account(record, now)
      // The way there and back says nothing of the rate; what else it takes does.
      if (record.underWay++ === 0) record.countedAt += rttMs
    },
    delivered(id, bytes, askedAt, now) {
      const record = of(id)
      end(record, now)
      record.times.add(now - askedAt)
      record.bytes += bytes
      Object.assign(record, { isProven: true, failures: 0, behindUntil: 0 })
    },
    overtaken(id, askedAt, now) {
      const record = of(id)
      record.times.add(now - askedAt)
      // One answer in twenty is later than the 95th percentile; two in a row, or the first of all, are a bad sign.
      if (record.isProven) end(record, now)
      else fail(record, now)
      record.isProven = false
    },
    ended: (id, now) => end(of(id), now),
    failed: (id, now) => fail(of(id), now),
    lied(id, now) {
      const record = of(id)
      end(record, now)
      record.outUntil = now + options.lieOutMs
    },
    brokeOff(id, now) {
      of(id).behindUntil = now + backOffMs
    },
    forgive(ids) {
      for (const id of ids) Object.assign(of(id), { failures: 0, behindUntil: 0 })
    },
  }
}

function newcomer(): Record {
  const busy = { underWay: 0, countedAt: 0, busyMs: 0, bytes: 0 }
  return { failures: 0, behindUntil: 0, outUntil: 0, isProven: false, times: createTimes(), ...busy }
}

/** Until it would have delivered so many bytes more than it has under way. */
function queueMs(record: Record | undefined, now: number, bytesWanted: number): number {
  const isFresh = record !== undefined && (record.underWay > 0 || now - record.countedAt < rateLifeMs)
  const { busyMs, bytes, underWay } = isFresh ? record : { busyMs: 0, bytes: 0, underWay: 0 }
  const bytesPerMs = (bytes + presumedBytesPerMs * presumedMs) / (busyMs + presumedMs)
  return (underWay * blockBytes + bytesWanted) / bytesPerMs
}

/** Adds the time since the last call when something was coming; old times count for less and less. */
function account(record: Record, now: number): void {
  if (record.underWay > 0) record.busyMs += Math.max(0, now - record.countedAt)
  record.countedAt = record.underWay > 0 ? Math.max(now, record.countedAt) : now
  if (record.busyMs < busyMsMax) return
  record.busyMs /= 2
  record.bytes /= 2
}
