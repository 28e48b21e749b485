// May this answer be kept, for everybody? (RFC 9111 §3)
//
// A shared cache: what is for one person is not for it. Kept is only what can be of use later, that is, what is fresh
// for a while, or can be revalidated, or may be served stale. So an origin that says nothing about caching is asked
// each time.

import { type Field, fieldLines } from '../message.ts'
import { parseDirectives } from './directives.ts'
import type { Freshness } from './freshness.ts'
import { varyNames } from './vary.ts'

/** Statuses whose rules for caching are followed here (§3, `must-understand`). */
const understood = new Set([
  ...[200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421, 451],
  ...[500, 501, 502, 503, 504],
])

interface Exchange {
  readonly request: { readonly method: string; readonly fields: readonly Field[] }
  readonly response: { readonly status: number; readonly fields: readonly Field[] }
  readonly freshness: Freshness
}

export function storable({ request, response, freshness }: Exchange): boolean {
  const { directives } = freshness
  const { status, fields } = response
  // Parts are passed on, not kept: ranges are cut from whole answers.
  if (request.method !== 'GET' || status < 200 || status === 206 || status === 304) return false
  if (parseDirectives(fieldLines(request.fields, 'cache-control')).has('no-store')) return false
  const mustUnderstand = directives.has('must-understand')
  if (mustUnderstand && !understood.has(status)) return false
  // §5.2.2.3: who understands must-understand overlooks the no-store for those who do not.
  if (directives.has('no-store') && !mustUnderstand) return false
  if (directives.has('private') || varyNames(fields) === '*') return false
  if (fieldLines(request.fields, 'authorization').length > 0 && !sharesAuthorized(freshness)) return false
  return useful(new Set(fields.map(([name]) => name.toLowerCase())), freshness)
}

/** §3.5: an answer to one who showed credentials is for that one, unless the origin says otherwise. */
function sharesAuthorized({ directives }: Freshness): boolean {
  return ['public', 's-maxage', 'must-revalidate'].some(name => directives.has(name))
}

function useful(present: ReadonlySet<string>, freshness: Freshness): boolean {
  const { directives, lifetimeMs, explicit, mayGuess } = freshness
  // §7.3: cookies keep nothing from being stored. Without a word about caching they were hardly meant for all.
  if (present.has('set-cookie') && !explicit && !directives.has('public')) return false
  if ((present.has('etag') || present.has('last-modified')) && (explicit || mayGuess)) return true
  if (directives.has('no-cache')) return false
  return lifetimeMs > 0 || directives.has('stale-while-revalidate') || directives.has('stale-if-error')
}
