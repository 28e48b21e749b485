// A socket that speaks HTTP/2: the session machine below, the ingress above, and nothing pulled that nobody takes.
//
// Frames of one turn of the event loop go out in one write. Each answer pulls its next chunk only when its own
// window, that of the connection and the socket have room, so that a client that reads slowly costs a chunk for
// each answer, and those that share a connection take turns.

import type { Socket } from 'node:net'
import { codes } from '../http2/frames.ts'
import { Session, type Told } from '../http2/session.ts'
import type { Field, IngressResponse } from '../message.ts'
import {
  begin,
  type Context,
  type Conversation,
  clientGone,
  type Exchange,
  promised,
  refusal,
} from './exchange.ts'
import { Incoming } from './incoming.ts'
import { Pace } from './pace.ts'

/** What a client may upload before somebody has read it: a stream at 100 ms does 20 Mbit/s, all together 80. */
const streamWindowBytes = 256 * 1024
const windowBytes = 1024 * 1024
/** A browser that leaves a page resets up to a hundred streams at once. */
const calm = { burst: 2000, perS: 200 }
/** What of a body in memory is made frames at a time: whatever window a client opens, no more of it is copied. */
const stepBytes = 64 * 1024
/** Past this much unwritten the client does not read: then we do not read either. */
const backlogBytesMax = 1024 * 1024

interface Answering {
  readonly exchange: Exchange
  readonly incoming: Incoming
  /** Called when there may be room again, or there will never be. */
  wake: (() => void) | undefined
}

export class Http2Conversation implements Conversation {
  readonly #context: Context
  readonly #socket: Socket
  readonly #secure: boolean
  readonly #client: string
  readonly #session: Session
  readonly #pace: Pace
  readonly #streams = new Map<number, Answering>()
  #requests = 0
  #flushing = false
  #leaving = false

