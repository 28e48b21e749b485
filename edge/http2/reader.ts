// From octets to frames that are right by themselves: what can be judged without knowing any stream.
//
// Lengths, padding, which frames belong to stream 0 and which never do, the preface, and blocks of fields put
// together (RFC 9113 §3.4, §4, §6). All errors here are connection errors, which §5.4.2 allows for stream errors
// too. The bound on pieces stands against the CONTINUATION flood (VU#421644).

import { codes, flags, frameBytesDefault, frameTypes, headBytes, preface, windowMax } from './frames.ts'

export class ConnectionError extends Error {
  readonly code: number
  constructor(code: number, what: string) {
    super(what)
    this.code = code
  }
}

export type Got =
  /** `flowBytes` count against the windows: padding too. */
  | { type: 'data'; stream: number; bytes: Buffer; flowBytes: number; ends: boolean }
  | { type: 'headers'; stream: number; block: Buffer; ends: boolean; dependsOnItself: boolean }
  | { type: 'priority'; stream: number; dependsOnItself: boolean }
  | { type: 'rstStream'; stream: number }
  | { type: 'settings'; ack: boolean; values: [id: number, value: number][] }
  | { type: 'ping'; ack: boolean; payload: Buffer }
  | { type: 'windowUpdate'; stream: number; more: number }
  /** GOAWAY, and types that nobody knows (§5.5). */
  | { type: 'other' }

interface Block {
  readonly stream: number
  readonly ends: boolean
  readonly dependsOnItself: boolean
  readonly parts: Buffer[]
  bytes: number
}

const piecesMax = 16

export class Reader {
  readonly #blockBytesMax: number
  #left: Buffer = Buffer.alloc(0)
  #greeted = false
  #settled = false
  #block: Block | undefined

  constructor(blockBytesMax: number) {
    this.#blockBytesMax = blockBytesMax
  }

  /** Whether something was begun that the client must go on with: the greeting, a frame or a block of fields. */
  get midway(): boolean {
    return !this.#settled || this.#block !== undefined || this.#left.length > 0
  }

