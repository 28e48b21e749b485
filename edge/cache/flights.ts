// Requests on their way to the origin, and those who wait for the same one (collapsed forwarding, RFC 9111 §4).
//
// Who comes first asks; who wants the same meanwhile waits for the head of the answer, then reads the body while it
// arrives. Only what may be stored and is fresh is shared. What turns out to be for one person is remembered as such
// for a while, so that the next ones do not stand in line for nothing. A failing origin is not asked once more by
// each who waited: its failure is shared, and a good copy that may stand in for it goes before.

import type { Meter } from '../../base/meter.ts'
import { createSieve, type Sieve } from '../../base/sieve.ts'
import type { Share } from '../fair-share.ts'
import type { Body, Field, IngressRequest, IngressResponse } from '../message.ts'
import { freshnessOf, type Heuristic } from './freshness.ts'
import { wholeBytesOf } from './part.ts'
import { record } from './recording.ts'
import { mayReplaceError, useOf } from './reuse.ts'
import { storable } from './storable.ts'
import { matches, type Store, type Stored, variantNames } from './store.ts'
import { conditionsFor, dated, freshened, withoutConditions } from './validation.ts'
import { variantOf } from './vary.ts'

export interface FlightOptions {
  readonly store: Store
  readonly heuristic: Heuristic
  /** A longer body is passed on, not kept. */
  readonly bodyBytesMax: number
  /** Room for bodies that are on their way and meant to be kept, in octets. */
  readonly arriving: Share
  /** How stale a copy may be that stands in for an error, where its origin does not say. */
  readonly staleOnErrorMs: number
  readonly now: () => number
  readonly meter: Meter
}

/** Asks the origin; `request` carries the fields and the signal to use. */
export type Ask = (request: Partial<IngressRequest>) => Promise<IngressResponse>

export type Outcome =
  | {
      readonly kind: 'stored'
      readonly stored: Stored
      /** What the origin said. */
      readonly status: number
    }
  /** For one client only, who has to read its body. */
  | {
      readonly kind: 'passed'
      readonly response: IngressResponse
      /** It could have been for all, had there been room for it. */
      readonly isCrowdedOut: boolean
    }
  /** The edge's own page about it, for all. */
  | { readonly kind: 'failed'; readonly response: IngressResponse }

export interface Flights {
  /** Rejects with the reason of the request's signal. */
  fetch(key: string, request: IngressRequest, ask: Ask): Promise<Outcome & { readonly collapsed: boolean }>
  /** Fetches although nobody waits, unless somebody does already. */
  refresh(key: string, request: IngressRequest, ask: Ask): Promise<void>
  /**
   * Fetches the whole of which somebody has just got a part, if there is room for it, it may be kept and few others are
   * fetched so; resolves when it is there.
   */
  complete(key: string, request: IngressRequest, part: Answered, ask: Ask): Promise<void>
  /** Whether answers to such requests were lately for one person each. */
  isPassed(key: string, request: readonly Field[]): boolean
  /** Forgets the address: also what is on its way is not kept. */
  invalidate(key: string): void
}

interface Flight {
  readonly key: string
  readonly outcome: Promise<Outcome>
  readonly leaving: AbortController
  waiting: number
  /** Set when the address was changed meanwhile. */
  outdated: boolean
}

/** How long answers count as personal after one was. */
const passedMs = 10_000
const passedBytesMax = 1024 * 1024
/** How far an origin may be ahead of the slowest reader of a body too long to keep. */
const aheadBytesMax = 256 * 1024

/**
 * Wholes that come behind parts at once, from one origin for one site: for one octet that somebody asks for, the origin
 * sends up to `bodyBytesMax`, and its readers wait for connections that these hold.
 */
const completingMax = 4

interface Sky {
  readonly options: FlightOptions
  readonly flights: Map<string, Flight>
  /** Until when answers to such requests count as personal. */
  readonly passed: Sieve<{ readonly until: number; readonly flightKey: string }>
  completing: number
}