  constructor(context: Context, socket: Socket, secure: boolean) {
    const { limits, clock } = context
    this.#context = context
    this.#socket = socket
    this.#secure = secure
    this.#client = socket.remoteAddress ?? ''
    const bounds = {
      streamsMax: limits.streamsMax,
      headBytesMax: limits.headBytesMax,
      fieldsMax: limits.fieldsMax,
    }
    this.#session = new Session({ ...bounds, streamWindowBytes, windowBytes, calm }, clock.now())
    this.#pace = new Pace(limits, clock.now())
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('drain', () => this.#wakeAll())
    socket.on('end', () => socket.end())
    socket.once('close', () => this.#closed())
    this.#flush()
  }

  drain(): void {
    this.#leaving = true
    this.#session.drain()
    this.#flush()
  }

  sweep(now: number): void {
    const { midway, open } = this.#session
    for (const { exchange } of this.#streams.values()) exchange.sweep(now)
    const uploads = [...this.#streams.values()].some(({ incoming }) => !incoming.ended)
    this.#pace.enter(midway ? 'head' : uploads ? 'body' : open > 0 ? 'answer' : 'idle', now)
    const waits =
      this.#socket.writableNeedDrain || [...this.#streams.values()].some(({ wake }) => wake !== undefined)
    const sent = this.#socket.bytesWritten - this.#socket.writableLength
    const late = this.#pace.overdue(now, waits, sent)
    if (late === undefined) return
    this.#context.meter.count(late === 'idle' ? 'http.idle' : 'http.slow')
    // Told once that it ends, a client has as long again to say that it heard.
    if (late !== 'idle' || this.#leaving) this.#socket.destroy()
    else this.drain()
  }

  #receive(bytes: Buffer): void {
    for (const told of this.#session.receive(bytes, this.#context.clock.now())) this.#hear(told)
    this.#flush()
    if (this.#socket.writableLength > backlogBytesMax) this.#socket.pause()
  }

  #hear(told: Told): void {
    if (told.kind === 'request') {
      this.#request(told)
      return
    }
    const answering = this.#streams.get(told.stream)
    if (told.kind === 'data') {
      if (answering === undefined) this.#session.consumed(told.stream, told.bytes.length)
      // A copy: a slice would keep all that came with it.
      else answering.incoming.push(Uint8Array.from(told.bytes))
    } else if (told.kind === 'ended') {
      answering?.incoming.end(told.trailers)
    } else if (told.kind === 'reset') {
      answering?.exchange.abandon()
      answering?.incoming.fail(clientGone())
      answering?.wake?.()
    } else if (told.stream === 0) {
      this.#wakeAll()
    } else {
      answering?.wake?.()
    }
  }

  #request({ stream, head }: Told & { kind: 'request' }): void {
    const { limits } = this.#context
    if (++this.#requests >= limits.requestsPerConnectionMax || this.#context.closing) this.#session.drain()
    if (head === undefined) {
      this.#session.done()
      void this.#send(stream, refusal(431, 'That request cannot be read', 'The request has too many fields.'))
      return
    }
    const incoming = new Incoming({
      asked: () => this.#continue(stream, head.fields),
      taken: bytes => {
        this.#session.consumed(stream, bytes)
        this.#flush()
      },
    })
    const { method, target, fields } = head
    const from = { version: '2', secure: this.#secure, client: this.#client } as const
    const body = { body: incoming.body, trailers: () => incoming.trailers }
    const exchange = begin(this.#context, { method, target, fields, ...from, ...body })
    const answering: Answering = { exchange, incoming, wake: undefined }
    this.#streams.set(stream, answering)
    void this.#answer(stream, method, answering)
  }

  /** RFC 9110 §10.1.1: whoever asks first is told when somebody wants the body. */
  #continue(stream: number, fields: readonly Field[]): void {
    if (!fields.some(([key, value]) => key === 'expect' && value.toLowerCase() === '100-continue')) return
    this.#session.respond(stream, [[':status', '100']], false)
    this.#flush()
  }

  /** Never rejects. */
  async #answer(stream: number, method: string, answering: Answering): Promise<void> {
    const { exchange } = answering
    const { meter, log } = this.#context
    try {
      const response = await exchange.response
      await this.#send(stream, method === 'HEAD' ? { ...response, body: undefined } : response, answering)
    } catch (error) {
      meter.count(exchange.reason !== undefined ? 'http.left' : 'http.cut')
      if (exchange.reason === undefined) log.warn({ err: error }, 'an answer was cut')
      this.#session.reset(stream, codes.internalError)
    } finally {
      exchange.done()
      this.#session.done()
      this.#streams.delete(stream)
      this.#flush()
    }
  }

  async #send(stream: number, response: IngressResponse, answering?: Answering): Promise<void> {
    const { status, fields, body } = response
    const trailers = response.trailers
    const head: Field[] = [[':status', String(status)]]
    for (const [key, value] of fields)
      if (!ofConnections.has(key.toLowerCase())) head.push([key.toLowerCase(), value])
    const empty = body === undefined || (body instanceof Uint8Array && body.length === 0)
    this.#session.respond(stream, head, empty && trailers === undefined)
    if (empty && trailers === undefined) {
      this.#flush()
      return
    }
    if (body instanceof Uint8Array && trailers === undefined) {
      await this.#push(stream, body, true, answering)
      return
    }
    for await (const chunk of promised(response)) {
      if (!(await this.#push(stream, chunk, false, answering))) return
    }
    const last = trailers?.() ?? []
    if (last.length === 0) this.#session.send(stream, new Uint8Array(0), true)
    else
      this.#session.respond(
        stream,
        last.map(([key, value]) => [key.toLowerCase(), value] as const),
        true,
      )
    this.#flush()
  }

  /** Resolves when there is room for more, with false when nobody waits for it any longer. */
  async #push(
    stream: number,
    bytes: Uint8Array,
    ends: boolean,
    answering: Answering | undefined,
  ): Promise<boolean> {
    for (let at = 0; ; ) {
      const part = bytes.subarray(at, at + stepBytes)
      const sent = this.#session.send(stream, part, ends && at + part.length === bytes.length)
      at += sent
      if (at === bytes.length) this.#flush()
      else this.#write()
      const onward = at < bytes.length && sent === part.length && !this.#socket.writableNeedDrain
      if (onward && !this.#socket.destroyed) continue
      if (at === bytes.length && (ends || !this.#socket.writableNeedDrain)) return true
      if (answering === undefined || answering.exchange.reason !== undefined || this.#socket.destroyed) {
        this.#session.reset(stream)
        return false
      }
      await new Promise<void>(resolve => {
        answering.wake = resolve
      })
      answering.wake = undefined
      if (at === bytes.length) return answering.exchange.reason === undefined
    }
  }

  #wakeAll(): void {
    if (this.#socket.isPaused()) this.#socket.resume()
    for (const { wake } of [...this.#streams.values()]) wake?.()
  }

  /** Writes at the end of this turn of the loop what all of it has to say. */
  #flush(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#write()
    })
  }

  #write(): void {
    const parts = this.#session.take()
    if (this.#socket.destroyed) return
    if (parts.length > 0) this.#socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
    if (this.#session.ended !== undefined) {
      this.#context.meter.count('http.malformed')
      this.#socket.destroySoon()
    } else if (this.#session.drained) this.#socket.end()
  }

  #closed(): void {
    for (const { exchange, incoming, wake } of [...this.#streams.values()]) {
      exchange.abandon()
      incoming.fail(clientGone())
      wake?.()
    }
  }
}

/** RFC 9113 §8.2.2: what an HTTP/1.1 answer may say of its connection has no place here. */
const ofConnections = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])
