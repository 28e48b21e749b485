// From octets to requests on a connection of HTTP/1: one at a time, whatever comes in one piece or in many.
//
// A machine without socket or clock. After each request it holds what follows until `next`: pipelined requests are
// answered one after the other, because in parallel one packet could start hundreds of fetches. What it holds is
// bounded by the caller, who stops reading the socket while `waits`.

import type { Field } from '../message.ts'
import { type Head, parseFields, parseHead, Refused } from './head.ts'

export type Told =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'ended'; readonly trailers: readonly Field[] }
  /** The connection can only be closed after this. */
  | { readonly kind: 'refused'; readonly refused: Refused }

export interface ReaderOptions {
  readonly headBytesMax: number
  readonly fieldsMax: number
}

/** Line of a chunk's size (RFC 9112 §7.1): size up to 4 GiB, extensions as the grammar has them, without spaces. */
const chunkLine =
  /^([0-9a-fA-F]{1,8})(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\x20-\x7e]*"))?)*$/
const chunkLineBytesMax = 256
/** What all extensions of a body may have: they say nothing that anybody here knows. */
const extensionBytesMax = 16 * 1024
const cr = 0x0d
const lf = 0x0a
const nothing = Buffer.alloc(0)
const endedBare: Told = { kind: 'ended', trailers: [] }

type State = 'head' | 'length' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'waiting' | 'broken'

export class Http1Reader {
  readonly #options: ReaderOptions
  #state: State = 'head'
  #left: Buffer = nothing
  #head: Head | undefined
  /** Octets of a body or chunk that are still to come. */
  #due = 0
  #extensionBytes = 0
  /** Whether the empty line that may stand before a request was there. */
  #skipped = false

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** A request has been given whole; the next is not looked at before `next`. */
  get waits(): boolean {
    return this.#state === 'waiting'
  }

  /** Whether a head has been begun. */
  get begun(): boolean {
    return this.#state !== 'head' || this.#left.length > 0
  }

  get heldBytes(): number {
    return this.#left.length
  }

