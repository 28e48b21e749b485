// A block header as the bytes that its hash is of.
//
// Endpoints speak of headers in JSON, but what a chain agrees on is keccak256 of the header's RLP. So the
// JSON is put back into bytes, and from there on only the bytes are believed: their hash is the block's name,
// the state root inside is what storage proofs are checked against. A field that a later fork adds and that
// is not in the list below gives another hash, and is refused rather than misread. Yellow Paper section
// 4.4.3; EIP-1559, 4895, 4844, 4788, 7685, 7928 and 7843 for the fields behind the nonce.
// `debug_getRawHeader` would save the work, but few public endpoints offer it.

import { RLP } from '@ethereumjs/rlp'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { parseData } from './answers.ts'

export interface BlockHeader {
  /** keccak256 of the bytes, 0x and 64 hexadecimal digits in lower case, like the other two. */
  readonly hash: string
  readonly parentHash: string
  readonly stateRoot: string
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly minedAt: number
}

/**
 * Today's headers take 640 bytes; 2 KiB leaves room for the extra data of test networks with a list of
 * signers.
 */
export const headerBytesMax = 2048

const extraBytesMax = 1024

/** Length in bytes, or `integer` (big-endian without leading zeros), or `bytes` (as they are). */
type Kind = number | 'integer' | 'bytes'

const fields: readonly (readonly [name: string, kind: Kind])[] = [
  ['parentHash', 32],
  ['sha3Uncles', 32],
  ['miner', 20],
  ['stateRoot', 32],
  ['transactionsRoot', 32],
  ['receiptsRoot', 32],
  ['logsBloom', 256],
  ['difficulty', 'integer'],
  ['number', 'integer'],
  ['gasLimit', 'integer'],
  ['gasUsed', 'integer'],
  ['timestamp', 'integer'],
  ['extraData', 'bytes'],
  ['mixHash', 32],
  ['nonce', 8],
]

/** In the order in which forks added them; a header has the first few. */
const laterFields: typeof fields = [
  ['baseFeePerGas', 'integer'],
  ['withdrawalsRoot', 32],
  ['blobGasUsed', 'integer'],
  ['excessBlobGas', 'integer'],
  ['parentBeaconBlockRoot', 32],
  ['requestsHash', 32],
  ['blockAccessListHash', 32],
  ['slotNumber', 'integer'],
]

const position = new Map(fields.map(([name], i) => [name, i]))

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

function integerBytes(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value))
    malformed(`The endpoint answered with a bad ${name}.`)
  const digits = value.slice(2).replace(/^0+/, '')
  return fromHex(digits.padStart(digits.length + (digits.length % 2), '0'))!
}

function fieldBytes(value: unknown, name: string, kind: Kind): Uint8Array {
  if (kind === 'integer') return integerBytes(value, name)
  const size = kind === 'bytes' ? { bytesMax: extraBytesMax } : { bytes: kind }
  return fromHex(parseData(value, name, size))!
}

/**
 * The bytes of the header that `eth_getBlockBy…` described; Fault `bytes/malformed` when a field is missing
 * or ill-formed. Whether they are the header that was meant, their hash says.
 */
export function encodeHeader(answer: unknown): Uint8Array {
  if (typeof answer !== 'object' || answer === null) malformed('The endpoint answered with no block.')
  const block = answer as Record<string, unknown>
  const present = laterFields.filter(([name]) => block[name] !== undefined && block[name] !== null)
  return RLP.encode([...fields, ...present].map(([name, kind]) => fieldBytes(block[name], name, kind)))
}

function integerOf(bytes: Uint8Array, name: string): number {
  // 6 bytes: block numbers and seconds stay below 2^48 for ages, and a double holds 2^53.
  if (bytes.length > 6 || bytes[0] === 0) malformed(`The header's ${name} is not an integer in range.`)
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

function itemsOf(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length > headerBytesMax) throw new Fault('bytes/too-large', 'The header is too long.')
  let items: unknown
  try {
    items = RLP.decode(bytes)
  } catch {
    malformed('The header is not RLP.')
  }
  const all = fields.length + laterFields.length
  if (!Array.isArray(items) || items.length < fields.length || items.length > all)
    malformed('The header does not have the fields of a header.')
  if (!items.every(item => item instanceof Uint8Array)) malformed('The header has a list for a field.')
  return items as Uint8Array[]
}

/**
 * Reads a header and computes its hash; says nothing of whether the block is part of any chain. Faults:
 * `bytes/malformed`, `bytes/too-large`.
 */
export function readHeader(bytes: Uint8Array): BlockHeader {
  const items = itemsOf(bytes)
  for (const [i, [name, kind]] of [...fields, ...laterFields].entries()) {
    if (typeof kind === 'number' && items[i] && items[i].length !== kind)
      malformed(`The header's ${name} has a wrong length.`)
  }
  const field = (name: string): Uint8Array => items[position.get(name)!]!
  return {
    hash: `0x${toHex(keccak_256(bytes))}`,
    parentHash: `0x${toHex(field('parentHash'))}`,
    stateRoot: `0x${toHex(field('stateRoot'))}`,
    number: integerOf(field('number'), 'number'),
    minedAt: integerOf(field('timestamp'), 'timestamp') * 1000,
  }
}
