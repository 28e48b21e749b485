// The client that asks origins: undici's dispatch, whose callbacks become one answer and a body that waits for its
// reader. (docs/decisions: twice as fast as http-proxy, and a client that leaves takes its request along.)
//
// Connections go to the one host that was configured, over HTTP/1.1: an HTTP/2 session that is told to go away fails
// every request on it. Lengths are judged by undici's parser, which refuses two of them, and once more here.

import type { Duplex } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import { Fault } from '../../base/fault.ts'
import type { Field } from '../message.ts'
import type { Origin, OriginAnswer, OriginFailure, OriginRequest } from '../origin.ts'
import { type Guard, literalOf, lookupBy, NotPublic, notPublic } from './public-address.ts'
import { tunnelOver } from './upgrade.ts'

export interface OriginOptions {
  /** Scheme, host and port, nothing else. */
  readonly url: string
  readonly connectionsMax: number
  readonly connectMs: number
  /** Until the head of an answer is there. */
  readonly headMs: number
  /** Between two parts of a body. */
  readonly idleMs: number
  /** Where it may be; without it anywhere, by the machine's own look-up. */
  readonly guard?: Guard
  /** Certificates to trust beside those of the machine, as PEM. */
  readonly ca?: string
}

/** Throws Fault 'config/invalid' for a URL that says more than where the origin is. */
export function createOrigin(options: OriginOptions): Origin & { close(): Promise<void> } {
  const { connectionsMax, connectMs, headMs, idleMs, guard, ca } = options
  const url = originUrl(options.url)
  const { hostname } = new URL(url)
  // Of an address that is written out nobody asks the look-up.
  const literal = guard && literalOf(hostname)
  // An edge that no site has named an origin to is spared undici's 14 MiB.
  const open = async (): Promise<Pool> => {
    const { Pool } = await import('undici')
    return new Pool(url, {
      connections: connectionsMax,
      pipelining: 1,
      headersTimeout: headMs,
      bodyTimeout: idleMs,
      allowH2: false,
      connect: {
        timeout: connectMs,
        ...(guard && { lookup: lookupBy(guard) }),
        ...(ca !== undefined && { ca }),
      },
    })
  }
  let pool: Promise<Pool> | undefined
  return {
    name: url,
    async ask(request) {
      if (literal !== undefined && !guard!.permits(literal)) return { failure: 'refused', what: notPublic }
      return ask(await (pool ??= open()), request)
    },
    close: async () => (await pool)?.destroy(),
  }
}

function originUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new Fault('config/invalid', `${text} is not the address of an origin`, {
      hint: 'A scheme, a host and perhaps a port are wanted, such as http://127.0.0.1:3000',
    })
  }
  return url.origin
}

/** Bytes that may lie here before the origin is told to wait. */
const waitingBytesMax = 256 * 1024

function ask(pool: Pool, request: OriginRequest): Promise<OriginAnswer | OriginFailure> {
  const { method, path, fields, body, upgrade, signal, interim } = request
  const result = Promise.withResolvers<OriginAnswer | OriginFailure>()
  const bodyIn = createInflow()
  const ended = Promise.withResolvers<void>()
  let trailers: readonly Field[] = []
  let answered = false
  let connected = false
  let control: Dispatcher.DispatchController | undefined
  const leave = (): void => {
    control?.abort(signal.reason)
    result.reject(signal.reason)
  }
  if (signal.aborted) return Promise.reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  const settled = (): void => signal.removeEventListener('abort', leave)
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      connected = true
      control = controller
      if (signal.aborted) controller.abort(signal.reason)
    },
    onResponseStart(controller, status) {
      if (status < 200) {
        if (status > 101) interim?.(status, pairs(controller.rawHeaders))
        return
      }
      answered = true
      const received = pairs(controller.rawHeaders)
      if (twoLengths(received)) {
        result.resolve({ failure: 'malformed', what: 'its answer has two lengths' })
        controller.abort(new Error('two lengths'))
        return
      }
      bodyIn.control = controller
      result.resolve({
        status,
        fields: received,
        body: bodyIn.body,
        trailers: () => trailers,
        ended: ended.promise,
      })
    },
    onResponseData(controller, chunk) {
      if (bodyIn.push(chunk) > waitingBytesMax) controller.pause()
    },
    onResponseEnd(controller) {
      settled()
      trailers = pairs(controller.rawTrailers)
      bodyIn.end()
      ended.resolve()
    },
    onResponseError(_controller, error) {
      settled()
      bodyIn.end(new Fault('net/unreachable', `The origin broke off: ${error.message}.`, { cause: error }))
      ended.resolve()
      if (!answered) result.resolve(failureOf(error, connected))
    },
    onRequestUpgrade(controller, status, _headers, socket: Duplex) {
      settled()
      socket.once('close', ended.resolve)
      const fields = pairs(controller.rawHeaders)
      result.resolve({ ...switched(status, fields), tunnel: tunnelOver(socket), ended: ended.promise })
    },
  }
  const headers = fields.flat()
  // The types know of streams only; undici takes any iterable as a body.
  const sent = (body ?? null) as NonNullable<Dispatcher.DispatchOptions['body']> | null
  pool.dispatch({ method, path, headers, body: sent, upgrade: upgrade ?? null }, handler)
  return result.promise
}

