// One connection of HTTP/2, server side, as a machine: octets in, what they mean out (RFC 9113).
//
// It knows no socket and no clock. `receive` gives what the client told; `respond`, `send` and `reset` add frames
// to `take()`. Every answer to a wrong frame is the RFC's own: a stream error is RST_STREAM, a connection error
// GOAWAY and `ended`. A machine of our own, because node:http2 hides the frames: it fails seven of the field's
// 146 checks, knows neither this budget of floods (calm.ts) nor which request a stall belongs to.

import type { Field } from '../message.ts'
import { Allowance } from './allowance.ts'
import { Calm, type CalmOptions, resetCost } from './calm.ts'
import {
  codes,
  flags,
  frame,
  frameBytesDefault,
  frameHead,
  frameTypes,
  settings,
  settingsFrame,
  windowDefault,
  windowMax,
  words,
} from './frames.ts'
import { CompressionError, Decoder, Encoder } from './hpack.ts'
import { ConnectionError, type Got, Reader } from './reader.ts'
import { areRegular, type RequestHead, readRequest } from './request.ts'
import { newStream, type Stream, takeData } from './stream.ts'

export type Told =
  /** `head` is undefined when its fields were too many: 431. */
  | { readonly kind: 'request'; readonly stream: number; readonly head: RequestHead | undefined }
  | { readonly kind: 'data'; readonly stream: number; readonly bytes: Buffer }
  | { readonly kind: 'ended'; readonly stream: number; readonly trailers: readonly Field[] }
  /** Nobody waits for this answer any more. */
  | { readonly kind: 'reset'; readonly stream: number }
  /** More may be sent on this stream; 0 for all. */
  | { readonly kind: 'room'; readonly stream: number }

export interface SessionOptions {
  readonly streamsMax: number
  /** What a client may send on a stream, and on all together, before somebody has read it. */
  readonly streamWindowBytes: number
  readonly windowBytes: number
  /** Of a block of fields, on the wire and unpacked. */
  readonly headBytesMax: number
  readonly fieldsMax: number
  readonly calm: CalmOptions
}

/** What became of streams that are gone, for the newest of them; older ones are simply closed (§5.1). */
const rememberedMax = 256

export class Session {
  readonly #options: SessionOptions
  readonly #reader: Reader
  readonly #decoder: Decoder
  readonly #encoder = new Encoder()
  readonly #calm: Calm
  readonly #streams = new Map<number, Stream>()
  readonly #gone = new Map<number, 'ended' | 'reset' | 'dropped'>()
  #out: Uint8Array[]
  #told: Told[] = []
  #now = 0
  #greeted = false
  #newest = 0
  #working = 0
  #sendWindow = windowDefault
  readonly #allowance: Allowance
  #streamWindow = windowDefault
  #draining: 'no' | 'announced' | 'yes' = 'no'
  /** After GOAWAY for an error: write what is left, then close. Says what was wrong. */
  ended: string | undefined

  constructor(options: SessionOptions, now: number) {
    this.#options = options
    this.#reader = new Reader(options.headBytesMax)
    this.#decoder = new Decoder({ listBytesMax: options.headBytesMax, fieldsMax: options.fieldsMax })
    this.#calm = new Calm(options.calm, now)
    this.#allowance = new Allowance(options.windowBytes)
    const ours = {
      [settings.maxConcurrentStreams]: options.streamsMax,
      [settings.initialWindowSize]: options.streamWindowBytes,
      [settings.maxHeaderListSize]: options.headBytesMax,
    }
    const more = options.windowBytes - windowDefault
    this.#out = [settingsFrame(ours), frame(frameTypes.windowUpdate, 0, 0, words(more))]
  }

  /** Streams that are open in either direction. */
  get open(): number {
    return this.#streams.size
  }

  /** Whether something was begun that the client must go on with: the greeting, a frame or a block of fields. */
  get midway(): boolean {
    return this.#reader.midway
  }

