// Fields as octets and back: HPACK (RFC 7541), both directions, each with its bounded table.
//
// A block must be read to its end even when its fields are too many to be wanted, because the table that it
// changes is shared with every later block. So too long a list is cut off and said to be cut off, while broken
// octets are the end of the connection (§4.2, RFC 9113 §4.3): after them the two tables differ.

import type { Field } from '../message.ts'
import { huffmanDecode, huffmanEncode } from './huffman.ts'

/** Appendix A. */
const fixed: readonly Field[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map(status => [':status', status] as const),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...['accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow'].map(bare),
  ...['authorization', 'cache-control', 'content-disposition', 'content-encoding'].map(bare),
  ...['content-language', 'content-length', 'content-location', 'content-range', 'content-type'].map(bare),
  ...['cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match'].map(bare),
  ...['if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'].map(bare),
  ...['link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range'].map(bare),
  ...['referer', 'refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security'].map(bare),
  ...['transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'].map(bare),
]

function bare(name: string): Field {
  return [name, '']
}

const overhead = 32 // §4.1: what an entry costs beside its octets
export const tableBytesDefault = 4096

export class CompressionError extends Error {}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + overhead
}

/** The dynamic table: a queue, newest first by index (§2.3.2). */
class Table {
  bytesMax = tableBytesDefault
  #entries: Field[] = []
  #head = 0
  #bytes = 0

  /** Indices above the fixed table, from 0, newest first. */
  at(index: number): Field | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 1 - index] : undefined
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  /** An entry larger than the table empties it (§4.4). */
  add(field: Field, evicted?: (field: Field) => void): void {
    this.#shrink(this.bytesMax - sizeOf(field), evicted)
    if (sizeOf(field) > this.bytesMax) return
    this.#entries.push(field)
    this.#bytes += sizeOf(field)
  }

  resize(bytesMax: number, evicted?: (field: Field) => void): void {
    this.bytesMax = bytesMax
    this.#shrink(bytesMax, evicted)
  }

  #shrink(bytesMax: number, evicted?: (field: Field) => void): void {
    while (this.length > 0 && this.#bytes > bytesMax) {
      const oldest = this.#entries[this.#head++]!
      this.#bytes -= sizeOf(oldest)
      evicted?.(oldest)
    }
    // The front is forgotten in lots, so that taking one off costs the same whatever the length.
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }
}

export interface Decoded {
  readonly fields: readonly Field[]
  /** Whether fields were left out because the list was longer than allowed. */
  readonly cut: boolean
}

export interface Bounds {
  /** By the measure of RFC 9113 §6.5.2: names, values and 32 for each field. */
  readonly listBytesMax: number
  readonly fieldsMax: number
}

export class Decoder {
  readonly #table = new Table()
  readonly #bounds: Bounds
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** All of a block. Throws CompressionError. */
  decode(bytes: Uint8Array): Decoded {
    this.#bytes = bytes
    this.#at = 0
    const fields: Field[] = []
    let listBytes = 0
    let cut = false
    let first = true
    while (this.#at < bytes.length) {
      const octet = bytes[this.#at]!
      if ((octet & 0xe0) === 0x20) {
        if (!first) throw new CompressionError('a change of table size behind a field (§4.2)')
        const bytesMax = this.#integer(5)
        if (bytesMax > tableBytesDefault) throw new CompressionError('a table larger than we said (§6.3)')
        this.#table.resize(bytesMax)
        continue
      }
      first = false
      const field = octet & 0x80 ? this.#entry(this.#integer(7)) : this.#literal(octet)
      listBytes += sizeOf(field)
      cut ||= listBytes > this.#bounds.listBytesMax || fields.length >= this.#bounds.fieldsMax
      if (!cut) fields.push(field)
    }
    return { fields, cut }
  }

  #literal(octet: number): Field {
    const indexed = (octet & 0x40) !== 0
    const index = this.#integer(indexed ? 6 : 4)
    const name = index === 0 ? this.#text() : this.#entry(index)[0]
    const field = [name, this.#text()] as const
    if (indexed) this.#table.add(field)
    return field
  }

  #entry(index: number): Field {
    const field = index <= fixed.length ? fixed[index - 1] : this.#table.at(index - fixed.length - 1)
    if (field === undefined) throw new CompressionError(`no entry ${index} (§2.3.3)`)
    return field
  }

