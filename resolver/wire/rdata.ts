// The data of a record, structured for the few types that we make or follow, octets for all others: checked
// and unpacked by `layout.ts` where the type is known, as they came where it is not (RFC 3597).
//
// A kind is a shape, not a type: NS and CNAME are both a host. Only those types, MX and SOA have names in
// them that may be compressed on the wire (RFC 3597 §4); the names inside other types stay in their octets.

import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { assert, isFault } from '../../base/fault.ts'
import { classes, types } from './code.ts'
import { canonicalOctets, parseOctets, takeOctets } from './layout.ts'
import { type Name, nameOctets, readName, writeName } from './name.ts'
import { malformed, Reader } from './reader.ts'
import { type Words, wrong } from './words.ts'
import type { Writer } from './writer.ts'

export interface EdnsOption {
  readonly code: number
  readonly bytes: Uint8Array
}

/** The SOA of RFC 1035 §3.3.13; all times in seconds. */
export interface Authority {
  readonly kind: 'authority'
  readonly primary: Name
  readonly mailbox: Name
  readonly serial: number
  readonly refreshS: number
  readonly retryS: number
  readonly expireS: number
  /** How long an absence may be remembered (RFC 2308 §4). */
  readonly negativeS: number
}

export type RecordData =
  | { readonly kind: 'address'; readonly bytes: Uint8Array }
  | { readonly kind: 'host'; readonly host: Name }
  | { readonly kind: 'exchange'; readonly preference: number; readonly host: Name }
  | Authority
  | { readonly kind: 'text'; readonly strings: readonly Uint8Array[] }
  | { readonly kind: 'options'; readonly options: readonly EdnsOption[] }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }

/** Reads the `length` octets that the record announced, neither more nor fewer. Throws a Fault. */
export function readData(reader: Reader, type: number, classCode: number, length: number): RecordData {
  const end = reader.at + length
  if (length > reader.left) throw malformed('record data runs past the end')
  const data = readKind(reader, type, classCode, end)
  if (reader.at !== end) throw malformed('record data does not have the length it claims')
  return data
}

function readKind(reader: Reader, type: number, classCode: number, end: number): RecordData {
  switch (type) {
    case types.A:
    case types.AAAA:
      // In other classes an address looks different (RFC 1035 §3.4.1 speaks of the Internet only).
      if (classCode !== classes.IN) break
      return { kind: 'address', bytes: reader.take(type === types.A ? 4 : 16) }
    case types.NS:
    case types.CNAME:
    case types.PTR:
      return { kind: 'host', host: readName(reader) }
    case types.MX:
      return { kind: 'exchange', preference: reader.u16(), host: readName(reader) }
    case types.SOA:
      return readAuthority(reader)
    case types.TXT:
      return { kind: 'text', strings: readStrings(reader, end) }
    case types.OPT:
      return { kind: 'options', options: readOptions(reader, end) }
  }
  // A and AAAA of another class look different there.
  const known = type !== types.A && type !== types.AAAA
  return { kind: 'raw', bytes: known ? takeOctets(reader, type, end) : reader.take(end - reader.at) }
}

function readAuthority(reader: Reader): Authority {
  return {
    kind: 'authority',
    primary: readName(reader),
    mailbox: readName(reader),
    serial: reader.u32(),
    refreshS: reader.u32(),
    retryS: reader.u32(),
    expireS: reader.u32(),
    negativeS: reader.u32(),
  }
}

function readStrings(reader: Reader, end: number): Uint8Array[] {
  const strings: Uint8Array[] = []
  while (reader.at < end) strings.push(reader.take(reader.u8()))
  if (strings.length === 0) throw malformed('TXT without a string')
  return strings
}

function readOptions(reader: Reader, end: number): EdnsOption[] {
  const options: EdnsOption[] = []
  while (reader.at < end) options.push({ code: reader.u16(), bytes: reader.take(reader.u16()) })
  return options
}

/** The data as it stands alone: no name in it is compressed, all keep their case. */
export function dataOctets(data: RecordData): Uint8Array {
  switch (data.kind) {
    case 'address':
    case 'raw':
      return data.bytes
    case 'host':
      return nameOctets(data.host)
    case 'exchange':
      return concatBytes([octets16(data.preference), nameOctets(data.host)])
    case 'authority': {
      const { primary, mailbox, serial, refreshS, retryS, expireS, negativeS } = data
      const numbers = Buffer.alloc(20)
      for (const [i, number] of [serial, refreshS, retryS, expireS, negativeS].entries()) {
        numbers.writeUInt32BE(number, 4 * i)
      }
      return concatBytes([nameOctets(primary), nameOctets(mailbox), numbers])
    }
    case 'text':
      return concatBytes(data.strings.flatMap(string => [Uint8Array.of(string.length), string]))
    case 'options':
      return concatBytes(
        data.options.flatMap(({ code, bytes }) => [octets16(code), octets16(bytes.length), bytes]),
      )
  }
}

function octets16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff)
}

/** The canonical form that is signed and compared (RFC 4034 §6.2). */
export function canonicalData(data: RecordData, type: number): Uint8Array {
  return canonicalOctets(dataOctets(data), type)
}

/** Types whose data has a kind of its own in class IN. */
const structured = new Set<number>([
  ...[types.A, types.AAAA, types.NS, types.CNAME, types.PTR, types.MX, types.SOA, types.TXT],
])

/** Data as a zone file spells it, class IN. Throws Fault `config/invalid` or `name/invalid`. */
export function parseData(words: Words, type: number): RecordData {
  const generic = words.peek() === '\\#'
  const octets = parseOctets(words, type)
  if (!generic && !structured.has(type)) return { kind: 'raw', bytes: octets }
  try {
    const data = readData(new Reader(octets), type, classes.IN, octets.length)
    if (equalBytes(dataOctets(data), octets)) return data
  } catch (error) {
    if (!isFault(error, 'bytes/malformed')) throw error
    throw wrong(error.message.replace('DNS message: ', ''))
  }
  throw wrong('a name in the data is compressed')
}

/** Writes length and data. */
export function writeData(writer: Writer, data: RecordData): void {
  const lengthAt = writer.at
  writer.u16(0)
  writeKind(writer, data)
  writer.patch16(lengthAt, writer.at - lengthAt - 2)
}

function writeKind(writer: Writer, data: RecordData): void {
  switch (data.kind) {
    case 'address':
    case 'raw':
      writer.put(data.bytes)
      return
    case 'host':
      writeName(writer, data.host)
      return
    case 'exchange':
      writer.u16(data.preference)
      writeName(writer, data.host)
      return
    case 'authority':
      writeName(writer, data.primary)
      writeName(writer, data.mailbox)
      writer.u32(data.serial)
      writer.u32(data.refreshS)
      writer.u32(data.retryS)
      writer.u32(data.expireS)
      writer.u32(data.negativeS)
      return
    case 'text':
      for (const string of data.strings) {
        assert(string.length <= 255, 'a TXT string has at most 255 octets')
        writer.u8(string.length)
        writer.put(string)
      }
      return
    case 'options':
      for (const option of data.options) {
        writer.u16(option.code)
        writer.u16(option.bytes.length)
        writer.put(option.bytes)
      }
  }
}