  /** What is to be written, in order; each part once. */
  take(): Uint8Array[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** `now` in ms. What follows an error is ignored. */
  receive(bytes: Buffer, now: number): Told[] {
    this.#now = now
    if (this.ended !== undefined) return []
    try {
      this.#reader.read(bytes, got => this.#take(got))
    } catch (error) {
      this.#end(error)
    }
    const told = this.#told
    this.#told = []
    return told
  }

  /** Fields of an answer, names in lower case; with `ends` there is no body. Nothing happens once it is reset. */
  respond(id: number, fields: readonly Field[], ends: boolean): void {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.localEnded) return
    const block = this.#encoder.encode(fields)
    const marks = ends ? flags.endStream : 0
    for (let at = 0; at === 0 || at < block.length; at += frameBytesDefault) {
      const part = block.subarray(at, at + frameBytesDefault)
      const last = at + part.length >= block.length ? flags.endHeaders : 0
      const type = at === 0 ? frameTypes.headers : frameTypes.continuation
      this.#out.push(frameHead(part.length, type, last | (at === 0 ? marks : 0), id), part)
    }
    if (ends) this.#localEnd(stream)
  }

  /** How much may be sent on a stream now, in octets; below zero where a window was made smaller, or it is gone. */
  room(id: number): number {
    return Math.min(this.#sendWindow, this.#streams.get(id)?.sendWindow ?? -1)
  }

  /** How many of `bytes` the windows took; `ends` counts when they took all. */
  send(id: number, bytes: Uint8Array, ends: boolean): number {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.localEnded) return bytes.length
    let at = 0
    do {
      const room = Math.min(this.#sendWindow, stream.sendWindow, frameBytesDefault)
      if (room <= 0 && bytes.length > 0) return at
      const part = bytes.subarray(at, at + room)
      at += part.length
      const last = ends && at === bytes.length
      this.#out.push(frameHead(part.length, frameTypes.data, last ? flags.endStream : 0, id), part)
      stream.sendWindow -= part.length
      this.#sendWindow -= part.length
      if (part.length >= 1024) this.#calm.earn()
      if (last) this.#localEnd(stream)
    } while (at < bytes.length)
    return at
  }

  reset(id: number, code: number = codes.cancel): void {
    if (this.#streams.has(id)) this.#reset(id, code)
  }

  /** The work for a request is over, whatever became of its stream. */
  done(): void {
    this.#working--
  }

  /** So many octets of a body were read by whoever wanted them: the client may send as many more. */
  consumed(id: number, bytes: number): void {
    this.#giveBack(bytes)
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.remoteEnded) return
    this.#widen(id, stream.allowance.giveBack(bytes))
  }

  /**
   * §6.8: says that the end is near, and a round trip later, when no more requests can be under way, which was
   * the last.
   */
  drain(): void {
    if (this.#draining !== 'no' || this.ended !== undefined) return
    this.#draining = 'announced'
    this.#out.push(frame(frameTypes.goaway, 0, 0, words(windowMax, codes.noError)))
    this.#out.push(frame(frameTypes.ping, 0, 0, Buffer.from('draining')))
  }

  /** Nothing more will come of this connection. */
  get drained(): boolean {
    return this.#draining === 'yes' && this.#streams.size === 0
  }

  #take(got: Got): void {
    switch (got.type) {
      case 'data':
        this.#data(got)
        break
      case 'headers':
        this.#fields(got)
        break
      case 'priority':
        this.#spend(1)
        if (got.dependsOnItself) this.#reset(got.stream, codes.protocolError)
        break
      case 'rstStream':
        this.#refuseIdle(got.stream)
        // Behind an answer that is out it undoes no work: curl sends one behind most of them.
        if (this.#gone.get(got.stream) !== 'ended') this.#spend(this.#streams.has(got.stream) ? resetCost : 1)
        this.#forget(got.stream, 'reset')
        break
      case 'settings':
        this.#settings(got)
        break
      case 'ping':
        this.#ping(got)
        break
      case 'windowUpdate':
        this.#windowUpdate(got)
        break
      default:
        this.#spend(1)
    }
  }

  #data({ stream: id, bytes, flowBytes, ends }: Got & { type: 'data' }): void {
    this.#refuseIdle(id)
    if (!this.#allowance.take(flowBytes))
      throw new ConnectionError(codes.flowControlError, 'more than the window of the connection (§6.9)')
    if (bytes.length === 0 && !ends) this.#spend(1)
    const stream = this.#streams.get(id)
    const error =
      stream === undefined || stream.remoteEnded ? 'late' : takeData(stream, bytes, flowBytes, ends)
    if (stream === undefined || error !== undefined) {
      this.#giveBack(flowBytes)
      if (stream === undefined || error === 'late') this.#late(id)
      else this.#reset(id, error!)
      return
    }
    if (bytes.length > 0) this.#told.push({ kind: 'data', stream: id, bytes })
    if (flowBytes > bytes.length) this.consumed(id, flowBytes - bytes.length)
    if (ends) this.#remoteEnd(stream, [])
  }

  /** A frame for a stream whose client has ended it: its error, unless we dropped the stream and it cannot know. */
  #late(id: number): void {
    if (this.#streams.has(id)) {
      this.#reset(id, codes.streamClosed)
      return
    }
    const how = this.#gone.get(id)
    if (how === undefined) throw new ConnectionError(codes.protocolError, 'a stream never opened (§5.1.1)')
    if (how !== 'dropped') throw new ConnectionError(codes.streamClosed, 'a closed stream (§5.1)')
    this.#spend(1)
  }

  #fields({ stream: id, block, ends, dependsOnItself }: Got & { type: 'headers' }): void {
    if (id % 2 === 0) throw new ConnectionError(codes.protocolError, 'not a stream for clients (§5.1.1)')
    // The table of fields is shared, so the block is read even when nobody wants it.
    const { fields, cut } = this.#decoder.decode(block)
    const stream = this.#streams.get(id)
    if (stream !== undefined && !stream.remoteEnded) {
      const whole = stream.got === (stream.expected ?? stream.got)
      if (ends && !cut && whole && areRegular(fields)) this.#remoteEnd(stream, fields)
      else this.#reset(id, codes.protocolError)
    } else if (id <= this.#newest) {
      this.#late(id)
    } else {
      this.#newest = id
      const head = cut ? undefined : readRequest(fields)
      const short = ends && (head?.sizeBytes ?? 0) !== 0
      // §6.8: after the last GOAWAY nothing more is taken, and may be tried elsewhere.
      if (this.#draining === 'yes') return
      if (this.#crowded()) this.#reset(id, codes.refusedStream)
      else if (dependsOnItself || short || (head === undefined && !cut)) this.#reset(id, codes.protocolError)
      else this.#begin(id, head, ends)
    }
  }

  /** Reset streams count until their work is over: that is what makes a rapid reset worth nothing. */
  #crowded(): boolean {
    const { streamsMax } = this.#options
    return this.#streams.size >= streamsMax || this.#working >= streamsMax * 2
  }

  #begin(id: number, head: RequestHead | undefined, ends: boolean): void {
    const windows = { send: this.#streamWindow, receive: this.#options.streamWindowBytes }
    const stream = newStream(id, windows, head?.sizeBytes)
    this.#streams.set(id, stream)
    this.#working++
    this.#told.push({ kind: 'request', stream: id, head })
    if (ends) this.#remoteEnd(stream, [])
  }

  #settings({ ack, values }: Got & { type: 'settings' }): void {
    if (this.#greeted) this.#spend(1 + values.length / 10)
    this.#greeted = true
    if (ack) return
    for (const [id, value] of values) this.#setting(id, value)
    this.#out.push(frame(frameTypes.settings, flags.ack, 0, Buffer.alloc(0)))
  }

  #setting(id: number, value: number): void {
    if (id === settings.headerTableSize) this.#encoder.resize(value)
    if (id === settings.enablePush && value > 1) throw new ConnectionError(codes.protocolError, 'ENABLE_PUSH')
    if (id === settings.maxFrameSize && (value < frameBytesDefault || value > 0xff_ffff))
      throw new ConnectionError(codes.protocolError, 'MAX_FRAME_SIZE (§6.5.2)')
    if (id !== settings.initialWindowSize) return
    if (value > windowMax) throw new ConnectionError(codes.flowControlError, 'INITIAL_WINDOW_SIZE (§6.5.2)')
    // §6.9.2: the windows of all streams move with it, perhaps below zero.
    for (const stream of this.#streams.values()) {
      stream.sendWindow += value - this.#streamWindow
      if (stream.sendWindow > windowMax)
        throw new ConnectionError(codes.flowControlError, 'a window past its bound (§6.9.2)')
    }
    this.#streamWindow = value
    this.#told.push({ kind: 'room', stream: 0 })
  }

