// The end of a proxy's chain: the origin answers. (RFC 9110 §7.6, §9.2.2)
//
// A request without body that may be repeated is repeated once, when the connection broke before an answer began:
// mostly it was an idle one that the origin was about to close. An origin that takes no connection is left alone for
// a while, longer each time: its clients hear so at once, instead of waiting one after the other.

import type { Meter } from '../../base/meter.ts'
import { type Field, fieldLines, type IngressRequest, type IngressResponse } from '../message.ts'
import {
  contentOf,
  endToEnd,
  loops,
  type Origin,
  type OriginAnswer,
  type OriginFailure,
  type OriginRequest,
  pathOf,
  requestFields,
} from '../origin.ts'
import { page } from '../page.ts'
import { known, type Visit } from '../visit.ts'

export interface ForwardOptions {
  readonly origin: Origin
  /** How this proxy calls itself in Via and CDN-Loop: a token. */
  readonly name: string
  readonly meter: Meter
  readonly now: () => number
  /** After the first connection that failed; doubled with each further one. */
  readonly restMs: number
  readonly restMaxMs: number
}

export type Forward = (visit: Visit) => Promise<IngressResponse>

/** Rejects only with the reason of the request's signal. */
export function forward(options: ForwardOptions): Forward {
  const { origin, name, meter, now, restMs, restMaxMs } = options
  let failures = 0
  let restsUntil = 0
  const note = (outcome: OriginAnswer | OriginFailure): void => {
    if ('failure' in outcome) meter.count(`origin.${outcome.failure}`)
    if ('failure' in outcome && /^(refused|busy)$/.test(outcome.failure)) return
    if ('failure' in outcome && outcome.failure === 'down') {
      if (now() >= restsUntil) restsUntil = now() + Math.min(restMaxMs, restMs * 2 ** failures++)
    } else failures = 0
  }
  return async visit => {
    const { request } = visit
    if (loops(request.fields, name)) return loop(origin.name)
    if (now() < restsUntil)
      return failed(origin.name, { failure: 'down', what: 'it took no connection just now' })
    const body = await contentOf(request)
    const asked = {
      method: request.method,
      path: pathOf(request.target) ?? '*',
      fields: requestFields(request, known(visit, 'authority'), name),
      body,
      upgrade: upgradeOf(request),
      signal: request.signal,
      interim: passingOn(request),
    }
    meter.count('origin.requests')
    let outcome = await origin.ask(asked)
    const again = body === undefined && /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(request.method)
    if ('failure' in outcome && outcome.failure === 'broken' && again) {
      meter.count('origin.repeated')
      outcome = await origin.ask(asked)
    }
    note(outcome)
    return 'failure' in outcome ? failed(origin.name, outcome) : answered(request, outcome, origin.name)
  }
}

/** Of one request: each goes into the client's connection, whether it reads or not. */
const interimsMax = 8
/** 1xx has no content; cookies and what is said of a whole host wait for the head, which is judged for that. */
const notInterim = /^(content-length|set-cookie|alt-svc|strict-transport-security|x-inxt-.*|x-ipfs-.*)$/i

/** RFC 9110 §15.2: a proxy passes on what it did not ask for itself, such as early hints (RFC 8297). */
function passingOn({ interim }: IngressRequest): OriginRequest['interim'] & {} {
  let left = interimsMax
  return (status, fields) => {
    if (left-- > 0)
      interim?.(
        status,
        endToEnd(fields).filter(([name]) => !notInterim.test(name)),
      )
  }
}

function upgradeOf({ fields, version, method }: IngressRequest): string | undefined {
  if (version !== '1.1' || method !== 'GET') return undefined
  const wanted = fieldLines(fields, 'connection').some(value => /(^|,)\s*upgrade\s*(,|$)/i.test(value))
  const protocols = fieldLines(fields, 'upgrade')
  return wanted && protocols.length === 1 && /^websocket$/i.test(protocols[0]!) ? protocols[0] : undefined
}

function answered(request: IngressRequest, answer: OriginAnswer, which: string): IngressResponse {
  const { status, body, trailers, tunnel } = answer
  const length = fieldLines(answer.fields, 'content-length')[0]
  const sizeBytes = length === undefined ? undefined : Number(length)
  const fields = endToEnd(answer.fields).filter(([name]) => name.toLowerCase() !== 'content-length')
  const source = () => ({ from: 'origin', which }) as const
  if (tunnel)
    return { status, fields: [...fields, ...upgradeFields(answer)], body: undefined, sizeBytes, tunnel }
  const bare = status === 204 || status === 304 || request.method === 'HEAD'
  return {
    status,
    fields,
    body: bare ? undefined : body,
    sizeBytes: status === 204 ? 0 : sizeBytes,
    trailers,
    source,
  }
}

/** The only answer whose Upgrade is for the client (RFC 9110 §7.8). */
function upgradeFields({ fields }: OriginAnswer): Field[] {
  return [['Connection', 'upgrade'], ...fields.filter(([name]) => name.toLowerCase() === 'upgrade')]
}

/** Whole in memory, so that all who wait for the same may have it. */
export function failed(which: string, { failure, what }: OriginFailure): IngressResponse {
  if (failure === 'refused') return refused(which, what)
  return page({
    status: failure === 'silent' ? 504 : failure === 'busy' ? 503 : 502,
    title: failure === 'silent' ? 'The origin did not answer in time' : 'The origin gives no answer',
    what: `The edge asked ${which}: ${what}.`,
    meaning: 'The site comes from there, and the edge has no copy of this page.',
    hint: 'Try again in a moment.',
  })
}

function refused(which: string, what: string): IngressResponse {
  return page({
    status: 502,
    title: 'This edge does not ask that origin',
    what: `The site is to come from ${which}: ${what}.`,
    meaning: 'Who publishes a site may not lead edges into networks that are not public, nor in circles.',
    hint: 'Its owner has to name another origin.',
  })
}

function loop(which: string): IngressResponse {
  return page({
    status: 508,
    title: 'This request goes round in circles',
    what: `The request was to go on to ${which}, and has been here before.`,
    meaning: 'The origin of the site is the edge itself, or leads back to it.',
    hint: 'Its owner has to name another origin.',
  })
}
