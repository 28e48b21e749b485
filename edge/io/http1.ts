// A socket that speaks HTTP/1: requests from the reader below, answers from the ingress above, one at a time.
//
// What is there at once goes out in the turn of the event loop in which it was asked for, with whatever else that turn
// has to say. What is unusual ends the connection rather than being understood: a body that nobody read, an answer of
// unknown length under HTTP/1.0, a head that is none. Closing is slow on purpose (linger.ts).

import type { Socket } from 'node:net'
import { Fault } from '../../base/fault.ts'
import { noBody } from '../body.ts'
import type { Head, Refused } from '../http1/head.ts'
import { Http1Reader, type Told } from '../http1/reader.ts'
import type { Field, IngressResponse, Tunnel } from '../message.ts'
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
import { connectionLines, endText, headOf, headText } from './http1-text.ts'
import { Incoming } from './incoming.ts'
import { linger } from './linger.ts'
import { copyBytesMax, Outbox } from './outbox.ts'
import { Pace, type Phase } from './pace.ts'

/** What may be read ahead of whoever takes it: a body's next part, or requests that wait for their turn. */
const aheadBytesMax = 64 * 1024
/** What of a body in memory is written at a time: TLS would hold a copy of all that it is given. */
const stepBytes = 256 * 1024

const noTrailers = (): readonly Field[] => []

interface Turn {
  readonly head: Head
  /** Undefined when the head was all. */
  readonly incoming: Incoming | undefined
  readonly exchange: Exchange
  /** The rest of its body is none. */
  refused: Refused | undefined
}

export class Http1Conversation implements Conversation {
  readonly #context: Context
  readonly #socket: Socket
  readonly #caller: Caller
  readonly #reader: Http1Reader
  readonly #outbox: Outbox
  readonly #pace: Pace
  #turn: Turn | undefined
  /** Whether the head of the present answer has gone out. */
  #headed = false
  #version: Head['version'] = '1.1'
  #aheadBytes = 0
  #requests = 0
  #wake: (() => void) | undefined
  #state: 'open' | 'closing' | 'tunnel' = 'open'

  constructor(context: Context, socket: Socket, secure: boolean) {
    this.#context = context
    this.#socket = socket
    this.#caller = callerOf(context, socket, secure)
    this.#reader = new Http1Reader(context.limits)
    this.#outbox = new Outbox(socket, secure)
    this.#pace = new Pace(context.limits, context.clock.now())
    socket.on('data', this.#onData)
    socket.on('drain', () => this.#wake?.())
    socket.on('end', this.#onEnd)
    socket.once('close', () => this.#closed())
  }

  drain(): void {
    if (this.#turn === undefined && this.#state === 'open') void this.#close()
  }

  sweep(now: number): void {
    if (this.#state !== 'open') return
    this.#turn?.exchange.sweep(now)
    this.#pace.enter(this.#phase(), now)
    const sent = this.#socket.bytesWritten - this.#socket.writableLength
    const late = this.#pace.overdue(now, this.#socket.writableNeedDrain, sent)
    if (late === undefined) return
    this.#context.meter.count(late === 'idle' ? 'http.idle' : late === 'parting' ? 'http.left' : 'http.slow')
    if (late === 'idle') void this.#close()
    else if (late === 'head' && this.#reader.begun)
      void this.#refuse(408, 'The request did not come to its end.')
    else this.#socket.destroy()
  }

  #phase(): Phase {
    const turn = this.#turn
    if (turn?.incoming?.ended === false) return 'body'
    if (turn !== undefined) return this.#socket.readableEnded ? 'parting' : 'answer'
    return this.#requests > 0 && !this.#reader.begun ? 'idle' : 'head'
  }

  readonly #onData = (bytes: Buffer): void => {
    try {
      this.#hear(this.#reader.receive(bytes))
      this.#onward()
    } finally {
      this.#outbox.flush()
    }
  }

  /** A client that has said all may still hear all while it goes on; most that say so have gone. */
  readonly #onEnd = (): void => {
    const turn = this.#turn
    if (turn === undefined) this.#socket.end(() => this.#socket.destroy())
    else if (turn.incoming?.ended === false) this.#socket.destroy()
  }

  #holdBack(): void {
    const much = this.#aheadBytes > aheadBytesMax || this.#reader.heldBytes > aheadBytesMax
    if (much) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }

  #hear(told: readonly Told[]): void {
    for (const one of told) {
      if (one.kind === 'head') this.#begin(one.head)
      else if (one.kind === 'data') {
        this.#aheadBytes += one.bytes.length
        this.#turn?.incoming?.push(one.bytes)
      } else if (one.kind === 'ended') this.#turn?.incoming?.end(one.trailers)
      else {
        this.#context.meter.count('http.malformed')
        this.#break(one.refused)
      }
    }
  }

  /** On to the requests that wait, for as long as they are answered at once. */
  #onward(): void {
    while (this.#turn === undefined && this.#state === 'open' && this.#reader.waits) {
      if (this.#socket.destroyed) return
      this.#hear(this.#reader.next())
    }
    this.#holdBack()
  }

  #break(refused: Refused): void {
    const turn = this.#turn
    if (turn === undefined) {
      void this.#refuse(refused.status, refused.message)
      return
    }
    turn.refused = refused
    turn.incoming?.fail(new Fault('bytes/malformed', refused.message))
  }

  #begin(head: Head): void {
    this.#requests++
    this.#headed = false
    this.#version = head.version
    const incoming = head.body === 0 ? undefined : this.#incoming(head.asksFirst)
    const { method, target, version, fields } = head
    const exchange = new Exchange(this.#context, this.#caller, {
      ...{ method, target, version, fields, interim: this.#interim },
      body: incoming?.body ?? noBody,
      trailers: incoming === undefined ? noTrailers : () => incoming.trailers,
    })
    const turn = { head, incoming, exchange, refused: undefined }
    this.#turn = turn
    this.#pace.enter('answer', exchange.begunAt)
    const { response } = exchange
    // A body that is here in part is heard to its end first: an answer may come before it was wanted.
    if (response instanceof Promise || incoming !== undefined || !this.#sendNow(turn, response))
      void this.#answer(turn)
  }

  #incoming(asksFirst: boolean): Incoming {
    const incoming = new Incoming({
      asked: () => {
        if (asksFirst && !incoming.ended) this.#say('HTTP/1.1 100 Continue\r\n\r\n')
      },
      taken: bytes => {
        this.#aheadBytes -= bytes
        this.#holdBack()
      },
    })
    return incoming
  }

