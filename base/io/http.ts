// Questions over HTTP/1.1 to which the whole answer is wanted: bounded in bytes, in connections, and in time.
//
// Node's own client with an agent, because an edge asks small questions all its life and pays for the client as long:
// undici's `request` costs it 24 MB of memory, `fetch` 15, `node:http` 2.5 (docs/decisions/0003). What comes out are
// plain errors, for the caller to put into its own words. Nothing is asked twice, nothing is redirected.

import type { ClientRequest, IncomingHttpHeaders } from 'node:http'
import * as https from 'node:https'
import { http } from './node-http.ts'

export interface HttpClientOptions {
  /** To one origin; further questions to it wait for one that is free. */
  readonly connectionsMax: number
  /** PEM of the authorities that count, in place of those that Node knows. */
  readonly authorities?: string
  /** How long a connection is kept that nobody uses; without it, for as long as the other end keeps it. */
  readonly restMs?: number
}

/** Limits that are left out are none. */
export interface HttpQuestion {
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Of the body of the answer. */
  readonly bytesMax: number
  readonly connectMs?: number
  /** From the connection to the first byte of the answer, and between any two of its parts. */
  readonly idleMs?: number
  /** From here to the last byte, the wait for a connection included. */
  readonly totalMs?: number
  readonly signal?: AbortSignal | undefined
  /** Is handed the body of an answer with status 200 as it comes; then the answer has an empty one. */
  readonly onPart?: (part: Buffer) => void
}

export interface HttpAnswer {
  readonly status: number
  /** By lower-case name, as Node joins them. */
  readonly headers: IncomingHttpHeaders
  /** Undefined when it was longer than `bytesMax`; its connection is closed then. */
  readonly body: Buffer | undefined
  /** What its connection has brought so far, this answer and all before it. */
  readonly receivedBytes: number
}

export interface HttpClient {
  /** Rejects with an Error when there is no whole answer: an abort, a limit of time, or what the socket says. */
  ask(url: string, question: HttpQuestion): Promise<HttpAnswer>
  /** Ends what is under way, too. */
  close(): void
}

export function createHttpClient({ connectionsMax, restMs, authorities }: HttpClientOptions): HttpClient {
  // An agent keeps connections apart by origin, but knows one scheme only.
  const options = { keepAlive: true, maxSockets: connectionsMax, ...(restMs && { timeout: restMs }) }
  const plain = { request: http.request, agent: new http.Agent(options) }
  const secure = {
    request: https.request,
    agent: new https.Agent({ ...options, ...(authorities && { ca: authorities }) }),
  }
  const running = new Set<ClientRequest>()
  return {
    async ask(url, question) {
      const { request, agent } = url.startsWith('https:') ? secure : plain
      const { method = 'GET', headers = {} } = question
      const asked = request(url, { method, headers, agent })
      running.add(asked)
      try {
        return await answerTo(asked, question)
      } finally {
        running.delete(asked)
      }
    },
    close() {
      for (const asked of running) asked.destroy(new Error('the client is closed'))
      plain.agent.destroy()
      secure.agent.destroy()
    },
  }
}

/** Sends the body, too: from here on, nothing that the request can emit is missed. */
function answerTo(asked: ClientRequest, question: HttpQuestion): Promise<HttpAnswer> {
  const { body, bytesMax, connectMs, idleMs, totalMs, signal, onPart } = question
  return new Promise<HttpAnswer>((resolve, reject) => {
    const timers: Partial<Record<'total' | 'next', NodeJS.Timeout>> = {}
    const limit = (timer: 'total' | 'next', ms: number | undefined, what: string): void => {
      clearTimeout(timers[timer])
      if (ms !== undefined) timers[timer] = setTimeout(() => fail(new Error(`${what} in ${ms} ms`)), ms)
    }
    const end = (settle: () => void): void => {
      clearTimeout(timers.total)
      clearTimeout(timers.next)
      signal?.removeEventListener('abort', leave)
      settle()
    }
    const fail = (error: Error): void => {
      end(() => reject(error))
      asked.destroy()
    }
    // Kept for good, like that of the response: what is destroyed in mid-answer may emit errors later.
    asked.on('error', fail)
    asked.on('upgrade', (_, socket) => {
      socket.destroy()
      fail(new Error('another protocol in answer'))
    })
    // Node's own handling of a signal would tell the caller a turn of the event loop later.
    const leave = (): void => fail(signal!.reason)
    if (signal?.aborted) return leave()
    signal?.addEventListener('abort', leave)
    limit('total', totalMs, 'no whole answer')
    asked.on('socket', socket => {
      const connected = (): void => limit('next', idleMs, 'no answer')
      if (!socket.connecting) return connected()
      limit('next', connectMs, 'no connection')
      socket.once('connect', connected)
    })
    asked.on('response', response => {
      const { headers } = response
      const status = response.statusCode!
      const { socket } = response
      const parts: Buffer[] = []
      let bytes = 0
      const answer = (body: Buffer | undefined): HttpAnswer => {
        return { status, headers, body, receivedBytes: socket.bytesRead }
      }
      const tooLong = (): void => {
        end(() => resolve(answer(undefined)))
        asked.destroy()
      }
      response.on('error', fail)
      response.on('end', () => end(() => resolve(answer(Buffer.concat(parts)))))
      if (Number(response.headers['content-length'] ?? 0) > bytesMax) return tooLong()
      response.on('data', (part: Buffer) => {
        timers.next?.refresh()
        bytes += part.length
        if (bytes > bytesMax) return tooLong()
        if (onPart && status === 200) onPart(part)
        else parts.push(part)
      })
    })
    asked.end(body)
  })
}
