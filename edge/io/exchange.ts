// One request and its answer at the rim, whatever the version of HTTP: the parts that are the same.
//
// Two things end a request early: the client goes, or nobody has an answer in time. Both are the same signal
// to whoever fetches, with a Fault as its reason. What a step throws that is no Fault is a bug of ours: it is
// counted, logged and answered, and no request can take the process down.

import { Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { FairShare } from '../fair-share.ts'
import {
  type Field,
  fieldLines,
  type Ingress,
  type IngressRequest,
  type IngressResponse,
} from '../message.ts'
import { page } from '../page.ts'
import { Rates } from '../rates.ts'
import { clientOf } from './connections.ts'
import type { HttpLimits } from './limits.ts'

/** What all connections of a server share. */
export interface Context {
  readonly ingress: Ingress
  readonly limits: HttpLimits
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  readonly share: FairShare
  readonly requests: Rates
  /** No more requests are wanted: each answer is the last of its connection. */
  closing: boolean
}

/** What a server can do to each of its connections, whatever is spoken on it. */
export interface Conversation {
  /** Ends it as soon as the answers under way are out. */
  drain(): void
  /** Time has passed: cuts what is overdue. */
  sweep(now: number): void
}

export function createContext(
  parts: Pick<Context, 'ingress' | 'limits' | 'clock' | 'log' | 'meter'>,
): Context {
  const { limits } = parts
  const rate = { perS: limits.requestsPerClientPerS, burst: limits.requestsPerClientBurst }
  return {
    ...parts,
    share: new FairShare(limits.answersMax),
    requests: new Rates({ ...rate, clientsMax: 65_536 }),
    closing: false,
  }
}

export type Asked = Omit<IngressRequest, 'receivedAt' | 'signal'>

export interface Exchange {
  /** Never rejects. */
  readonly response: Promise<IngressResponse>
  /** Why nobody needs to go on, once it is so. */
  readonly reason: Fault | undefined
  /** Time has passed: an answer that is overdue is given up. */
  sweep(now: number): void
  /** The client has gone: nobody needs to go on. */
  abandon(): void
  /** The answer is out, or never will be; exactly once. */
  done(): void
}

export function begin(context: Context, asked: Asked): Exchange {
  const { limits, clock, share } = context
  const host = (fieldLines(asked.fields, 'host')[0] ?? '').toLowerCase().slice(0, 260)
  const now = clock.now()
  const turned = turnAway(context, asked.client, host, now)
  const reads = asked.method === 'GET' || asked.method === 'HEAD'
  let dueAt = reads ? now + limits.answerTimeoutMs : Number.POSITIVE_INFINITY
  let reason: Fault | undefined
  // Most answers come from memory and ask for no signal: making one costs more than the rest of this function.
  let controller: AbortController | undefined
  const abort = (why: Fault): void => {
    reason ??= why
    controller?.abort(reason)
  }
  const request: IngressRequest = {
    ...asked,
    receivedAt: now,
    get signal() {
      controller ??= new AbortController()
      if (reason !== undefined) controller.abort(reason)
      return controller.signal
    },
  }
  const response = turned === undefined ? answer(context, request, () => reason) : Promise.resolve(turned)
  void response.then(() => {
    dueAt = Number.POSITIVE_INFINITY
  })
  return {
    response,
    get reason() {
      return reason
    },
    sweep(at) {
      if (at < dueAt) return
      abort(new Fault('net/unreachable', `No holder answered within ${limits.answerTimeoutMs} ms.`))
    },
    abandon: () => abort(clientGone()),
    done() {
      if (turned === undefined) share.leave(host)
    },
  }
}

export function clientGone(): Fault {
  return new Fault('net/unreachable', 'The client has gone.')
}

/** 429 to a client that asks too often, 503 to a site that has its share; undefined for all others, who enter. */
function turnAway(context: Context, client: string, host: string, now: number): IngressResponse | undefined {
  if (!context.requests.take(clientOf(client), now)) {
    context.meter.count('http.hurried')
    return refusal(429, 'Too many requests', 'This client asks more often than an edge answers one.')
  }
  if (context.share.enter(host)) return undefined
  context.meter.count('http.crowded')
  return refusal(503, 'Too many readers', 'This edge has as many answers under way as it can hold.')
}

async function answer(
  context: Context,
  request: IngressRequest,
  reason: () => Fault | undefined,
): Promise<IngressResponse> {
  const { ingress, log, meter } = context
  try {
    const response = await ingress(request)
    if (areClean(response.fields)) return response
    throw new Error('a field of the answer cannot be sent')
  } catch (error) {
    // When the client has gone, what its aborted fetch throws is no bug.
    if (reason() === undefined) {
      meter.count('http.bugs')
      log.error({ err: error, target: request.target }, 'a request met a bug')
    }
    return sorry()
  }
}

const name = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const badValue = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/

/** A line break in a value would be a second field, or a second answer. */
function areClean(fields: readonly Field[]): boolean {
  return fields.every(([key, value]) => name.test(key) && !badValue.test(value))
}

/** Fewer or more bytes than announced: whoever keeps it must hear that it is broken. */
export class BrokenPromise extends Error {}

/** Counts what is sent of a body against what was announced. Throws BrokenPromise. */
export async function* promised({ body, sizeBytes }: IngressResponse): AsyncGenerator<Uint8Array> {
  let total = 0
  const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body
  for await (const chunk of chunks) {
    total += chunk.length
    if (sizeBytes !== undefined && total > sizeBytes) break
    if (chunk.length > 0) yield chunk
  }
  if (sizeBytes !== undefined && total !== sizeBytes)
    throw new BrokenPromise(`${total} bytes of a body that has ${sizeBytes}`)
}

/** Answers made at the rim have not passed the chain's `finish`. */
export function refusal(status: number, title: string, what: string): IngressResponse {
  const meaning =
    status < 500 ? 'The request was not handed on.' : 'It is not your fault, nor that of the site.'
  const hint =
    status < 500 ? 'Send it as HTTP has it, and not too fast.' : 'Try again: another edge may answer.'
  const response = page({ status, title, what, meaning, hint })
  const fields: Field[] = [
    ['Content-Length', String(response.sizeBytes ?? 0)],
    ['X-Content-Type-Options', 'nosniff'],
  ]
  if (status === 429 || status === 503) fields.push(['Retry-After', '1'])
  return { ...response, fields: [...response.fields, ...fields] }
}

function sorry(): IngressResponse {
  return refusal(500, 'The edge made a mistake', 'The request met an error in the edge’s own program.')
}