  readonly #interim = (status: number, fields: readonly Field[]): void => {
    const isPassed = status > 101 && status < 200 && this.#version === '1.1'
    if (isPassed && areSendable(fields)) this.#say(headText({ status, fields }, ''))
  }

  /** Before the head of an answer. */
  #say(text: string): void {
    if (this.#headed || this.#socket.writableEnded || this.#socket.destroyed) return
    this.#outbox.add(text)
    this.#outbox.flush()
  }

  /** False for an answer that takes more than one write, or room that is not there. */
  #sendNow(turn: Turn, response: IngressResponse): boolean {
    const { body, sizeBytes, tunnel } = response
    const isSmall = body instanceof Uint8Array && body.length === sizeBytes && body.length <= copyBytesMax
    if (tunnel !== undefined || !(body === undefined || isSmall)) return false
    if (this.#socket.writableNeedDrain || this.#socket.destroyed) return false
    const last = this.#isLast(turn, response)
    const isMute = mute(turn.head, response)
    this.#outbox.add(
      headOf(response, connectionLines(turn.head, false, last)),
      isMute ? undefined : (body as Uint8Array),
    )
    this.#over(turn, last)
    return true
  }

  /** Never rejects. */
  async #answer(turn: Turn): Promise<void> {
    const { exchange, incoming, head } = turn
    const { meter, log } = this.#context
    let last = true
    try {
      let response = await exchange.response
      if (turn.refused !== undefined) response = unreadable(turn.refused.status, turn.refused.message)
      if (this.#socket.destroyed) return
      if (response.tunnel !== undefined && response.status === 101)
        return await this.#tunnel(response, response.tunnel)
      last = this.#isLast(turn, response)
      const whole = await this.#send(turn, response, last)
      // A body that nobody read would be taken for the next request, or read to its end for nothing.
      last ||= !whole || incoming?.ended === false || turn.refused !== undefined
    } catch (error) {
      const left = exchange.reason !== undefined
      meter.count(left ? 'http.left' : 'http.cut')
      if (!left) log.warn({ err: error, target: head.target }, 'an answer was cut')
      this.#socket.destroy()
    } finally {
      this.#over(turn, last)
      this.#onward()
      this.#outbox.flush()
    }
  }

  #over({ exchange }: Turn, last: boolean): void {
    exchange.done()
    this.#turn = undefined
    this.#aheadBytes = 0
    if (last || this.#context.closing || this.#socket.readableEnded) void this.#close()
  }

  #isLast({ head, incoming, refused }: Turn, { status, sizeBytes, body }: IngressResponse): boolean {
    const { closing, limits } = this.#context
    const endless = head.version === '1.0' && sizeBytes === undefined && body !== undefined
    // Whoever sends what cannot be read may mean its next octets in another way than we do, too.
    const doubtful = refused !== undefined || status === 400
    return (
      doubtful ||
      closing ||
      !head.persists ||
      incoming?.ended === false ||
      endless ||
      this.#requests >= limits.requestsPerConnectionMax
    )
  }

  /** Whether all went out; rejects with what the source throws. */
  async #send(turn: Turn, response: IngressResponse, last: boolean): Promise<boolean> {
    const { head } = turn
    const { body, sizeBytes } = response
    const isMute = mute(head, response)
    const chunked = !isMute && sizeBytes === undefined && body !== undefined && head.version === '1.1'
    const text = headText(response, connectionLines(head, chunked, last))
    if (isMute || body === undefined) return this.#put(text)
    if (!(body instanceof Uint8Array) || body.length !== sizeBytes)
      return this.#stream(turn, response, { text, chunked })
    let whole = await this.#put(text, body.subarray(0, stepBytes))
    for (let at = stepBytes; whole && at < body.length; at += stepBytes)
      whole = await this.#put('', body.subarray(at, at + stepBytes))
    return whole
  }

  async #stream(
    { head, exchange }: Turn,
    response: IngressResponse,
    { text, chunked }: { text: string; chunked: boolean },
  ): Promise<boolean> {
    const chunks = exchange.chunks(response)
    let before = text
    // The first part of a stream of events may be minutes away, and its reader waits for the head.
    const early = setImmediate(() => {
      this.#say(before)
      before = ''
    })
    try {
      for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
        clearImmediate(early)
        const size = chunked ? `${chunk.length.toString(16)}\r\n` : ''
        if (!(await this.#put(before + size, chunk))) return false
        before = chunked ? '\r\n' : ''
      }
    } finally {
      clearImmediate(early)
    }
    return this.#put(chunked ? before + endText(head, response.trailers) : before)
  }

  /** False, at once or later, when there never will be room for more. */
  #put(text: string, bytes?: Uint8Array): boolean | Promise<boolean> {
    if (this.#socket.destroyed) return false
    this.#headed = true
    if (bytes === undefined || bytes.length <= copyBytesMax) {
      this.#outbox.add(text, bytes)
      this.#outbox.flush()
    } else {
      this.#outbox.flush()
      this.#socket.cork()
      if (text !== '') this.#socket.write(text, 'latin1')
      this.#socket.write(bytes)
      this.#socket.uncork()
    }
    return this.#socket.writableNeedDrain ? this.#room() : true
  }

  /** What waits for slow readers is bounded in all: past it, those who have most are cut. */
  async #room(): Promise<boolean> {
    const { waiting, meter } = this.#context
    const { network } = this.#caller
    const bytes = this.#socket.writableLength
    if (!waiting.enter(network, bytes)) {
      meter.count('http.crammed')
      this.#socket.destroy()
      return false
    }
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = undefined
    waiting.leave(network, bytes)
    return !this.#socket.destroyed
  }

  async #refuse(status: number, what: string): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    const response = unreadable(status, what)
    await this.#put(headText(response, 'Connection: close\r\n'), response.body as Uint8Array)
    await this.#close()
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    const socket = this.#socket
    this.#outbox.flush()
    if (socket.destroyed || socket.writableEnded) return
    socket.off('data', this.#onData).off('end', this.#onEnd)
    await linger(socket, this.#context.clock, this.#context.limits.lingerMs)
  }

  /** From here on the connection belongs to the tunnel (RFC 9110 §7.8). */
  async #tunnel(response: IngressResponse, tunnel: Tunnel): Promise<void> {
    this.#state = 'tunnel'
    const socket = this.#socket
    socket.off('data', this.#onData).off('end', this.#onEnd)
    const incoming = this.#incoming(false)
    const onData = (bytes: Buffer): void => {
      this.#aheadBytes += bytes.length
      incoming.push(bytes)
      this.#holdBack()
    }
    socket.on('data', onData).once('end', () => incoming.end())
    socket.once('close', () => incoming.end())
    await this.#put(headText(response, 'Connection: Upgrade\r\n'))
    const rest = this.#reader.rest()
    if (rest.length > 0) onData(rest)
    for await (const chunk of tunnel(incoming.body)) if (!(await this.#put('', chunk))) break
  }

  #closed(): void {
    this.#turn?.exchange.abandon()
    this.#turn?.incoming?.fail(clientGone())
    this.#wake?.()
  }
}

function unreadable(status: number, what: string): IngressResponse {
  return refusal(status, 'That request cannot be read', what)
}

/** Whether no content follows, whatever the fields say (RFC 9112 §6.3). */
function mute({ method }: Head, { status }: IngressResponse): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}
