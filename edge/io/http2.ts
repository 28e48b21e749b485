// A socket that speaks HTTP/2: the session machine below, the ingress above, and nothing pulled that nobody takes.
//
// Frames of one turn of the event loop go out in one write. Each answer pulls its next chunk only when its own
// window, that of the connection and the socket have room, so that a client that reads slowly costs a chunk for
// each answer, and those that share a connection take turns.

import type { Socket } from 'node:net'
import { codes } from '../http2/frames.ts'
import { ofConnections } from '../http2/request.ts'
import { Session, type Told } from '../http2/session.ts'
import type { Field, IngressResponse } from '../message.ts'
import { areSendable } from '../sendable.ts'
import {
  type Caller,
  type Context,
  type Conversation,
  callerOf,
  clientGone,
  Exchange,
  refusal,
} from './exchange.ts'
import { Incoming } from './incoming.ts'
import { copyBytesMax } from './outbox.ts'
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
  /** Whether the head of its answer is out. */
  headed: boolean
  /** Called when there may be room again, or there will never be. */
  wake: (() => void) | undefined
}

export class Http2Conversation implements Conversation {
  readonly #context: Context
  readonly #socket: Socket
  readonly #caller: Caller
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
    this.#caller = callerOf(context, socket, secure)
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
    const exchange = new Exchange(this.#context, this.#caller, {
      ...{ method, target, fields, version: '2', body: incoming.body },
      trailers: () => incoming.trailers,
      interim: (status, more) => this.#interim(stream, status, more),
    })
    const answering: Answering = { exchange, incoming, headed: false, wake: undefined }
    const { response } = exchange
    if (!(response instanceof Promise) && this.#sendNow(stream, method, response)) {
      exchange.done()
      this.#session.done()
      return
    }
    this.#streams.set(stream, answering)
    void this.#answer(stream, method, answering)
  }

  /** RFC 9110 §10.1.1: whoever asks first is told when somebody wants the body. */
  #continue(stream: number, fields: readonly Field[]): void {
    if (!fields.some(([key, value]) => key === 'expect' && value.toLowerCase() === '100-continue')) return
    this.#session.respond(stream, [[':status', '100']], false)
    this.#flush()
  }

  #interim(stream: number, status: number, fields: readonly Field[]): void {
    if (status < 102 || status > 199 || !areSendable(fields) || this.#streams.get(stream)?.headed) return
    this.#session.respond(stream, headFields({ status, fields }), false)
    this.#flush()
  }

  /** False for an answer that takes more than one step, or room that is not there. */
  #sendNow(stream: number, method: string, response: IngressResponse): boolean {
    const { sizeBytes, trailers } = response
    const body = method === 'HEAD' ? undefined : response.body
    const isSmall = body instanceof Uint8Array && body.length === sizeBytes && body.length <= copyBytesMax
    if (trailers !== undefined || !(body === undefined || isSmall)) return false
    const bytes = body as Uint8Array | undefined
    if (this.#socket.writableNeedDrain || this.#session.room(stream) < (bytes?.length ?? 0)) return false
    const ends = bytes === undefined || bytes.length === 0
    this.#session.respond(stream, headOf(response), ends)
    if (!ends) this.#session.send(stream, bytes, true)
    this.#flush()
    return true
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
    const { body, sizeBytes, trailers } = response
    const bytes = body ?? new Uint8Array(0)
    const isWhole = bytes instanceof Uint8Array && trailers === undefined
    const ends = isWhole && bytes.length === 0
    if (answering !== undefined) answering.headed = true
    this.#session.respond(stream, headOf(response), ends)
    if (ends) this.#flush()
    else if (isWhole && (answering === undefined || bytes.length === sizeBytes))
      await this.#push(stream, bytes, true, answering, Math.min(bytes.length, stepBytes))
    else await this.#stream(stream, response, answering!)
  }

  async #stream(stream: number, response: IngressResponse, answering: Answering): Promise<void> {
    const chunks = answering.exchange.chunks(response)
    // The first part of a stream of events may be minutes away, and its reader waits for the head.
    setImmediate(() => this.#flush())
    let last: Uint8Array = new Uint8Array(0)
    let leftBytes = response.sizeBytes ?? Number.POSITIVE_INFINITY
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      leftBytes -= chunk.length
      // What completes the body waits for its source to end: one that says more is cut, not believed.
      if (leftBytes === 0) last = chunk
      else if (!(await this.#push(stream, chunk, false, answering))) return
    }
    const trailers = response.trailers?.() ?? []
    const ends = trailers.length === 0
    if ((ends || last.length > 0) && !(await this.#push(stream, last, ends, answering))) return
    if (!ends) this.#session.respond(stream, lowered(trailers), true)
    this.#flush()
  }

  /**
   * Resolves when there is room for more, with false when nobody waits for it any longer. `heldBytes` are ours while
   * it waits: of a body in memory no more than a step.
   */
  async #push(
    stream: number,
    bytes: Uint8Array,
    ends: boolean,
    answering: Answering | undefined,
    heldBytes = bytes.length,
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
      if (!(await this.#room(answering, heldBytes))) {
        this.#session.reset(stream, codes.enhanceYourCalm)
        return false
      }
      if (at === bytes.length) return answering.exchange.reason === undefined
    }
  }

  /** What waits for slow readers is bounded in all: false, at once, for those who have most of it. */
  async #room(answering: Answering, heldBytes: number): Promise<boolean> {
    const { waiting, meter } = this.#context
    const { network } = this.#caller
    if (!waiting.enter(network, heldBytes)) {
      meter.count('http.crammed')
      return false
    }
    await new Promise<void>(resolve => {
      answering.wake = resolve
    })
    answering.wake = undefined
    waiting.leave(network, heldBytes)
    return true
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
    } else if (this.#session.drained) this.#end()
  }

  /** A client that does not go when it has all is not waited for. */
  #end(): void {
    if (this.#socket.writableEnded) return
    const cancel = this.#context.clock.after(this.#context.limits.lingerMs, () => this.#socket.destroy())
    this.#socket.once('close', cancel).end()
  }

  #closed(): void {
    for (const { exchange, incoming, wake } of [...this.#streams.values()]) {
      exchange.abandon()
      incoming.fail(clientGone())
      wake?.()
    }
  }
}

/** The heads of ready-made answers. */
const ready = new WeakMap<IngressResponse, readonly Field[]>()

/** Of an answer that may have been made before. */
function headOf(response: IngressResponse): readonly Field[] {
  if (!response.isReady) return headFields(response)
  let head = ready.get(response)
  if (head === undefined) ready.set(response, (head = headFields(response)))
  return head
}

function headFields({ status, fields }: Pick<IngressResponse, 'status' | 'fields'>): Field[] {
  // §8.2.2: what an answer may say of its connection has no place here.
  const sent = fields.filter(([name]) => !ofConnections.has(name.toLowerCase()))
  return [[':status', String(status)], ...lowered(sent)]
}

function lowered(fields: readonly Field[]): Field[] {
  return fields.map(([name, value]) => [name.toLowerCase(), value] as const)
}
