// The part of Solidity's ABI that our events use: static words, `bytes` and `string`, in one flat tuple.
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
 * bigint for a wider one, text for a string.
 */
export type Value = string | number | bigint

export interface Field {
  readonly name: string
  readonly type: string
  readonly indexed: boolean
}

export interface Signature {
  readonly name: string
  readonly fields: readonly Field[]
  /** keccak256 of name and types: an event's first topic. */
  readonly hash: string
}

/** How a type lies in its tuple, worked out once. */
export interface Form {
  readonly type: string
  readonly kind: 'hex' | 'number' | 'bigint' | 'bytes' | 'string'
  readonly bytes: number
  /** Where its first digit stands in the word, and where the padding begins. */
  readonly from: number
  readonly paddingFrom: number
  readonly padding: string
}

const word = 32
/** Hexadecimal digits of a word. */
const digits = 64
/** Bytes of arguments; the largest of ours are two strings of 253 bytes with their words, this leaves ample room. */
const tupleBytesMax = 2048
const zeros = '0'.repeat(digits)
/** Lengths have their last eight digits at most. */
const lengthPadding = zeros.slice(8)

/**
 * Reads `event Name(type indexed name, …)`; only called with texts of our own, so a mistake is an assertion.
 */
export function signature(text: string): Signature {
  const match = /^event (\w+)\(([^)]*)\)$/.exec(text)
  assert(match, `signature ${text}`)
  const fields = match[2]!.split(', ').map(part => {
    const words = part.split(' ')
    return { type: words[0]!, indexed: words[1] === 'indexed', name: words.at(-1)! }
  })
  const canonical = `${match[1]}(${fields.map(field => field.type).join(',')})`
  return { name: match[1]!, fields, hash: `0x${toHex(keccak_256(utf8(canonical)))}` }
}

export function formOf(type: string): Form {
  const whole = { type, bytes: word, from: 0, paddingFrom: 0, padding: '' }
  if (type === 'bytes' || type === 'string') return { ...whole, kind: type }
  const match = /^(address|uint|bytes)(\d*)$/.exec(type)
  assert(match, `type ${type}`)
  const left = match[1] === 'bytes'
  const bytes = match[1] === 'address' ? 20 : Number(match[2]) / (left ? 1 : 8)
  assert(bytes >= 1 && bytes <= word, `type ${type}`)
  const integer = bytes <= 8 ? 'number' : 'bigint'
  return {
    type,
    kind: match[1] === 'uint' ? integer : 'hex',
    bytes,
    from: left ? 0 : digits - 2 * bytes,
    paddingFrom: left ? 2 * bytes : 0,
    padding: zeros.slice(2 * bytes),
  }
}

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

/** The value of `0` to `9` and `a` to `f`; of anything else, nothing that makes sense. */
function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87
}

/** At most eight digits. */
function readHalf(hex: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = (value << 4) | nibble(hex.charCodeAt(at))
  return value >>> 0
}

/** At most sixteen digits, in two halves of 32 bits; `Number('0x…')` would take five times as long. */
function readInteger(hex: string, from: number, to: number): number {
  const middle = Math.max(from, to - 8)
  return readHalf(hex, from, middle) * 2 ** 32 + readHalf(hex, middle, to)
}

/** One static value from the 64 digits at `at`. */
function readWord(form: Form, hex: string, at: number): Value {
  const { kind, from } = form
  if (hex.length < at + digits) malformed('Arguments are cut off.')
  if (!hex.startsWith(form.padding, at + form.paddingFrom)) malformed(`A word does not hold a ${form.type}.`)
  const end = at + from + 2 * form.bytes
  if (kind === 'number') {
    const integer = readInteger(hex, at + from, end)
    return Number.isSafeInteger(integer) ? integer : malformed(`A ${form.type} is larger than 2^53 - 1.`)
  }
  if (form.bytes === word && hex.length === 2 + digits) return kind === 'bigint' ? BigInt(hex) : hex
  const text = `0x${hex.slice(at + from, end)}`
  return kind === 'bigint' ? BigInt(text) : text
}