  #octet(): number {
    const octet = this.#bytes[this.#at++]
    if (octet === undefined) throw new CompressionError('a block that ends too early')
    return octet
  }

  /** §5.1; more than four further octets say nothing that anybody needs. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = this.#octet() & mask
    if (value < mask) return value
    for (let shift = 0; shift < 28; shift += 7) {
      const octet = this.#octet()
      value += (octet & 0x7f) << shift
      if (octet < 0x80) return value
    }
    throw new CompressionError('an integer that is too large (§5.1)')
  }

  #text(): string {
    const coded = (this.#bytes[this.#at] ?? 0) >= 0x80
    const length = this.#integer(7)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new CompressionError('a text that ends too early (§5.2)')
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    const text = coded ? huffmanDecode(bytes) : latin1(bytes)
    if (text === undefined) throw new CompressionError('a text that is no Huffman code (§5.2)')
    return text
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

const fixedByField = new Map(fixed.map((field, i) => [keyOf(field), i + 1]))
const fixedByName = new Map(fixed.map(([name], i) => [name, i + 1] as const).reverse())

/** Different in nearly every answer: an entry would drive out others and never be met again. */
const notIndexed = new Set(['content-length', 'content-range', 'etag', 'set-cookie', 'server-timing', 'age'])

function keyOf([name, value]: Field): string {
  return `${name}\0${value}`
}

export class Encoder {
  readonly #table = new Table()
  /** Which of all entries ever added holds a field; the index is counted back from the newest. */
  readonly #places = new Map<string, number>()
  #added = 0
  /** The smallest size since the last block, to be told first in the next (§4.2). */
  #told = tableBytesDefault
  #least = tableBytesDefault

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; we never use more than the default. */
  resize(bytesMax: number): void {
    const size = Math.min(bytesMax, tableBytesDefault)
    this.#least = Math.min(this.#least, size)
    this.#table.resize(size, field => this.#forget(field))
  }

  /** Names must be in lower case. */
  encode(fields: readonly Field[]): Buffer {
    const parts: Uint8Array[] = []
    if (this.#least < this.#table.bytesMax) parts.push(integer(0x20, 5, this.#least))
    if (this.#least < this.#table.bytesMax || this.#told !== this.#table.bytesMax)
      parts.push(integer(0x20, 5, this.#table.bytesMax))
    this.#told = this.#least = this.#table.bytesMax
    for (const field of fields) this.#field(field, parts)
    return joined(parts)
  }

  #field(field: Field, parts: Uint8Array[]): void {
    const [name, value] = field
    const key = keyOf(field)
    const index = fixedByField.get(key) ?? this.#indexOf(key)
    if (index !== undefined) {
      parts.push(integer(0x80, 7, index))
      return
    }
    const indexed = !notIndexed.has(name) && sizeOf(field) <= this.#table.bytesMax / 4
    const nameIndex = fixedByName.get(name) ?? 0
    parts.push(indexed ? integer(0x40, 6, nameIndex) : integer(0, 4, nameIndex))
    if (nameIndex === 0) text(name, parts)
    text(value, parts)
    if (!indexed) return
    this.#table.add(field, evicted => this.#forget(evicted))
    this.#places.set(key, this.#added++)
  }

  #indexOf(key: string): number | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : fixed.length + (this.#added - place)
  }

  #forget(field: Field): void {
    this.#places.delete(keyOf(field))
  }
}

/** Most parts are an octet or two, for which Buffer.concat does too much. */
function joined(parts: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  const all = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    if (part.length === 1) all[at] = part[0]!
    else all.set(part, at)
    at += part.length
  }
  return all
}

const small = Array.from({ length: 256 }, (_, octet) => Uint8Array.of(octet))

function integer(marks: number, prefixBits: number, value: number): Uint8Array {
  const mask = (1 << prefixBits) - 1
  if (value < mask) return small[marks | value]!
  const octets = [marks | mask]
  let left = value - mask
  for (; left >= 0x80; left >>>= 7) octets.push((left & 0x7f) | 0x80)
  return Uint8Array.from([...octets, left])
}

function text(value: string, parts: Uint8Array[]): void {
  const coded = huffmanEncode(value)
  if (coded !== undefined) parts.push(integer(0x80, 7, coded.length), coded)
  else parts.push(integer(0, 7, value.length), Buffer.from(value, 'latin1'))
}