export function createFlights(options: FlightOptions): Flights {
  const passed = createSieve<{ until: number; flightKey: string }>({
    bytesMax: passedBytesMax,
    bytesOf: ({ flightKey }) => 2 * flightKey.length,
  })
  const sky: Sky = { options, flights: new Map(), passed, completing: 0 }
  const { store, meter } = options
  const flights: Flights = {
    async fetch(key, request, ask) {
      const flightKey = store.flightKey(key, request.fields)
      const flight = isPassed(sky, flightKey) ? undefined : sky.flights.get(flightKey)
      if (flight !== undefined) {
        flight.waiting++
        const outcome = await raced(flight.outcome, request.signal)
          .catch(error => {
            // Whoever led it has left just now, and that is not our reason to.
            if (request.signal.aborted) throw error
          })
          .finally(() => flight.waiting--)
        if (outcome !== undefined && isShared(sky, outcome, request)) {
          meter.count('cache.collapsed')
          return { ...outcome, collapsed: true }
        }
      }
      const own = depart(sky, key, request, ask)
      follow(own, request)
      return { ...(await raced(own.outcome, request.signal)), collapsed: false }
    },
    async refresh(key, request, ask) {
      await refreshed(sky, key, request, ask)
    },
    async complete(key, request, { response, ...times }, ask) {
      const bytes = wholeBytesOf({ request, response, times }, options.heuristic)
      const flightKey = store.flightKey(key, request.fields)
      if (bytes === undefined || !isRoom(sky, bytes) || isPassed(sky, flightKey)) return
      meter.count('cache.completed')
      sky.completing++
      try {
        const stored = await refreshed(sky, key, request, ask)
        await stored?.body.done
        // Not to be tried again with the next part.
        if (stored !== undefined && !(await stored.body.kept)) pass(sky, flightKey)
      } finally {
        sky.completing--
      }
    },
    isPassed: (key, request) => isPassed(sky, store.flightKey(key, request)),
    invalidate(key) {
      store.remove(key)
      for (const [flightKey, flight] of sky.flights) {
        if (flight.key !== key) continue
        flight.outdated = true
        sky.flights.delete(flightKey)
      }
    },
  }
  return flights
}

/** What came of a fetch for which nobody waits, where it may be kept. */
async function refreshed(
  sky: Sky,
  key: string,
  request: IngressRequest,
  ask: Ask,
): Promise<Stored | undefined> {
  const { store } = sky.options
  if (sky.flights.has(store.flightKey(key, request.fields))) return undefined
  const result = await depart(sky, key, request, ask).outcome
  if (result.kind === 'stored') return result.stored
  discard(result.response.body)
  // Whatever it is now, it is not for everybody any more.
  if (result.kind === 'passed' && result.response.status < 500 && !result.isCrowdedOut) store.remove(key)
  return undefined
}

function isRoom({ options: { arriving, bodyBytesMax }, completing }: Sky, bytes: number): boolean {
  if (completing >= completingMax || bytes > bodyBytesMax || !arriving.enter(bytes)) return false
  arriving.leave(bytes)
  return true
}

function pass({ passed, options }: Sky, flightKey: string): void {
  passed.set(flightKey, { until: options.now() + passedMs, flightKey })
}

function isPassed({ passed, options }: Sky, flightKey: string): boolean {
  return (passed.get(flightKey)?.until ?? 0) > options.now()
}

/** Whether others than the one who asked may have it, at this moment. */
function isShared({ options }: Sky, outcome: Outcome, request: IngressRequest): boolean {
  if (outcome.kind !== 'stored') return outcome.kind === 'failed'
  const { stored } = outcome
  return matches(stored, request.fields) && useOf(stored.freshness, [], options.now()) !== 'validate'
}

function depart(sky: Sky, key: string, request: IngressRequest, ask: Ask): Flight {
  const { store, now } = sky.options
  const flightKey = store.flightKey(key, request.fields)
  const old = store.find(key, request.fields)
  const conditions = old === undefined ? undefined : conditionsFor(old.fields)
  const leaving = new AbortController()
  const requestedAt = now()
  const kept = withoutConditions(request.fields).filter(([name]) => name.toLowerCase() !== 'range')
  // What comes with a GET is no part of its key, so it is no part of the question either.
  const asked = ask({
    fields: [...kept, ...(conditions ?? [])],
    body: chunksOf(undefined),
    signal: leaving.signal,
  })
  const outcome = asked.then(response =>
    judge(sky, flight, request, old, { response, requestedAt, receivedAt: now() }),
  )
  const flight: Flight = { key, outcome, leaving, waiting: 0, outdated: false }
  if (isPassed(sky, flightKey) || sky.flights.has(flightKey)) return flight
  sky.flights.set(flightKey, flight)
  const land = (): void => {
    if (sky.flights.get(flightKey) === flight) sky.flights.delete(flightKey)
  }
  outcome.then(result => {
    const shared = isShared(sky, result, request)
    if (!shared && !(result.kind === 'passed' && result.isCrowdedOut)) pass(sky, flightKey)
    if (shared && result.kind === 'stored') void result.stored.body.kept.then(land)
    else land()
  }, land)
  return flight
}

