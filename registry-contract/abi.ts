// The part of Solidity's ABI that our contracts use: static words, `bytes`, `string` and `bytes[]`, in one flat
// tuple.
//
// A tuple is a row of 32-byte words. A dynamic value leaves its offset in the row and goes, with its length
// before it, behind the row. The decoder accepts the canonical encoding and nothing else: offsets where an
// encoder would put them, zeros where there is padding, no byte too many. So every value has one encoding,
// and a hostile one cannot make two readers disagree. It reads the hexadecimal text that endpoints send, since
// most values stay such text: going through bytes takes three times as long. ethers decodes all of Solidity,
// but at 1,800 events a second and with a start-up of 0.2 s. Solidity documentation, "Contract ABI
// Specification", sections "Formal Specification" and "Events".

import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

/**
 * Hexadecimal text with 0x for bytes and addresses (lower case), a number for an integer of up to 64 bits, a
 * bigint for a wider one, text for a string, a list for `bytes[]`.
 */
export type Value = string | number | bigint | boolean | readonly string[]

export interface Field {
  readonly name: string
  readonly type: string
  readonly indexed: boolean
}

export interface Signature {
  readonly kind: 'event' | 'error' | 'function'
  readonly name: string
  readonly fields: readonly Field[]
  /** keccak256 of name and types: an event's first topic; its first 4 bytes select a function or an error. */
  readonly hash: string
}

const word = 32
/** Hexadecimal digits of a word. */
const digits = 64
/** Bytes of arguments; the largest that we read is `record` with two hashes of 128 bytes, 512 in all. */
const tupleBytesMax = 2048
const zeros = '0'.repeat(2 * digits)

/**
 * Reads `event Name(type indexed name, …)`; only called with texts of our own, so a mistake is an assertion.
 */
export function signature(text: string): Signature {
  const match = /^(event|error|function) (\w+)\(([^)]*)\)/.exec(text)
  assert(match, `signature ${text}`)
  const fields = match[3]!
    .split(',')
    .filter(part => part.trim() !== '')
    .map(part => {
      const words = part.trim().split(' ')
      return { type: words[0]!, indexed: words[1] === 'indexed', name: words.length > 1 ? words.at(-1)! : '' }
    })
  const canonical = `${match[2]}(${fields.map(field => field.type).join(',')})`
  const hash = `0x${toHex(keccak_256(utf8(canonical)))}`
  return { kind: match[1] as Signature['kind'], name: match[2]!, fields, hash }
}

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

function isDynamic(type: string): boolean {
  return type === 'bytes' || type === 'string' || type === 'bytes[]'
}

/** How a static type lies in its word. */
interface Form {
  readonly kind: 'hex' | 'number' | 'bigint' | 'bool'
  readonly bytes: number
  /** Where its first digit stands in the word, and where the padding begins. */
  readonly from: number
  readonly paddingFrom: number
}

const forms = new Map<string, Form>()

function formOf(type: string): Form {
  const known = forms.get(type)
  if (known) return known
  const match = /^(address|bool|uint|bytes)(\d*)$/.exec(type)
  assert(match, `type ${type}`)
  const left = match[1] === 'bytes'
  const width = { address: 20, bool: 1, bytes: Number(match[2]), uint: Number(match[2]) / 8 }
  const bytes = width[match[1] as keyof typeof width]
  assert(bytes >= 1 && bytes <= word, `type ${type}`)
  const integer = bytes <= 8 ? 'number' : 'bigint'
  const kind = match[1] === 'uint' ? integer : match[1] === 'bool' ? 'bool' : 'hex'
  const form: Form = {
    kind,
    bytes,
    from: left ? 0 : digits - 2 * bytes,
    paddingFrom: left ? 2 * bytes : 0,
  }
  forms.set(type, form)
  return form
}

/** One static value from the 64 digits at `at`. */
function readWord(type: string, hex: string, at: number): Value {
  const { kind, bytes, from, paddingFrom } = formOf(type)
  if (hex.length < at + digits) malformed('Arguments are cut off.')
  if (!hex.startsWith(zeros.slice(0, digits - 2 * bytes), at + paddingFrom)) {
    malformed(`A word does not hold a ${type}.`)
  }
  const text = `0x${hex.slice(at + from, at + from + 2 * bytes)}`
  if (kind === 'hex') return text
  if (kind === 'bigint') return BigInt(text)
  const integer = Number(text)
  if (!Number.isSafeInteger(integer)) malformed(`A ${type} is larger than 2^53 - 1.`)
  if (kind === 'number') return integer
  return integer <= 1 ? integer === 1 : malformed('A bool is neither 0 nor 1.')
}

/** One static value from its 32 bytes. An integer of up to 64 bits past 2^53 - 1 is a Fault: none of ours is. */
export function decodeWord(type: string, bytes: Uint8Array): Value {
  if (bytes.length !== word) malformed(`A word does not hold a ${type}.`)
  return readWord(type, toHex(bytes), 0)
}