const switched = (status: number, fields: readonly Field[]): Omit<OriginAnswer, 'ended'> => ({
  status,
  fields,
  body: (async function* () {})(),
  trailers: () => [],
})

function failureOf(error: Error & { code?: string }, connected: boolean): OriginFailure {
  const what = error.message.toLowerCase().replace(/\.$/, '')
  if (error.code === 'UND_ERR_HEADERS_TIMEOUT') return { failure: 'silent', what: 'no answer in time' }
  if (error instanceof NotPublic) return { failure: 'refused', what }
  if (!connected) return { failure: 'down', what }
  const malformed = error.name === 'HTTPParserError' || error.code === 'UND_ERR_HEADERS_OVERFLOW'
  return { failure: malformed ? 'malformed' : 'broken', what }
}

/** RFC 9112 §6.3: one length or none; a response with both, or with two different ones, may be two responses. */
function twoLengths(fields: readonly Field[]): boolean {
  const all = (name: string): string[] =>
    fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const lengths = all('content-length')
  if (lengths.some(length => !/^\d{1,15}$/.test(length)) || new Set(lengths).size > 1) return true
  return lengths.length > 0 && all('transfer-encoding').length > 0
}

function pairs(raw: Dispatcher.DispatchController['rawHeaders']): Field[] {
  if (!Array.isArray(raw)) return []
  const fields: Field[] = []
  const text = (part: Buffer | string): string => (typeof part === 'string' ? part : part.toString('latin1'))
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([text(raw[i]!), text(raw[i + 1]!)])
  return fields
}

interface Inflow {
  control: Dispatcher.DispatchController | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** How many bytes wait now. */
  push(chunk: Uint8Array): number
  end(error?: Error): void
}

/** From pushed to pulled: what comes waits for its reader, and the origin waits when it is much. */
function createInflow(): Inflow {
  const waiting: Uint8Array[] = []
  let waitingBytes = 0
  let ended: { readonly error: Error | undefined } | undefined
  let wake: (() => void) | undefined
  const inflow: Inflow = {
    control: undefined,
    push(chunk) {
      waiting.push(chunk)
      waitingBytes += chunk.length
      wake?.()
      return waitingBytes
    },
    end(error) {
      ended ??= { error }
      wake?.()
    },
    body: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          while (waiting.length === 0 && ended === undefined) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
          const value = waiting.shift()
          if (value !== undefined) {
            waitingBytes -= value.length
            if (waitingBytes <= waitingBytesMax / 2) inflow.control?.resume()
            return { done: false, value }
          }
          if (ended!.error !== undefined) throw ended!.error
          return { done: true, value: undefined }
        },
        async return() {
          if (ended === undefined) inflow.control?.abort(new Error('nobody reads on'))
          inflow.end()
          waiting.length = 0
          return { done: true, value: undefined }
        },
      }),
    },
  }
  return inflow
}