/** What came of it, for the store and for those who wait. */
function judge(
  sky: Sky,
  flight: Flight,
  request: IngressRequest,
  old: Stored | undefined,
  { response, requestedAt, receivedAt }: Answered,
): Outcome {
  const { heuristic, staleOnErrorMs, bodyBytesMax, arriving, meter, store } = sky.options
  const { status } = response
  const fields = dated(response.fields, receivedAt)
  const times = { requestedAt, receivedAt }
  if (status === 304 && old !== undefined) {
    discard(response.body)
    const stored = { ...old, fields: freshened(old.fields, fields) }
    const freshness = freshnessOf(stored, times, heuristic)
    const renewed = { ...stored, freshness }
    if (!storable({ request, response: stored, freshness })) store.remove(flight.key)
    else if (!flight.outdated) store.put(flight.key, renewed)
    return { kind: 'stored', stored: renewed, status }
  }
  if (old !== undefined && isError(status) && mayReplaceError(old.freshness, staleOnErrorMs, receivedAt)) {
    discard(response.body)
    meter.count('cache.staleOnError')
    return { kind: 'stored', stored: old, status }
  }
  // What comes whole in memory was made by this edge.
  if (response.body instanceof Uint8Array) return { kind: 'failed', response }
  const freshness = freshnessOf({ status, fields }, times, heuristic)
  const short = (response.sizeBytes ?? 0) <= bodyBytesMax
  if (!short || !storable({ request, response, freshness }))
    return { kind: 'passed', response, isCrowdedOut: false }
  // Room for its beginning is taken at once: what is forgotten before its first reader has come is lost for all.
  const roomBytes = response.sizeBytes ?? Math.min(bodyBytesMax, aheadBytesMax)
  if (!arriving.enter(roomBytes)) return { kind: 'passed', response, isCrowdedOut: true }
  const names = variantNames(fields)
  const variant = variantOf(names, request.fields)
  const head = { status, fields, freshness, names, variant, sizeBytes: response.sizeBytes }
  return { kind: 'stored', stored: keep(sky, flight, response, head, roomBytes), status }
}

function keep(
  sky: Sky,
  flight: Flight,
  response: IngressResponse,
  head: Omit<Stored, 'body'>,
  roomBytes: number,
): Stored {
  const { bodyBytesMax, arriving, store, meter } = sky.options
  let [bytes, held] = [0, roomBytes]
  const mayKeep = (more: number): boolean => {
    bytes += more
    if (bytes <= held) return true
    if (bytes > bodyBytesMax || !arriving.enter(bytes - held)) return false
    held = bytes
    return true
  }
  const body = record(chunksOf(response.body), { mayKeep, aheadBytesMax, room: arriving })
  const stored = { ...head, body }
  const arrive = (): void => {
    arriving.leave(held)
    held = 0
  }
  // What was not kept to its end waits for its slowest reader first.
  void body.done.then(arrive)
  void body.kept.then(whole => {
    if (!whole) return
    arrive()
    if (flight.outdated) body.store(false)
    else store.put(flight.key, stored)
    meter.count('cache.stored')
  })
  return stored
}

/** The client's leaving ends the flight, unless others wait for it or its body is kept. */
function follow(flight: Flight, { signal }: IngressRequest): void {
  let stays = false
  const leave = (): void => {
    if (!stays && flight.waiting === 0) flight.leaving.abort(signal.reason)
  }
  signal.addEventListener('abort', leave, { once: true })
  flight.outcome.then(
    ({ kind }) => {
      stays = kind === 'stored'
      if (signal.aborted) leave()
    },
    () => {},
  )
}

export interface Answered {
  readonly response: IngressResponse
  readonly requestedAt: number
  readonly receivedAt: number
}

/** RFC 5861 §4 */
function isError(status: number): boolean {
  return status === 500 || (status >= 502 && status <= 504)
}

async function* chunksOf(body: Body | undefined): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body
  else if (body !== undefined) yield* body
}

/** Of a body that nobody will read: its origin may stop. */
export function discard(body: Body | undefined): void {
  if (body === undefined || body instanceof Uint8Array) return
  const iterator = body[Symbol.asyncIterator]()
  iterator.return?.().catch(() => {})
}

function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
