// May a stored answer be used for this request, and does its origin have to be asked? (RFC 9111 §4, RFC 5861)
//
// Three answers: as it is; as it is, while a fresh one is fetched behind it; only after the origin has confirmed it.
// When the origin fails, a good copy is better than an error page, except where the origin forbade just that.
// What clients ask for in Cache-Control is advice (§5.2.1) and is taken: it can cost the origin a request at most.

import { type Field, fieldLines } from '../message.ts'
import { deltaSeconds, parseDirectives } from './directives.ts'
import { ageMs, type Freshness, freshForMs } from './freshness.ts'

export type Use = 'fresh' | 'stale' | 'validate'

export function useOf(freshness: Freshness, request: readonly Field[], now: number): Use {
  const left = freshForMs(freshness, now)
  const asked = requestDirectives(request)
  if (freshness.directives.has('no-cache') || asked.has('no-cache')) return 'validate'
  const ageMaxS = deltaSeconds(asked.get('max-age'))
  if (ageMaxS !== undefined && ageMs(freshness, now) > ageMaxS * 1000) return 'validate'
  if (left > (deltaSeconds(asked.get('min-fresh')) ?? 0) * 1000) return 'fresh'
  if (asked.has('min-fresh') || forbidsStale(freshness)) return 'validate'
  if (-left < staleMs(freshness, 'stale-while-revalidate', 0)) return 'stale'
  // §5.2.1.2: without argument, however stale it is.
  if (!asked.has('max-stale')) return 'validate'
  const staleMaxS = deltaSeconds(asked.get('max-stale')) ?? Number.POSITIVE_INFINITY
  return -left <= staleMaxS * 1000 ? 'fresh' : 'validate'
}

/** `staleMaxMs`: how stale it may be where the origin does not say it (RFC 5861 §4). */
export function mayReplaceError(freshness: Freshness, staleMaxMs: number, now: number): boolean {
  if (freshness.directives.has('no-cache') || forbidsStale(freshness)) return false
  return -freshForMs(freshness, now) < staleMs(freshness, 'stale-if-error', staleMaxMs)
}

/** §5.2.1.7 */
export function wantsOnlyCached(request: readonly Field[]): boolean {
  return requestDirectives(request).has('only-if-cached')
}

/**
 * §4.2.4. By the letter `s-maxage` forbids it as `proxy-revalidate` does; but an origin that gives a lifetime for
 * shared caches and a window for stale answers in one line means both.
 */
function forbidsStale({ directives }: Freshness): boolean {
  if (directives.has('must-revalidate') || directives.has('proxy-revalidate')) return true
  const allowed = directives.has('stale-while-revalidate') || directives.has('stale-if-error')
  return directives.has('s-maxage') && !allowed
}

function staleMs({ directives }: Freshness, name: string, otherwiseMs: number): number {
  if (!directives.has(name)) return otherwiseMs
  return (deltaSeconds(directives.get(name)) ?? 0) * 1000
}

function requestDirectives(request: readonly Field[]): ReadonlyMap<string, string | undefined> {
  const lines = fieldLines(request, 'cache-control')
  // §5.4: what HTTP/1.0 had instead.
  return parseDirectives(lines.length === 0 ? fieldLines(request, 'pragma') : lines)
}
