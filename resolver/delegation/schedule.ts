// Which look-ups are made now: those of kept domains when they are due, those of strangers within a bound of their own.
//
// Two budgets and not one, so that no flood of claims, and no parent that lets us wait for answers, delays a domain
// that is served. The schedule keeps no state of a domain but whether a look-up of it is under way: whether an entry
// still counts is for its owner to say, by the instant for which the domain was last planned.

import { createHeap } from './heap.ts'
import { createStrangers } from './strangers.ts'

export interface ScheduleOptions {
  /** Look-ups under way, of kept domains and of strangers each. */
  readonly atOnceMax: number
  /** Look-ups of strangers in a minute. */
  readonly perMinMax: number
  /** Whether a domain is to be looked up, among those that are kept or not, for an entry of `dueAt`; any without it. */
  readonly isDue: (domain: string, isKept: boolean, dueAt?: number) => boolean
}

export interface Schedule {
  plan(domain: string, isKept: boolean, dueAt: number): void
  /** Lets a stranger's domain be looked up for a new claim of `owner`; planned for 0. */
  claim(domain: string, owner: string): void
  ask(domain: string): void
  /** Each is under way from now on, until it has `landed`. */
  take(now: number): string[]
  landed(domain: string): void
  /** In ms; Infinity when nothing is planned or nothing may be begun. */
  wakeAt(): number
}

const minuteMs = 60_000
/** What was not used of the bound is kept for so long. */
const burstMs = 1000

export function createSchedule({ atOnceMax, perMinMax, isDue }: ScheduleOptions): Schedule {
  const kept = createHeap<string>()
  const strangers = createStrangers()
  const flying = { kept: new Set<string>(), strangers: new Set<string>() }
  let strangersAt = 0
  const isFlying = (domain: string): boolean => flying.kept.has(domain) || flying.strangers.has(domain)
  const isOpen = (domain: string, dueAt?: number): boolean => !isFlying(domain) && isDue(domain, false, dueAt)
  const firstKept = (): { order: number; item: string } | undefined => {
    for (let first = kept.least(); first !== undefined; first = kept.least()) {
      if (!isFlying(first.item) && isDue(first.item, true, first.order)) return first
      kept.takeLeast()
    }
    return undefined
  }
  return {
    plan: (domain, isKept, dueAt) => (isKept ? kept.add(dueAt, domain) : strangers.again(domain, dueAt)),
    claim: strangers.claim,
    ask: strangers.ask,
    take(now) {
      const taken: string[] = []
      while (flying.kept.size < atOnceMax) {
        const first = firstKept()
        if (first === undefined || first.order > now) break
        flying.kept.add(first.item)
        taken.push(first.item)
      }
      while (flying.strangers.size < atOnceMax && strangersAt <= now) {
        const domain = strangers.take(now, isOpen)
        if (domain === undefined) break
        strangersAt = Math.max(strangersAt, now - burstMs) + minuteMs / perMinMax
        flying.strangers.add(domain)
        taken.push(domain)
      }
      return taken
    },
    landed(domain) {
      flying.kept.delete(domain)
      flying.strangers.delete(domain)
    },
    wakeAt() {
      const never = Number.POSITIVE_INFINITY
      const keptAt = flying.kept.size < atOnceMax ? (firstKept()?.order ?? never) : never
      const mayTake = flying.strangers.size < atOnceMax
      return Math.min(keptAt, mayTake ? Math.max(strangersAt, strangers.dueAt()) : never)
    },
  }
}
