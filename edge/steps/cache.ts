// The shared cache of a proxy: which requests it answers by itself, which go on, and what it learns from them.
//
// RFC 9111, with the stale answers of RFC 5861, the fields for CDNs of RFC 9213 and Cache-Status of RFC 9211. The
// rules are pure and lie in `edge/cache/`; this step puts them in order. Below it stands whatever answers for the
// origin, which it asks with its own conditions instead of the client's.

import { answerFrom, cacheStatus, type How, withCacheStatus } from '../cache/answer.ts'
import { createFlights, type FlightOptions, type Flights } from '../cache/flights.ts'
import { freshnessOf } from '../cache/freshness.ts'
import { invalidated, isSafe } from '../cache/invalidation.ts'
import { useOf, wantsOnlyCached } from '../cache/reuse.ts'
import type { Stored } from '../cache/store.ts'
import { dated, freshened, onlyOriginJudges, sameRepresentation } from '../cache/validation.ts'
import { type Answer, fieldLines, type IngressRequest, type IngressResponse } from '../message.ts'
import { announcesContent, loops, type Origin, pathOf } from '../origin.ts'
import { page } from '../page.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

export interface CacheOptions extends FlightOptions {
  readonly origin: Pick<Origin, 'name'>
  /** How this cache calls itself in Cache-Status: a token. */
  readonly name: string
  /** Hears of what a fetch met for which nobody waits. */
  readonly onBug: (error: unknown) => void
}

type Next = (visit: Visit) => Answer

interface Context extends CacheOptions {
  readonly flights: Flights
}

export function cache(options: CacheOptions): IngressStep {
  const context = { ...options, flights: createFlights(options) }
  return (visit, next) => {
    const { method, fields } = visit.request
    const { place, path } = addressOf(visit, options.origin)
    if (method !== 'GET' && method !== 'HEAD') return change(context, visit, next, { place, path })
    const key = `${place} ${path}`
    // A GET with content: the origin may look at it, and the key does not. What goes in circles is answered so alone.
    const odd = hasField(visit.request, 'upgrade') || announcesContent(visit.request) === true
    if (odd || loops(fields, options.name) || onlyOriginJudges(fields))
      return pass(context, visit, next, 'bypass')
    return method === 'GET' ? get(context, visit, next, key) : head(context, visit, next, key)
  }
}

async function get(context: Context, visit: Visit, next: Next, key: string): Promise<IngressResponse> {
  const { store, flights, meter, now, onBug } = context
  const { request } = visit
  const stored = store.find(key, request.fields)
  const use = stored && useOf(stored.freshness, request.fields, now())
  const ask = async (changes: Partial<IngressRequest>) =>
    next({ ...visit, request: { ...request, ...changes } })
  if (use === 'fresh' || use === 'stale') {
    meter.count('cache.hits')
    if (use === 'stale') void flights.refresh(key, request, ask).catch(onBug)
    return from(context, stored!, request, { hit: true })
  }
  if (wantsOnlyCached(request.fields)) return notCached()
  if (stored === undefined && hasField(request, 'range')) {
    const requestedAt = now()
    const response = await pass(context, visit, next, 'partial')
    void flights.complete(key, request, { response, requestedAt, receivedAt: now() }, ask).catch(onBug)
    return response
  }
  const personal = isConditional(request) && flights.isPassed(key, request.fields)
  if (stored === undefined && personal) return pass(context, visit, next, 'bypass')
  meter.count('cache.misses')
  const fwd = use === 'validate' ? 'stale' : store.has(key) ? 'vary-miss' : 'uri-miss'
  const { collapsed, ...outcome } = await flights.fetch(key, request, ask)
  if (outcome.kind === 'stored')
    return from(context, outcome.stored, request, { fwd, fwdStatus: outcome.status, stored: true, collapsed })
  const { response } = outcome
  return told(context, response, { fwd, fwdStatus: response.status, collapsed })
}

/** §4.3.5: HEAD is answered from a stored GET; when it goes on, its answer tells whether that still holds. */
async function head(context: Context, visit: Visit, next: Next, key: string): Promise<IngressResponse> {
  const { store, flights, meter, now, heuristic } = context
  const { request } = visit
  const stored = store.find(key, request.fields)
  if (stored && useOf(stored.freshness, request.fields, now()) === 'fresh') {
    meter.count('cache.hits')
    return from(context, stored, request, { hit: true })
  }
  if (wantsOnlyCached(request.fields)) return notCached()
  const requestedAt = now()
  const response = await next(visit)
  const { fields, sizeBytes, status } = response
  if (stored?.status === 200 && status === 200) {
    if (sameRepresentation(stored.fields, stored.body.sizeBytes, fields, sizeBytes)) {
      const receivedAt = now()
      const updated = { ...stored, fields: freshened(stored.fields, dated(fields, receivedAt)) }
      const freshness = freshnessOf(updated, { requestedAt, receivedAt }, heuristic)
      store.put(key, { ...updated, freshness })
    } else flights.invalidate(key)
  }
  return told(context, response, { fwd: 'method', fwdStatus: status })
}

async function change(
  context: Context,
  visit: Visit,
  next: Next,
  { place, path }: Address,
): Promise<IngressResponse> {
  const response = await pass(context, visit, next, 'method')
  if (isSafe(visit.request.method)) return response
  for (const gone of invalidated(place.split(' '), path, response))
    context.flights.invalidate(`${place} ${gone}`)
  return response
}

async function pass(context: Context, visit: Visit, next: Next, fwd: Fwd): Promise<IngressResponse> {
  context.meter.count('cache.passed')
  const response = await next(visit)
  return told(context, response, { fwd, fwdStatus: response.status })
}

function from({ name, now }: Context, stored: Stored, request: IngressRequest, how: How): IngressResponse {
  return answerFrom(stored, request, { name, how, now: now() })
}

function told({ name }: Context, response: IngressResponse, how: How): IngressResponse {
  return { ...response, fields: withCacheStatus(response.fields, cacheStatus(name, how)) }
}

type Fwd = Extract<How, { fwd: string }>['fwd']

interface Address {
  /** Where the client asked and where the edge asks: two origins as URL has them, with a space between. */
  readonly place: string
  readonly path: string
}

/**
 * An origin hears under which name and scheme it was asked, and may answer so: each has copies of its own. The path
 * is as it was sent: two spellings may be two things.
 */
function addressOf(visit: Visit, origin: Pick<Origin, 'name'>): Address {
  const { host, port } = known(visit, 'authority')
  const scheme = visit.request.secure ? 'https' : 'http'
  const usual = port === undefined || port === (visit.request.secure ? 443 : 80)
  const place = `${scheme}://${host}${usual ? '' : `:${port}`} ${origin.name}`
  return { place, path: pathOf(visit.request.target) ?? '*' }
}

function hasField({ fields }: IngressRequest, name: string): boolean {
  return fieldLines(fields, name).length > 0
}

function isConditional(request: IngressRequest): boolean {
  return hasField(request, 'if-none-match') || hasField(request, 'if-modified-since')
}

/** §5.2.1.7 */
function notCached(): IngressResponse {
  return page({
    status: 504,
    title: 'There is no copy here',
    what: 'The request was for a stored answer only.',
    meaning: 'The edge has none that it may use.',
    hint: 'Ask without only-if-cached.',
  })
}
