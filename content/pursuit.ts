// The hunt for one block as a machine: whom to ask, when to ask another, when to give up. No clock, no network.
//
// One holder is asked first. When it fails, lacks the block or lies, the next is asked at once; when it is later than
// it nearly always is, the next is asked beside it (Dean and Barroso, "The Tail at Scale", 2013), with at most
// `askedMax` under way, and whoever delivers first wins. Who has had its time keeps its place only while nobody waits
// for it: a holder that trickles is better than none. When all have been tried, the list is asked for afresh, because a
// holder may have come meanwhile: after a pause that grows, or when those under way take long. After `roundsMax` lists
// the block counts as missing.

import type { Holder } from './holders.ts'

export type PursuitOptions = {
  readonly askedMax: number
  /** Until an answer of this holder is later than it should be. */
  readonly hedgeMs: (id: string) => number
  /** One holder's time for one block, if others wait. */
  readonly patienceMs: number
  readonly roundsMax: number
  /** Before the second list; the third waits twice as long, and so on. */
  readonly pauseMs: number
}

export type PursuitEffect =
  | { do: 'ask'; holder: Holder }
  /** Ask it no longer; it need not be said that it refused. */
  | { do: 'drop'; id: string }
  /** Get a list of holders that is not from memory and call `found`. */
  | { do: 'find' }
  | { do: 'give-up' }

/** `lacking`: it has not got the block. `lying`: it sent other bytes. `failing`: all the rest. */
export type Refusal = 'lacking' | 'lying' | 'failing'

export interface Pursuit {
  found(holders: readonly Holder[], now: number): PursuitEffect[]
  refused(id: string, refusal: Refusal, now: number): PursuitEffect[]
  wake(now: number): PursuitEffect[]
  wakeAt(): number
}

/** With nobody else to ask, a block of 256 KiB may trickle in at 1 kB/s: 30 times 10 s. */
const trickleFactor = 30
const never = Number.POSITIVE_INFINITY

export function createPursuit(options: PursuitOptions): Pursuit {
  const { askedMax, patienceMs, roundsMax, pauseMs } = options
  const liars = new Set<string>()
  let candidates: Holder[] = []
  /** When each was asked, the earliest first. */
  const asked = new Map<string, number>()
  let rounds = 0
  let finding = true
  let hedgeAt = never
  let findAt = never

  const askNext = (now: number): PursuitEffect[] => {
    hedgeAt = never
    const holder = asked.size < askedMax ? candidates.shift() : undefined
    if (holder !== undefined) {
      asked.set(holder.id, now)
      hedgeAt = now + options.hedgeMs(holder.id)
    }
    if (asked.size === 0 && rounds >= roundsMax && !finding) return [{ do: 'give-up' }]
    const isListLeft = rounds < roundsMax && !finding && candidates.length === 0
    findAt = isListLeft ? now + (asked.size > 0 ? patienceMs : pauseMs * rounds) : never
    return holder === undefined ? [] : [{ do: 'ask', holder }]
  }
  const canHedge = (): boolean => candidates.length > 0 && asked.size < askedMax
  /** When the one asked first has had its time. */
  const dropAt = (): number => {
    const { value: askedAt, done } = asked.values().next()
    if (done) return never
    return askedAt + (candidates.length > 0 && asked.size >= askedMax ? 1 : trickleFactor) * patienceMs
  }

  return {
    found(holders, now) {
      finding = false
      rounds++
      const ids = new Set<string>(asked.keys())
      candidates = holders.filter(({ id }) => !ids.has(id) && !liars.has(id) && ids.add(id))
      return askNext(now)
    },
    refused(id, refusal, now) {
      if (!asked.delete(id)) return []
      if (refusal === 'lying') liars.add(id)
      return askNext(now)
    },
    wake(now) {
      if (now >= findAt) {
        findAt = never
        finding = true
        return [{ do: 'find' }]
      }
      if (now >= dropAt()) {
        const id = asked.keys().next().value!
        asked.delete(id)
        return [{ do: 'drop', id }, ...askNext(now)]
      }
      return canHedge() && now >= hedgeAt ? askNext(now) : []
    },
    wakeAt: () => Math.min(canHedge() ? hedgeAt : never, findAt, dropAt()),
  }
}
