// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages, in 64 bits.
//
// RFC 9018 §4.4 chose it for server cookies, so that servers of different makers that share a secret
// understand each other's. Words of 64 bits are two of 32 here, in local variables, for the hash runs for each query
// that brings a cookie: BigInt allocates for every addition, and a MAC of `node:crypto` would cost ten times as much to
// set up.

import { assert } from '../../base/fault.ts'

/** What eight blocks hold beside the octet for the length. */
const messageBytesMax = 63

/** The blocks of the message, the lower half of each first. One for all, since nothing here can be interrupted. */
const words = new Int32Array(16)

/** The hash of `message` (63 octets at most) under `key` (16 octets): eight octets, least first, in `into` at `at`. */
export function sipHash24(key: Uint8Array, message: Uint8Array, into: Uint8Array, at = 0): void {
  const absorbing = 2 * readBlocks(message)
  // The constants spell "somepseudorandomlygeneratedbytes".
  let l0 = 0x70736575 ^ u32(key, 0)
  let h0 = 0x736f6d65 ^ u32(key, 4)
  let l1 = 0x6e646f6d ^ u32(key, 8)
  let h1 = 0x646f7261 ^ u32(key, 12)
  let l2 = 0x6e657261 ^ u32(key, 0)
  let h2 = 0x6c796765 ^ u32(key, 4)
  let l3 = 0x79746573 ^ u32(key, 8)
  let h3 = 0x74656462 ^ u32(key, 12)
  // Two rounds for each block, four at the end.
  for (let round = 0; round < absorbing + 4; round++) {
    const isFirst = (round & 1) === 0
    if (round < absorbing && isFirst) {
      l3 ^= words[round]!
      h3 ^= words[round + 1]!
    } else if (round === absorbing) l2 ^= 0xff
    // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
    let low = (l0 + l1) | 0
    let high = (h0 + h1 + carry(low, l0)) | 0
    let kept = l1
    l1 = ((l1 << 13) | (h1 >>> 19)) ^ low
    h1 = ((h1 << 13) | (kept >>> 19)) ^ high
    l0 = high
    h0 = low
    // v2 += v3; v3 = rotl(v3, 16) ^ v2
    low = (l2 + l3) | 0
    h2 = (h2 + h3 + carry(low, l2)) | 0
    l2 = low
    kept = l3
    l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2
    h3 = ((h3 << 16) | (kept >>> 16)) ^ h2
    // v0 += v3; v3 = rotl(v3, 21) ^ v0
    low = (l0 + l3) | 0
    h0 = (h0 + h3 + carry(low, l0)) | 0
    l0 = low
    kept = l3
    l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0
    h3 = ((h3 << 21) | (kept >>> 11)) ^ h0
    // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
    low = (l2 + l1) | 0
    high = (h2 + h1 + carry(low, l2)) | 0
    kept = l1
    l1 = ((l1 << 17) | (h1 >>> 15)) ^ low
    h1 = ((h1 << 17) | (kept >>> 15)) ^ high
    l2 = high
    h2 = low
    if (round < absorbing && !isFirst) {
      l0 ^= words[round - 1]!
      h0 ^= words[round]!
    }
  }
  put32(into, at, l0 ^ l1 ^ l2 ^ l3)
  put32(into, at + 4, h0 ^ h1 ^ h2 ^ h3)
}

/** Fills `words`; the last block carries the length in its last octet. Returns how many blocks there are. */
function readBlocks(message: Uint8Array): number {
  const { length } = message
  assert(length <= messageBytesMax, 'a message for SipHash is short')
  const blocks = (length >>> 3) + 1
  words.fill(0, 0, 2 * blocks)
  for (let i = 0; i < length; i++) words[i >>> 2]! |= message[i]! << (8 * (i & 3))
  words[2 * blocks - 1]! |= length << 24
  return blocks
}

/** Of the addition whose lower half is `sum`, from that of an addend. */
function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i)
}