  /** Gives every frame that is whole to `take`. Throws ConnectionError. */
  read(bytes: Buffer, take: (got: Got) => void): void {
    this.#left = this.#left.length === 0 ? bytes : Buffer.concat([this.#left, bytes])
    if (!this.#greeted && !this.#greet()) return
    let at = 0
    while (this.#left.length - at >= headBytes) {
      const length = this.#left.readUIntBE(at, 3)
      if (length > frameBytesDefault)
        throw new ConnectionError(codes.frameSizeError, 'too long a frame (§4.2)')
      const end = at + headBytes + length
      if (this.#left.length < end) break
      const stream = this.#left.readUInt32BE(at + 5) & windowMax
      const payload = this.#left.subarray(at + headBytes, end)
      const got = this.#frame(this.#left[at + 3]!, this.#left[at + 4]!, stream, payload)
      if (got !== undefined) take(got)
      at = end
    }
    this.#left = this.#left.subarray(at)
  }

  #greet(): boolean {
    const length = Math.min(this.#left.length, preface.length)
    if (!this.#left.subarray(0, length).equals(preface.subarray(0, length)))
      throw new ConnectionError(codes.protocolError, 'no preface (§3.4)')
    if (length < preface.length) return false
    this.#left = this.#left.subarray(length)
    this.#greeted = true
    return true
  }

  #frame(type: number, marks: number, stream: number, payload: Buffer): Got | undefined {
    if (!this.#settled && (type !== frameTypes.settings || marks & flags.ack))
      throw new ConnectionError(codes.protocolError, 'the first frame is not SETTINGS (§3.4)')
    if (this.#block !== undefined && (type !== frameTypes.continuation || stream !== this.#block.stream))
      throw new ConnectionError(codes.protocolError, 'a frame inside a block of fields (§6.2)')
    judgeShape(type, stream, payload.length)
    switch (type) {
      case frameTypes.data: {
        const ends = (marks & flags.endStream) !== 0
        return { type: 'data', stream, bytes: unpadded(marks, payload), flowBytes: payload.length, ends }
      }
      case frameTypes.headers:
        return this.#headers(marks, stream, payload)
      case frameTypes.continuation:
        return this.#piece(marks, payload)
      case frameTypes.priority:
        return { type: 'priority', stream, dependsOnItself: parentOf(payload) === stream }
      case frameTypes.rstStream:
        return { type: 'rstStream', stream }
      case frameTypes.settings:
        this.#settled = true
        return settingsOf(marks, payload)
      case frameTypes.ping:
        return { type: 'ping', ack: (marks & flags.ack) !== 0, payload }
      case frameTypes.windowUpdate:
        return { type: 'windowUpdate', stream, more: payload.readUInt32BE(0) & windowMax }
      default:
        return { type: 'other' }
    }
  }

  #headers(marks: number, stream: number, payload: Buffer): Got | undefined {
    let rest = unpadded(marks, payload)
    let dependsOnItself = false
    if (marks & flags.priority) {
      if (rest.length < 5) throw new ConnectionError(codes.frameSizeError, 'no room for a priority (§6.2)')
      dependsOnItself = parentOf(rest) === stream
      rest = rest.subarray(5)
    }
    const ends = (marks & flags.endStream) !== 0
    this.#block = { stream, ends, dependsOnItself, parts: [], bytes: 0 }
    return this.#piece(marks, rest)
  }

  #piece(marks: number, payload: Buffer): Got | undefined {
    const block = this.#block
    if (block === undefined) throw new ConnectionError(codes.protocolError, 'CONTINUATION of nothing (§6.10)')
    block.parts.push(payload)
    block.bytes += payload.length
    if (block.bytes > this.#blockBytesMax || block.parts.length > piecesMax)
      throw new ConnectionError(codes.enhanceYourCalm, 'a block of fields without end')
    if (!(marks & flags.endHeaders)) return undefined
    this.#block = undefined
    const { stream, ends, dependsOnItself, parts } = block
    return { type: 'headers', stream, block: Buffer.concat(parts), ends, dependsOnItself }
  }
}

const onlyOfStreams: readonly number[] = [
  frameTypes.data,
  frameTypes.headers,
  frameTypes.priority,
  frameTypes.rstStream,
  frameTypes.continuation,
]
const onlyOfConnection: readonly number[] = [frameTypes.settings, frameTypes.ping, frameTypes.goaway]
const exactBytes: Readonly<Record<number, number>> = {
  [frameTypes.priority]: 5,
  [frameTypes.rstStream]: 4,
  [frameTypes.ping]: 8,
  [frameTypes.windowUpdate]: 4,
}

function judgeShape(type: number, stream: number, length: number): void {
  if (stream === 0 ? onlyOfStreams.includes(type) : onlyOfConnection.includes(type))
    throw new ConnectionError(codes.protocolError, `a frame of type ${type} on stream ${stream} (§6)`)
  if (type === frameTypes.pushPromise)
    throw new ConnectionError(codes.protocolError, 'a client pushes (§8.4)')
  const wrong = length !== (exactBytes[type] ?? length) || (type === frameTypes.goaway && length < 8)
  if (wrong)
    throw new ConnectionError(codes.frameSizeError, `a frame of type ${type} with ${length} octets (§6)`)
}

function settingsOf(marks: number, payload: Buffer): Got {
  const ack = (marks & flags.ack) !== 0
  if (payload.length % 6 !== 0 || (ack && payload.length > 0))
    throw new ConnectionError(codes.frameSizeError, 'SETTINGS (§6.5)')
  const values: [number, number][] = []
  for (let at = 0; at < payload.length; at += 6)
    values.push([payload.readUInt16BE(at), payload.readUInt32BE(at + 2)])
  return { type: 'settings', ack, values }
}

/** Without padding (§6.1): DATA and HEADERS. */
function unpadded(marks: number, payload: Buffer): Buffer {
  if (!(marks & flags.padded)) return payload
  const padding = payload[0]
  if (padding === undefined || padding >= payload.length)
    throw new ConnectionError(codes.protocolError, 'padding longer than its frame (§6.1)')
  return payload.subarray(1, payload.length - padding)
}

/** RFC 7540 §5.3.1; RFC 9113 only keeps the octets. */
function parentOf(payload: Buffer): number {
  return payload.readUInt32BE(0) & windowMax
}
