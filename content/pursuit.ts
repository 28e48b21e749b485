// The hunt for one block as a machine: whom to ask, when to ask another, when to give up. No clock, no network.
//
// One holder is asked first. When it fails, lacks the block or lies, the next is asked at once; when it is merely slow,
// the next is asked beside it after `hedgeMs` (Dean and Barroso, "The Tail at Scale", 2013), with at most `askedMax`
// under way, and whoever delivers first wins. When all have been tried, the list is asked for afresh, after a pause
// that grows, because a holder may have come meanwhile; after `roundsMax` lists the block counts as missing.

import type { Holder } from './holders.ts'

export type PursuitOptions = {
  readonly askedMax: number
  readonly hedgeMs: number
  readonly roundsMax: number
  /** Before the second list; the third waits twice as long, and so on. */
  readonly pauseMs: number
}

export type PursuitEffect =
  | { do: 'ask'; holder: Holder }
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

export function createPursuit(options: PursuitOptions): Pursuit {
  const liars = new Set<string>()
  let candidates: Holder[] = []
  const asked = new Set<string>()
  let rounds = 0
  let finding = true
  let hedgeAt = Number.POSITIVE_INFINITY
  let findAt = Number.POSITIVE_INFINITY

  const askNext = (now: number): PursuitEffect[] => {
    const holder = asked.size < options.askedMax ? candidates.shift() : undefined
    hedgeAt = candidates.length > 0 ? now + options.hedgeMs : Number.POSITIVE_INFINITY
    if (holder !== undefined) {
      asked.add(holder.id)
      return [{ do: 'ask', holder }]
    }
    if (asked.size > 0 || finding) return []
    if (rounds >= options.roundsMax) return [{ do: 'give-up' }]
    findAt = now + options.pauseMs * rounds
    return []
  }

  return {
    found(holders, now) {
      finding = false
      rounds++
      const ids = new Set<string>(asked)
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
        findAt = Number.POSITIVE_INFINITY
        finding = true
        return [{ do: 'find' }]
      }
      return now >= hedgeAt ? askNext(now) : []
    },
    wakeAt: () => Math.min(hedgeAt, findAt),
  }
}
