// The part of Solidity's ABI that our contracts use: static words, `bytes` and `string`, in one flat tuple.
//
// A tuple is a row of 32-byte words. A dynamic value leaves its offset in the row and goes, with its length
// before it, behind the row. The decoder accepts the canonical encoding and nothing else: offsets where an
// encoder would put them, zeros where there is padding, no byte too many. So every value has one encoding,
// and a hostile one cannot make two readers disagree. ethers decodes all of Solidity, but at 1,800 events a
// second and with a start-up of 0.2 s. Solidity documentation, "Contract ABI Specification", sections "Formal
// Specification" and "Events".

import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

/**
 * Hexadecimal text with 0x for bytes and addresses (lower case), a number for an integer, text for a string.
 */
export type Value = string | number

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
/**
 * Bytes of arguments; the largest of ours is a string of 63 bytes with three words, this leaves ample room.
 */
const tupleBytesMax = 2048

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
      return { type: words[0]!, indexed: words[1] === 'indexed', name: words.at(-1)! }
    })
  const canonical = `${match[2]}(${fields.map(field => field.type).join(',')})`
  const hash = `0x${toHex(keccak_256(utf8(canonical)))}`
  return { kind: match[1] as Signature['kind'], name: match[2]!, fields, hash }
}

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

function isDynamic(type: string): boolean {
  return type === 'bytes' || type === 'string'
}

/** A bound on what fits the type, in bytes from one end of the word: `uint16` 2, `bytes4` 4, `address` 20. */
function widthOf(type: string): { bytes: number; left: boolean } {
  if (type === 'address') return { bytes: 20, left: false }
  const match = /^(uint|bytes)(\d+)$/.exec(type)
  assert(match, `type ${type}`)
  const left = match[1] === 'bytes'
  return { bytes: left ? Number(match[2]) : Number(match[2]) / 8, left }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0)
}

/**
 * One static value from its 32 bytes. An integer past 2^53 - 1 is a Fault: nothing of ours is ever that
 * large.
 */
export function decodeWord(type: string, bytes: Uint8Array): Value {
  const { bytes: width, left } = widthOf(type)
  const value = left ? bytes.subarray(0, width) : bytes.subarray(word - width)
  const padding = left ? bytes.subarray(width) : bytes.subarray(0, word - width)
  if (bytes.length !== word || !isZero(padding)) malformed(`A word does not hold a ${type}.`)
  if (!type.startsWith('uint')) return `0x${toHex(value)}`
  const integer = Number(BigInt(`0x${toHex(value)}`))
  if (!Number.isSafeInteger(integer)) malformed(`A ${type} is larger than 2^53 - 1.`)
  return integer
}

export function encodeWord(type: string, value: Value): Uint8Array {
  const { bytes: width, left } = widthOf(type)
  const bytes = fromHex(typeof value === 'number' ? value.toString(16).padStart(width * 2, '0') : value)
  assert(bytes?.length === width, `${type} of ${value}`)
  const out = new Uint8Array(word)
  out.set(bytes, left ? 0 : word - width)
  return out
}

function padded(length: number): number {
  return Math.ceil(length / word) * word
}

/** The dynamic value whose length word must stand at `at`; returns where the next one must begin. */
function decodeTail(type: string, bytes: Uint8Array, at: number): { value: Value; next: number } {
  if (at + word > bytes.length) malformed('A length is missing.')
  const length = decodeWord('uint256', bytes.subarray(at, at + word)) as number
  const next = at + word + padded(length)
  if (next > bytes.length) malformed('A value is cut off.')
  const value = bytes.subarray(at + word, at + word + length)
  if (!isZero(bytes.subarray(at + word + length, next))) malformed('Padding is not zero.')
  if (type === 'bytes') return { value: `0x${toHex(value)}`, next }
  return { value: fromUtf8(value) ?? malformed('A string is not UTF-8.'), next }
}

/** Values in the order of `types`; Fault unless `bytes` is their canonical encoding, to the byte. */
export function decodeTuple(types: readonly string[], bytes: Uint8Array): Value[] {
  if (bytes.length > tupleBytesMax) malformed(`${bytes.length} bytes of arguments.`)
  let end = types.length * word
  if (bytes.length < end) malformed('Arguments are cut off.')
  const values = types.map((type, i) => {
    const head = bytes.subarray(i * word, (i + 1) * word)
    if (!isDynamic(type)) return decodeWord(type, head)
    if (decodeWord('uint256', head) !== end) malformed('An offset is not where an encoder puts it.')
    const { value, next } = decodeTail(type, bytes, end)
    end = next
    return value
  })
  if (end !== bytes.length) malformed('Bytes are left over.')
  return values
}

/** The inverse of `decodeTuple`; a value that does not fit its type is a bug of the caller. */
export function encodeTuple(types: readonly string[], values: readonly Value[]): Uint8Array {
  let end = types.length * word
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  types.forEach((type, i) => {
    const value = values[i]!
    if (!isDynamic(type)) {
      heads.push(encodeWord(type, value))
      return
    }
    const bytes = type === 'string' ? utf8(String(value)) : fromHex(String(value))
    assert(bytes, `${type} of ${value}`)
    const tail = new Uint8Array(word + padded(bytes.length))
    tail.set(encodeWord('uint256', bytes.length))
    tail.set(bytes, word)
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