function padded(length: number): number {
  return Math.ceil(length / word) * word
}

/** A length or an offset; what cannot be one is a Fault. */
function readLength(hex: string, at: number): number {
  if (hex.length < at + digits) malformed('Arguments are cut off.')
  const length = hex.startsWith(lengthPadding, at)
    ? readHalf(hex, at + lengthPadding.length, at + digits)
    : Number.POSITIVE_INFINITY
  return length <= tupleBytesMax ? length : malformed('A length is larger than what there is.')
}

/** Text from its digits; strings of ours are labels and domains, so ASCII is the quick way. */
function readText(hex: string): string {
  let text = ''
  for (let at = 0; at < hex.length; at += 2) {
    const code = readHalf(hex, at, at + 2)
    if (code >= 0x80) return fromUtf8(fromHex(hex)!) ?? malformed('A string is not UTF-8.')
    text += String.fromCharCode(code)
  }
  return text
}

/**
 * Values in the order of `forms`, from 0x and digits in lower case, which are not checked to be such; Fault unless they
 * are the canonical encoding.
 */
export function decodeTuple(forms: readonly Form[], text: string): Value[] {
  if (text.length > 2 + 2 * tupleBytesMax) malformed(`${Math.ceil(text.length / 2) - 1} bytes of arguments.`)
  let end = 2 + forms.length * digits
  const values = new Array<Value>(forms.length)
  for (let i = 0; i < forms.length; i++) {
    const form = forms[i]!
    if (form.kind !== 'bytes' && form.kind !== 'string') {
      values[i] = readWord(form, text, 2 + i * digits)
      continue
    }
    if (2 + 2 * readLength(text, 2 + i * digits) !== end)
      malformed('An offset is not where an encoder puts it.')
    const start = end + digits
    const valueEnd = start + 2 * readLength(text, end)
    end = start + 2 * padded((valueEnd - start) / 2)
    if (end > text.length) malformed('A value is cut off.')
    if (!text.startsWith(zeros.slice(0, end - valueEnd), valueEnd)) malformed('Padding is not zero.')
    const value = text.slice(start, valueEnd)
    values[i] = form.kind === 'bytes' ? `0x${value}` : readText(value)
  }
  if (end !== text.length) malformed(end > text.length ? 'Arguments are cut off.' : 'Bytes are left over.')
  return values
}

/** One static value from a word, as `decodeTuple` does it. */
export function decodeWord(form: Form, text: string): Value {
  return text.length === 2 + digits ? readWord(form, text, 2) : malformed('A word does not have 32 bytes.')
}

/** One static value as a word; a value that does not fit is a bug of the caller. */
export function encodeWord(form: Form, value: Value): Uint8Array {
  const hex = typeof value === 'string' ? value : value.toString(16).padStart(form.bytes * 2, '0')
  const bytes = fromHex(hex)
  assert(bytes?.length === form.bytes, `${form.type} of ${value}`)
  const out = new Uint8Array(word)
  out.set(bytes, form.from / 2)
  return out
}

/** The inverse of `decodeTuple`, as bytes. */
export function encodeTuple(forms: readonly Form[], values: readonly Value[]): Uint8Array {
  const length = formOf('uint64')
  let end = forms.length * word
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  forms.forEach((form, i) => {
    const value = String(values[i])
    if (form.kind !== 'bytes' && form.kind !== 'string') {
      heads.push(encodeWord(form, values[i]!))
      return
    }
    const bytes = form.kind === 'string' ? utf8(value) : fromHex(value)
    assert(bytes, `${form.type} of ${value}`)
    const tail = new Uint8Array(word + padded(bytes.length))
    tail.set(encodeWord(length, bytes.length))
    tail.set(bytes, word)
    heads.push(encodeWord(length, end))
    tails.push(tail)
    end += tail.length
  })
  return concatBytes([...heads, ...tails])
}
