// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages, in 64 bits.
//
// RFC 9018 §4.4 chose it for server cookies, so that servers of different makers that share a secret
// understand each other's. Words of 64 bits are two of 32 here: BigInt allocates for every addition, and the
// hash runs for each query that brings a cookie. A MAC of `node:crypto` would cost ten times as much to set up.

/** The hash of `message` under `key` (16 octets), as eight octets, least first. */
export function sipHash24(key: Uint8Array, message: Uint8Array): Uint8Array {
  const state = initial(key)
  const whole = message.length & ~7
  for (let at = 0; at < whole; at += 8) absorb(state, u32(message, at), u32(message, at + 4))
  // The last block carries the length in its last octet.
  const last = new Uint8Array(8)
  last.set(message.subarray(whole))
  last[7] = message.length
  absorb(state, u32(last, 0), u32(last, 4))
  state[4]! ^= 0xff
  for (let i = 0; i < 4; i++) round(state)
  const hash = new Uint8Array(8)
  const low = state[0]! ^ state[2]! ^ state[4]! ^ state[6]!
  const high = state[1]! ^ state[3]! ^ state[5]! ^ state[7]!
  for (let i = 0; i < 4; i++) {
    hash[i] = low >>> (8 * i)
    hash[4 + i] = high >>> (8 * i)
  }
  return hash
}

/** v0 to v3, the lower half of each before the upper; "somepseudorandomlygeneratedbytes" by the paper. */
function initial(key: Uint8Array): Int32Array {
  const [k0, k1, k2, k3] = [u32(key, 0), u32(key, 4), u32(key, 8), u32(key, 12)]
  return Int32Array.of(
    0x70736575 ^ k0,
    0x736f6d65 ^ k1,
    0x6e646f6d ^ k2,
    0x646f7261 ^ k3,
    0x6e657261 ^ k0,
    0x6c796765 ^ k1,
    0x79746573 ^ k2,
    0x74656462 ^ k3,
  )
}

function absorb(state: Int32Array, low: number, high: number): void {
  state[6]! ^= low
  state[7]! ^= high
  round(state)
  round(state)
  state[0]! ^= low
  state[1]! ^= high
}

function round(v: Int32Array): void {
  add(v, 0, 2)
  add(v, 4, 6)
  rotateXor(v, 2, 13, 0)
  rotateXor(v, 6, 16, 4)
  swap(v, 0)
  add(v, 4, 2)
  add(v, 0, 6)
  rotateXor(v, 2, 17, 4)
  rotateXor(v, 6, 21, 0)
  swap(v, 4)
}

/** v[a] += v[b] */
function add(v: Int32Array, a: number, b: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0)
  v[a + 1] = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0)
  v[a] = low
}

/** v[a] = rotl(v[a], bits) ^ v[b], for 0 < bits < 32 */
function rotateXor(v: Int32Array, a: number, bits: number, b: number): void {
  const low = v[a]!
  const high = v[a + 1]!
  v[a] = ((low << bits) | (high >>> (32 - bits))) ^ v[b]!
  v[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[b + 1]!
}

/** v[a] = rotl(v[a], 32) */
function swap(v: Int32Array, a: number): void {
  const low = v[a]!
  v[a] = v[a + 1]!
  v[a + 1] = low
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