  #ping({ ack, payload }: Got & { type: 'ping' }): void {
    this.#spend(1)
    if (!ack) this.#out.push(frame(frameTypes.ping, flags.ack, 0, payload))
    else if (this.#draining === 'announced') {
      this.#draining = 'yes'
      this.#out.push(frame(frameTypes.goaway, 0, 0, words(this.#newest, codes.noError)))
    }
  }

  #windowUpdate({ stream: id, more }: Got & { type: 'windowUpdate' }): void {
    this.#spend(1)
    if (id === 0) {
      if (more === 0) throw new ConnectionError(codes.protocolError, 'a window opened by nothing (§6.9)')
      this.#sendWindow += more
      if (this.#sendWindow > windowMax)
        throw new ConnectionError(codes.flowControlError, 'a window past its bound (§6.9.1)')
      this.#told.push({ kind: 'room', stream: 0 })
      return
    }
    this.#refuseIdle(id)
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.sendWindow += more
    if (more === 0) this.#reset(id, codes.protocolError)
    else if (stream.sendWindow > windowMax) this.#reset(id, codes.flowControlError)
    else this.#told.push({ kind: 'room', stream: id })
  }

  #refuseIdle(id: number): void {
    if (id === 0 || id % 2 === 0 || id > this.#newest)
      throw new ConnectionError(codes.protocolError, 'a stream that is not open yet (§5.1)')
  }

  #remoteEnd(stream: Stream, trailers: readonly Field[]): void {
    stream.remoteEnded = true
    this.#told.push({ kind: 'ended', stream: stream.id, trailers })
    if (stream.localEnded) this.#forget(stream.id, 'ended')
  }

  #localEnd(stream: Stream): void {
    stream.localEnded = true
    if (stream.remoteEnded) this.#forget(stream.id, 'ended')
    else this.#reset(stream.id, codes.noError) // §8.1: the rest of the body is not needed
  }

  #reset(id: number, code: number): void {
    this.#out.push(frame(frameTypes.rstStream, 0, id, words(code)))
    this.#forget(id, 'dropped')
    if (code !== codes.noError && code !== codes.cancel) this.#spend(resetCost)
  }

  #forget(id: number, how: 'ended' | 'reset' | 'dropped'): void {
    if (this.#streams.delete(id) && how !== 'ended') this.#told.push({ kind: 'reset', stream: id })
    this.#gone.set(id, how)
    if (this.#gone.size > rememberedMax) this.#gone.delete(this.#gone.keys().next().value!)
  }

  #giveBack(bytes: number): void {
    this.#widen(0, this.#allowance.giveBack(bytes))
  }

  #widen(id: number, more: number): void {
    if (more > 0) this.#out.push(frame(frameTypes.windowUpdate, 0, id, words(more)))
  }

  #spend(cost: number): void {
    if (!this.#calm.spend(cost, this.#now)) throw new ConnectionError(codes.enhanceYourCalm, 'a flood')
  }

  #end(error: unknown): void {
    const isOurs = error instanceof ConnectionError || error instanceof CompressionError
    if (!isOurs) throw error
    const code = error instanceof ConnectionError ? error.code : codes.compressionError
    this.ended = error.message
    this.#out.push(frame(frameTypes.goaway, 0, 0, words(this.#newest, code)))
    for (const id of this.#streams.keys()) this.#told.push({ kind: 'reset', stream: id })
    this.#streams.clear()
  }
}
