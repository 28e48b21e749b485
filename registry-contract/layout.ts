// Where NameRegistry keeps a name, and what the 256 bits of each slot say: the table at the head of
// contracts/NameRegistry.sol, read from outside.
//
// `_names` is the contract's first variable, so a name begins at base = keccak256(node ‖ 0), both as 32-byte
// words. The word at the base says which other slots there are: the contract keeps the rest at zero, and its
// code is part of what one trusts. So a common name is shown by two slots, not by six with a path of two
// kilobytes each. Solidity documentation, "Layout of State Variables in Storage": mappings, and `bytes` (up
// to 31 of them in the slot itself, with twice the length in the last byte; longer ones at keccak256(slot),
// with twice the length plus one in the slot).

import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes, toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

/** A record as stored, whatever the clock says; hexadecimal texts are in lower case with 0x. */
export interface NameRecord {
  readonly node: string
  /** The zero address for a name that was never registered. */
  readonly owner: string
  /** Who else may change content and zone; the zero address for nobody. */
  readonly delegate: string
  /** Milliseconds since the epoch; 0 when never registered. */
  readonly expiresAt: number
  readonly sequence: number
  /** EIP-1577; `0x` when there is none. */
  readonly contenthash: string
  /** EIP-1577 of the owner's signed zone; `0x` for none. */
  readonly zonehash: string
}

/** What is known of the storage: 64 hexadecimal digits of the slot's number to its 32 bytes. */
export type Words = ReadonlyMap<string, Uint8Array>

/** The slot of the mapping `_names`. */
const namesSlot = 0
const delegateAt = 1
const digestsAt = 2
const othersAt = 4
/** `HASH_LENGTH_MAX` of the contract. */
const hashBytesMax = 128

type Kind = 'none' | 'dagPb' | 'raw' | 'other'
const kinds: readonly Kind[] = ['none', 'dagPb', 'raw', 'other']
/** EIP-1577 "ipfs-ns", CIDv1, codec, SHA-256 of 32 bytes. */
const prefixes: Partial<Record<Kind, string>> = { dagPb: 'e30101701220', raw: 'e30101551220' }

interface Facts {
  readonly owner: string
  readonly expiresAt: number
  readonly sequence: number
  readonly hasDelegate: boolean
  /** Of contenthash and zonehash. */
  readonly kinds: readonly [Kind, Kind]
}

function invalid(what: string): never {
  throw new Fault('proof/invalid', `Record: ${what}`)
}

function integerOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** `slot` + `add`, modulo 2^256 as the EVM counts. */
function slotAfter(slot: Uint8Array, add: number): Uint8Array {
  const sum = (BigInt(`0x${toHex(slot)}`) + BigInt(add)) & ((1n << 256n) - 1n)
  return Uint8Array.from(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex'))
}

function baseOf(node: Uint8Array): Uint8Array {
  const index = new Uint8Array(32)
  index[31] = namesSlot
  return keccak_256(concatBytes([node, index]))
}

/** Bits count from the right, so the sequence's 200-247 are bytes 1 to 6 from the left. */
function factsOf(word: Uint8Array): Facts {
  const flags = word[0]!
  if (flags >= 1 << 5) invalid('the first slot has a flag that this version does not know.')
  return {
    owner: `0x${toHex(word.subarray(12))}`,
    expiresAt: integerOf(word.subarray(7, 12)) * 1000,
    sequence: integerOf(word.subarray(1, 7)),
    hasDelegate: (flags & (1 << 4)) !== 0,
    kinds: [kinds[flags & 3]!, kinds[(flags >> 2) & 3]!],
  }
}

/** Of Solidity's `bytes`, from the word in their slot. */
function lengthOf(word: Uint8Array): { length: number; long: boolean } {
  const long = (word[31]! & 1) === 1
  const doubled = long ? word : word.subarray(31)
  if (doubled.subarray(0, -2).some(byte => byte !== 0)) invalid('a hash has a length past every bound.')
  const length = Math.floor(integerOf(doubled) / 2)
  const fits = long ? length > 31 && length <= hashBytesMax : length > 0 && length <= 31
  return fits ? { length, long } : invalid('a hash has a length that the contract does not write.')
}

function longSlots(slot: Uint8Array, length: number): Uint8Array[] {
  const first = keccak_256(slot)
  return Array.from({ length: Math.ceil(length / 32) }, (_, i) => slotAfter(first, i))
}

function hashSlots(base: Uint8Array, which: 0 | 1, kind: Kind, known: Words): Uint8Array[] {
  if (kind === 'none') return []
  if (kind !== 'other') return [slotAfter(base, digestsAt + which)]
  const slot = slotAfter(base, othersAt + which)
  const word = known.get(toHex(slot))
  const size = word && lengthOf(word)
  return size?.long ? [slot, ...longSlots(slot, size.length)] : [slot]
}

/**
 * Every slot that the record takes, as far as can be told from the words that are known: begin with none,
 * read what is missing, ask again until nothing is; three rounds at most, twelve slots. Fault
 * `proof/invalid`.
 */
export function slotsOf(node: Uint8Array, known: Words): Uint8Array[] {
  const base = baseOf(node)
  const word = known.get(toHex(base))
  if (!word) return [base]
  const facts = factsOf(word)
  const [content, zone] = facts.kinds
  return [
    base,
    ...(facts.hasDelegate ? [slotAfter(base, delegateAt)] : []),
    ...hashSlots(base, 0, content, known),
    ...hashSlots(base, 1, zone, known),
  ]
}

/** The word of a slot that `slotsOf` has named. */
function wordAt(words: Words, slot: Uint8Array): Uint8Array {
  return words.get(toHex(slot)) ?? invalid('a slot is missing.')
}

function hashOf(base: Uint8Array, which: 0 | 1, kind: Kind, words: Words): string {
  const slots = hashSlots(base, which, kind, words)
  const [first, ...rest] = slots.map(slot => wordAt(words, slot))
  if (!first) return '0x'
  if (kind !== 'other') return `0x${prefixes[kind]}${toHex(first)}`
  const { length, long } = lengthOf(first)
  const bytes = long ? concatBytes(rest) : first.subarray(0, 31)
  if (bytes.subarray(length).some(byte => byte !== 0)) invalid('a hash goes on behind its end.')
  return `0x${toHex(bytes.subarray(0, length))}`
}

/** The record in these words. Fault `proof/invalid` for what the contract never writes, or a missing slot. */
export function recordOf(node: Uint8Array, words: Words): NameRecord {
  const base = baseOf(node)
  const facts = factsOf(wordAt(words, base))
  const delegate = facts.hasDelegate ? wordAt(words, slotAfter(base, delegateAt)) : new Uint8Array(32)
  if (delegate.subarray(0, 12).some(byte => byte !== 0)) invalid('the delegate is not an address.')
  return {
    node: `0x${toHex(node)}`,
    owner: facts.owner,
    delegate: `0x${toHex(delegate.subarray(12))}`,
    expiresAt: facts.expiresAt,
    sequence: facts.sequence,
    contenthash: hashOf(base, 0, facts.kinds[0], words),
    zonehash: hashOf(base, 1, facts.kinds[1], words),
  }
}
