// How long an answer is good without asking its origin, and how old it is (RFC 9111 §4.2).
//
// Age is counted from when the origin made the answer, as well as that can be known: what the caches before us say
// (Age), what clocks say (Date), whichever is more, and the time the answer was under way. All in milliseconds; the
// directives speak of seconds.

import { type Field, fieldLines, fieldValue } from '../message.ts'
import { type Control, controlOf } from './control.ts'
import { deltaSeconds, secondsOf } from './directives.ts'
import { parseHttpDate } from './http-date.ts'

export interface Freshness extends Control {
  readonly lifetimeMs: number
  /** Whether the lifetime was said or guessed. */
  readonly explicit: boolean
  /** Whether such an answer may be kept without a word about it (§3, RFC 9110 §15.1). */
  readonly mayGuess: boolean
  /** `corrected_initial_age` (§4.2.3): at the instant `receivedAt`. */
  readonly initialAgeMs: number
  readonly receivedAt: number
}

export interface Heuristic {
  /** Of the time since its last change an answer is good for this share; 0 for never without being told. */
  readonly share: number
  readonly lifetimeMaxMs: number
}

/** Statuses that may be kept without being told so (RFC 9110 §15.1), but 206. */
const heuristicStatuses = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501])

export function freshnessOf(
  { status, fields }: { readonly status: number; readonly fields: readonly Field[] },
  { requestedAt, receivedAt }: { readonly requestedAt: number; readonly receivedAt: number },
  heuristic: Heuristic,
): Freshness {
  const control = controlOf(fields)
  const date = dateOf(fields, 'date', receivedAt) ?? receivedAt
  const stated = statedLifetimeMs(fields, control, date, receivedAt)
  const mayGuess = heuristicStatuses.has(status) || control.directives.has('public')
  return {
    ...control,
    lifetimeMs: stated ?? (mayGuess ? guessedLifetimeMs(fields, date, receivedAt, heuristic) : 0),
    explicit: stated !== undefined,
    mayGuess,
    initialAgeMs: Math.max(0, receivedAt - date, ageOf(fields) + Math.max(0, receivedAt - requestedAt)),
    receivedAt,
  }
}

export function ageMs({ initialAgeMs, receivedAt }: Freshness, now: number): number {
  return initialAgeMs + Math.max(0, now - receivedAt)
}

/** How long an answer is good yet; negative: how long it has been stale. */
export function freshForMs(freshness: Freshness, now: number): number {
  return freshness.lifetimeMs - ageMs(freshness, now)
}

/** §4.2.1: s-maxage, max-age, Expires, in this order; a value that cannot be read is in the past. */
function statedLifetimeMs(
  fields: readonly Field[],
  { directives, targeted }: Control,
  date: number,
  now: number,
): number | undefined {
  const seconds = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age')
  if (seconds !== undefined) return seconds * 1000
  if (targeted || fieldLines(fields, 'expires').length === 0) return undefined
  return Math.max(0, (dateOf(fields, 'expires', now) ?? 0) - date)
}

/** §4.2.2: what has not changed for long will not change soon. */
function guessedLifetimeMs(
  fields: readonly Field[],
  date: number,
  now: number,
  { share, lifetimeMaxMs }: Heuristic,
): number {
  const changedAt = dateOf(fields, 'last-modified', now)
  if (changedAt === undefined) return 0
  return Math.min(lifetimeMaxMs, Math.max(0, date - changedAt) * share)
}

/** §5.1: of a list the first member; what is no number is ignored. */
function ageOf(fields: readonly Field[]): number {
  const [first] = (fieldValue(fields, 'age') ?? '').split(',', 1)
  return (deltaSeconds(first!.trim()) ?? 0) * 1000
}

export function dateOf(fields: readonly Field[], name: string, now: number): number | undefined {
  const lines = fieldLines(fields, name)
  return lines.length === 1 ? parseHttpDate(lines[0]!, now) : undefined
}