  receive(bytes: Buffer): Told[] {
    if (this.#state === 'broken') return []
    this.#left = this.#left.length === 0 ? bytes : Buffer.concat([this.#left, bytes])
    return this.#run()
  }

  /** The answer is out: on to the next request. */
  next(): Told[] {
    if (this.#state === 'waiting') this.#state = 'head'
    return this.#run()
  }

  /** What came behind the request, when somebody else speaks on the connection from here. */
  rest(): Buffer {
    this.#state = 'broken'
    return this.#left
  }

  #run(): Told[] {
    const told: Told[] = []
    try {
      while (this.#step(told)) {}
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#state = 'broken'
      this.#left = nothing
      told.push({ kind: 'refused', refused: error })
    }
    return told
  }

  /** One part of a request; false when more octets are needed. */
  #step(told: Told[]): boolean {
    if (this.#state === 'head') return this.#readHead(told)
    if (this.#state === 'length' || this.#state === 'chunk') return this.#body(told)
    if (this.#state === 'chunk size') return this.#chunkSize()
    if (this.#state === 'chunk end') return this.#chunkEnd()
    return this.#state === 'trailers' && this.#trailers(told)
  }

  #readHead(told: Told[]): boolean {
    // RFC 9112 §2.2: one empty line before a request, which old clients sent behind a body, is passed over.
    if (!this.#skipped && this.#left.length >= 2 && this.#left[0] === cr && this.#left[1] === lf) {
      this.#left = this.#left.subarray(2)
      this.#skipped = true
    }
    const text = this.#block()
    if (text === undefined) return false
    const head = parseHead(text, this.#options.fieldsMax, this.#head)
    this.#head = head
    told.push({ kind: 'head', head })
    this.#extensionBytes = 0
    this.#skipped = false
    if (head.body === 'chunked') this.#state = 'chunk size'
    else this.#expect(head.body, told)
    return true
  }

  #expect(bytes: number, told: Told[]): void {
    this.#due = bytes
    this.#state = bytes === 0 ? 'waiting' : 'length'
    if (bytes === 0) told.push(endedBare)
  }

  #body(told: Told[]): boolean {
    const bytes = this.#left.subarray(0, this.#due)
    if (bytes.length === 0) return false
    told.push({ kind: 'data', bytes })
    this.#left = this.#left.subarray(bytes.length)
    this.#due -= bytes.length
    if (this.#due > 0) return false
    if (this.#state === 'chunk') this.#state = 'chunk end'
    else this.#expect(0, told)
    return true
  }

  #chunkSize(): boolean {
    const end = this.#left.subarray(0, chunkLineBytesMax).indexOf('\r\n')
    if (end === -1) {
      const bare = this.#left.subarray(0, chunkLineBytesMax).indexOf(lf) !== -1
      if (bare || this.#left.length >= chunkLineBytesMax) throw new Refused(400, 'A chunk has no size.')
      return false
    }
    const line = chunkLine.exec(this.#left.toString('latin1', 0, end))
    if (line === null) throw new Refused(400, 'The size of a chunk is no number.')
    this.#extensionBytes += end - line[1]!.length
    if (this.#extensionBytes > extensionBytesMax) throw new Refused(400, 'The chunks have too much to say.')
    this.#due = Number.parseInt(line[1]!, 16)
    this.#left = this.#left.subarray(this.#due === 0 ? end : end + 2)
    this.#state = this.#due === 0 ? 'trailers' : 'chunk'
    return true
  }

  #chunkEnd(): boolean {
    if (this.#left.length > 0 && this.#left[0] !== cr)
      throw new Refused(400, 'A chunk is longer than its size.')
    if (this.#left.length < 2) return false
    if (this.#left[1] !== lf) throw new Refused(400, 'A chunk is longer than its size.')
    this.#left = this.#left.subarray(2)
    this.#state = 'chunk size'
    return true
  }

  /** The line break before the first trailer was left in place, so that none at all looks like an empty head. */
  #trailers(told: Told[]): boolean {
    const text = this.#block()
    if (text === undefined) return false
    const trailers = parseFields(text.slice(2), this.#options.fieldsMax)
    told.push({
      kind: 'ended',
      trailers: trailers.filter(([name]) => !neverTrailers.has(name.toLowerCase())),
    })
    this.#state = 'waiting'
    return true
  }

  /** Everything before the next empty line; undefined while there is none. */
  #block(): string | undefined {
    if (this.#left.length === 0) return undefined
    const found = this.#left.indexOf('\r\n\r\n')
    if (found !== -1 && found + 4 <= this.#options.headBytesMax) {
      const text = this.#left.toString('latin1', 0, found)
      this.#left = found + 4 === this.#left.length ? nothing : this.#left.subarray(found + 4)
      return text
    }
    this.#judgeBegun()
    return undefined
  }

  /** What can never become a head is refused at once: whoever sends it would wait for an answer. */
  #judgeBegun(): void {
    const bytes = this.#left.subarray(0, this.#options.headBytesMax)
    for (let at = bytes.indexOf(lf); at !== -1; at = bytes.indexOf(lf, at + 1))
      if (at === 0 || bytes[at - 1] !== cr) throw new Refused(400, 'A line ends without a carriage return.')
    if (this.#left.length >= this.#options.headBytesMax) {
      const line = bytes.indexOf('\r\n') === -1 && this.#state === 'head'
      throw new Refused(line ? 414 : 431, 'The head of the request is too long.')
    }
    if (this.#state !== 'head' || bytes.length === 0) return
    const first = bytes[0]!
    const mayBeEmptyLine = first === cr && bytes.length === 1 && !this.#skipped
    if ((first <= 0x20 || first >= 0x7f) && !mayBeEmptyLine) throw new Refused(400, 'That is not HTTP.')
  }
}

/** RFC 9110 §6.5.1: what frames, routes or authorises must not come behind the body. */
const neverTrailers = new Set([
  ...['content-length', 'transfer-encoding', 'trailer', 'host', 'te', 'connection', 'content-encoding'],
  ...['content-type', 'content-range', 'authorization', 'cookie', 'set-cookie', 'cache-control', 'expect'],
])