export function encodeWord(type: string, value: Value): Uint8Array {
  const form = formOf(type)
  const integer = typeof value === 'boolean' ? Number(value) : value
  const isText = typeof integer === 'string'
  const bytes = fromHex(isText ? integer : integer.toString(16).padStart(form.bytes * 2, '0'))
  assert(bytes?.length === form.bytes, `${type} of ${value}`)
  const out = new Uint8Array(word)
  out.set(bytes, form.from / 2)
  return out
}

function padded(length: number): number {
  return Math.ceil(length / word) * word
}

/** A length or an offset; what cannot be one is a Fault. */
function readLength(hex: string, at: number): number {
  if (hex.length < at + digits) malformed('A length is missing.')
  const length = Number(`0x${hex.slice(at, at + digits)}`)
  return length <= tupleBytesMax ? length : malformed('A length is larger than what there is.')
}

/** Text from its digits; strings of ours are labels and domains, so ASCII is the quick way. */
function readText(hex: string): string {
  let text = ''
  for (let at = 0; at < hex.length; at += 2) {
    const code = Number.parseInt(hex.slice(at, at + 2), 16)
    if (code >= 0x80) return fromUtf8(fromHex(hex)!) ?? malformed('A string is not UTF-8.')
    text += String.fromCharCode(code)
  }
  return text
}

/** The dynamic value whose length word must stand at digit `at`; returns where the next one must begin. */
function readTail(type: string, hex: string, at: number): { value: Value; next: number } {
  const length = readLength(hex, at)
  const start = at + digits
  if (type === 'bytes[]') return readList(hex, start, length)
  const next = start + 2 * padded(length)
  if (next > hex.length) malformed('A value is cut off.')
  const end = start + 2 * length
  if (!hex.startsWith(zeros.slice(0, next - end), end)) malformed('Padding is not zero.')
  const value = hex.slice(start, end)
  return { value: type === 'bytes' ? `0x${value}` : readText(value), next }
}

/** The offsets of a list's items count from the first of them. */
function readList(hex: string, start: number, count: number): { value: string[]; next: number } {
  let end = count * digits
  if (start + end > hex.length) malformed('A list is cut off.')
  const value = Array.from({ length: count }, (_, i) => {
    if (2 * readLength(hex, start + i * digits) !== end)
      malformed('An offset is not where an encoder puts it.')
    const item = readTail('bytes', hex, start + end)
    end = item.next - start
    return item.value as string
  })
  return { value, next: start + end }
}

/**
 * Values in the order of `types`, from lower-case digits without 0x; Fault unless they are the canonical
 * encoding, to the digit.
 */
export function decodeDigits(types: readonly string[], hex: string): Value[] {
  if (hex.length > 2 * tupleBytesMax) malformed(`${Math.ceil(hex.length / 2)} bytes of arguments.`)
  let end = types.length * digits
  const values = types.map((type, i) => {
    if (!isDynamic(type)) return readWord(type, hex, i * digits)
    if (2 * readLength(hex, i * digits) !== end) malformed('An offset is not where an encoder puts it.')
    const { value, next } = readTail(type, hex, end)
    end = next
    return value
  })
  if (end !== hex.length) malformed(end > hex.length ? 'Arguments are cut off.' : 'Bytes are left over.')
  return values
}

/** As `decodeDigits`, from bytes. */
export function decodeTuple(types: readonly string[], bytes: Uint8Array): Value[] {
  return decodeDigits(types, toHex(bytes))
}

function bytesOf(type: string, value: Value): Uint8Array {
  const bytes = type === 'string' ? utf8(String(value)) : fromHex(String(value))
  assert(bytes, `${type} of ${value}`)
  return bytes
}

function encodeTail(type: string, value: Value): Uint8Array {
  if (type === 'bytes[]') {
    const items = value as readonly string[]
    const types = items.map(() => 'bytes')
    return concatBytes([encodeWord('uint256', items.length), encodeTuple(types, items)])
  }
  const bytes = bytesOf(type, value)
  const tail = new Uint8Array(word + padded(bytes.length))
  tail.set(encodeWord('uint256', bytes.length))
  tail.set(bytes, word)
  return tail
}

/** The inverse of `decodeTuple`; a value that does not fit its type is a bug of the caller. */
export function encodeTuple(types: readonly string[], values: readonly Value[]): Uint8Array {
  let end = types.length * word
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  types.forEach((type, i) => {
    if (!isDynamic(type)) {
      heads.push(encodeWord(type, values[i]!))
      return
    }
    const tail = encodeTail(type, values[i]!)
    heads.push(encodeWord('uint256', end))
    tails.push(tail)
    end += tail.length
  })
  return concatBytes([...heads, ...tails])
}

/** Call data as hexadecimal text: the selector, then the arguments. */
export function encodeCall(call: Signature, values: readonly Value[]): string {
  const types = call.fields.map(field => field.type)
  return call.hash.slice(0, 10) + toHex(encodeTuple(types, values))
}
