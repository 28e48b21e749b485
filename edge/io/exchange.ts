// One request and its answer at the rim, whatever the version of HTTP: the parts that are the same.
//
// Two things end a request early: the client goes, or nobody has an answer in time. Both are the same signal
// to whoever fetches, with a Fault as its reason. What a step throws that is no Fault is a bug of ours: it is
// counted, logged and answered, and no request can take the process down.

import type { Socket } from 'node:net'
import { Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { noBody } from '../body.ts'
import { FairShare } from '../fair-share.ts'
import type { Field, Ingress, IngressRequest, IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import { Rates } from '../rates.ts'
import { areSendable } from '../sendable.ts'
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
  readonly localRequests: Rates
  /** Octets that wait for their readers, by network of the reader. */
  readonly waiting: FairShare
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
  const [perS, localPerS] = [limits.requestsPerClientPerS, limits.requestsPerLocalClientPerS]
  return {
    ...parts,
    share: new FairShare(limits.answersMax),
    requests: new Rates({ perS, burst: limits.requestsPerClientBurst, clientsMax: 65_536 }),
    localRequests: new Rates({ perS: localPerS, burst: localPerS, clientsMax: 256 }),
    waiting: new FairShare(limits.waitingBytesMax),
    closing: false,
  }
}

export type Asked = Required<Omit<IngressRequest, 'receivedAt' | 'signal' | 'client' | 'secure'>>

/** Who is at the other end of a connection. */
export interface Caller {
  /** Address as text, without port. */
  readonly client: string
  /** The network that its doings are counted for: `clientOf` of the address. */
  readonly network: string
  readonly secure: boolean
  readonly requests: Rates
}

export function callerOf({ requests, localRequests }: Context, socket: Socket, secure: boolean): Caller {
  const client = socket.remoteAddress ?? ''
  const network = clientOf(client)
  const isLocal = network.startsWith('127.') || client === '::1'
  return { client, network, secure, requests: isLocal ? localRequests : requests }
}

export class Exchange {
  readonly #context: Context
  readonly #host: string
  #entered = true
  /** Behind an answer, interim ones would be taken for those of the next request. */
  #answered = false
  #dueAt: number
  #reason: Fault | undefined
  /** Most answers come from memory and ask for no signal: making one costs more than all else here. */
  #controller: AbortController | undefined
  #chunks: Chunks | undefined
  readonly begunAt: number
  /** At once when nothing had to be waited for. Never rejects. */
  readonly response: IngressResponse | Promise<IngressResponse>

  constructor(context: Context, caller: Caller, asked: Asked) {
    const { limits, clock } = context
    const now = clock.now()
    this.#context = context
    this.begunAt = now
    this.#host = hostOf(asked.fields)
    const reads = asked.method === 'GET' || asked.method === 'HEAD'
    this.#dueAt = reads ? now + limits.answerTimeoutMs : Number.POSITIVE_INFINITY
    const turned = this.#turnAway(caller, now)
    this.response = turned ?? this.#answer(asked, caller, now)
  }

  /** Why nobody needs to go on, once it is so. */
  get reason(): Fault | undefined {
    return this.#reason
  }

  /** Time has passed: an answer that is overdue is given up. */
  sweep(now: number): void {
    if (now < this.#dueAt) return
    const { answerTimeoutMs } = this.#context.limits
    this.#abort(new Fault('net/unreachable', `No holder answered within ${answerTimeoutMs} ms.`))
  }

  /** The client has gone: nobody needs to go on. */
  abandon(): void {
    this.#abort(clientGone())
  }

  /** The body of the answer, for as long as somebody waits for it; at most once. */
  chunks(response: IngressResponse): Chunks {
    this.#chunks = new Chunks(response)
    if (this.#reason !== undefined) this.#chunks.stop(this.#reason)
    return this.#chunks
  }

  /** The answer is out, or never will be; exactly once. */
  done(): void {
    this.#chunks?.stop()
    if (this.#entered) this.#context.share.leave(this.#host)
  }

  #abort(why: Fault): void {
    this.#reason ??= why
    this.#controller?.abort(this.#reason)
    this.#chunks?.stop(this.#reason)
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** 429 to a client that asks too often, 503 to a site that has its share; undefined for all others, who enter. */
  #turnAway({ requests, network }: Caller, now: number): IngressResponse | undefined {
    const { share, meter } = this.#context
    this.#entered = false
    if (!requests.take(network, now)) {
      meter.count('http.hurried')
      return refusal(429, 'Too many requests', 'This client asks more often than an edge answers one.')
    }
    if (!share.enter(this.#host)) {
      meter.count('http.crowded')
      return refusal(503, 'Too many readers', 'This edge has as many answers under way as it can hold.')
    }
    this.#entered = true
    return undefined
  }

  #answer(asked: Asked, caller: Caller, now: number): IngressResponse | Promise<IngressResponse> {
    const { method, target, version, fields, body, trailers, interim } = asked
    const { secure, client } = caller
    const signal = (): AbortSignal => this.#signal()
    const interimBefore: Asked['interim'] = (status, more) => {
      if (!this.#answered) interim(status, more)
    }
    const request: IngressRequest = {
      method,
      target,
      version,
      fields,
      body,
      trailers,
      interim: interimBefore,
      secure,
      client,
      receivedAt: now,
      get signal() {
        return signal()
      },
    }
    try {
      const answer = this.#context.ingress(request)
      if (!(answer instanceof Promise)) return this.#judged(answer, request)
      return answer.then(
        response => this.#judged(response, request),
        (error: unknown) => this.#sorry(error, request),
      )
    } catch (error) {
      return this.#sorry(error, request)
    }
  }

  #settle(): void {
    this.#answered = true
    this.#dueAt = Number.POSITIVE_INFINITY
  }

  #judged(response: IngressResponse, request: IngressRequest): IngressResponse {
    this.#settle()
    if (response.isReady || areSendable(response.fields)) return response
    return this.#sorry(new Error('a field of the answer cannot be sent'), request)
  }

  #sorry(error: unknown, { target }: IngressRequest): IngressResponse {
    this.#settle()
    // When the client has gone, what its aborted fetch throws is no bug.
    if (this.#reason === undefined) {
      this.#context.meter.count('http.bugs')
      this.#context.log.error({ err: error, target }, 'a request met a bug')
    }
    return refusal(500, 'The edge made a mistake', 'The request met an error in the edge’s own program.')
  }
}

function hostOf(fields: readonly Field[]): string {
  for (const [name, value] of fields)
    if (name.length === 4 && name.toLowerCase() === 'host') return value.toLowerCase().slice(0, 260)
  return ''
}

export function clientGone(): Fault {
  return new Fault('net/unreachable', 'The client has gone.')
}

/** Fewer or more bytes than announced: whoever keeps it must hear that it is broken. */
export class BrokenPromise extends Error {}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The body of an answer, counted against what was announced. */
export class Chunks {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #sizeBytes: number | undefined
  #totalBytes = 0
  #state: 'open' | 'ended' | { error: Error } = 'open'
  #leave: ((error: Error) => void) | undefined

  constructor({ body, sizeBytes }: IngressResponse) {
    this.#source = (body instanceof Uint8Array ? once(body) : (body ?? noBody))[Symbol.asyncIterator]()
    this.#sizeBytes = sizeBytes
  }

  /** Undefined at the end. Rejects with BrokenPromise, with what the source throws, or with the reason of `stop`. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#pull()
      if (done) this.#state = 'ended'
      const total = (this.#totalBytes += done ? 0 : value.length)
      const sizeBytes = this.#sizeBytes ?? total
      if (total > sizeBytes || (done && total !== sizeBytes))
        throw new BrokenPromise(`${total} bytes of a body that has ${sizeBytes}`)
      if (done) return undefined
      if (value.length > 0) return value
    }
  }

  /** Nobody waits any more: a pull under way rejects at once, whatever the source does. */
  stop(why?: Error): void {
    if (this.#state !== 'open') return
    this.#state = { error: why ?? clientGone() }
    this.#leave?.(this.#state.error)
    this.#source.return?.().catch(() => {})
  }

  #pull(): Promise<IteratorResult<Uint8Array>> {
    if (typeof this.#state === 'object') return Promise.reject(this.#state.error)
    return new Promise((resolve, reject) => {
      this.#leave = reject
      this.#source.next().then(resolve, reject)
    })
  }
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
