// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages, in 64 bits.
//
// RFC 9018 §4.4 chose it for server cookies, so that servers of different makers that share a secret
// understand each other's. Words of 64 bits are two of 32 here: BigInt allocates for every addition, and the
// hash runs for each query that brings a cookie. A MAC of `node:crypto` would cost ten times as much to set up.

/** The hash of `message` under `key` (16 octets), as eight octets, least first, written to `into` at `at`. */
export function sipHash24(key: Uint8Array, message: Uint8Array, into: Uint8Array, at = 0): void {
  begin(key)
  const whole = message.length & ~7
  for (let from = 0; from < whole; from += 8) absorb(u32(message, from), u32(message, from + 4))
  // The last block carries the length in its last octet.
  let low = 0
  let high = message.length << 24
  for (let i = whole; i < message.length; i++) {
    if (i - whole < 4) low |= message[i]! << (8 * (i - whole))
    else high |= message[i]! << (8 * (i - whole - 4))
  }
  absorb(low, high)
  v[4]! ^= 0xff
  for (let i = 0; i < 4; i++) round()
  low = v[0]! ^ v[2]! ^ v[4]! ^ v[6]!
  high = v[1]! ^ v[3]! ^ v[5]! ^ v[7]!
  for (let i = 0; i < 4; i++) {
    into[at + i] = low >>> (8 * i)
    into[at + 4 + i] = high >>> (8 * i)
  }
}

/** v0 to v3, the lower half of each before the upper. One for all, since nothing here can be interrupted. */
const v = new Int32Array(8)

/** The constants spell "somepseudorandomlygeneratedbytes". */
function begin(key: Uint8Array): void {
  const [k0, k1, k2, k3] = [u32(key, 0), u32(key, 4), u32(key, 8), u32(key, 12)]
  v[0] = 0x70736575 ^ k0
  v[1] = 0x736f6d65 ^ k1
  v[2] = 0x6e646f6d ^ k2
  v[3] = 0x646f7261 ^ k3
  v[4] = 0x6e657261 ^ k0
  v[5] = 0x6c796765 ^ k1
  v[6] = 0x79746573 ^ k2
  v[7] = 0x74656462 ^ k3
}

function absorb(low: number, high: number): void {
  v[6]! ^= low
  v[7]! ^= high
  round()
  round()
  v[0]! ^= low
  v[1]! ^= high
}

function round(): void {
  add(0, 2)
  add(4, 6)
  rotateXor(2, 13, 0)
  rotateXor(6, 16, 4)
  swap(0)
  add(4, 2)
  add(0, 6)
  rotateXor(2, 17, 4)
  rotateXor(6, 21, 0)
  swap(4)
}

/** v[a] += v[b] */
function add(a: number, b: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0)
  v[a + 1] = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0)
  v[a] = low
}

/** v[a] = rotl(v[a], bits) ^ v[b], for 0 < bits < 32 */
function rotateXor(a: number, bits: number, b: number): void {
  const low = v[a]!
  const high = v[a + 1]!
  v[a] = ((low << bits) | (high >>> (32 - bits))) ^ v[b]!
  v[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[b + 1]!
}

/** v[a] = rotl(v[a], 32) */
function swap(a: number): void {
  const low = v[a]!
  v[a] = v[a + 1]!
  v[a + 1] = low
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
