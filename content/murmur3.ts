// MurmurHash3 x64 128 (Austin Appleby, public domain), its first 64 bits: what places a name in a HAMT shard.
//
// UnixFS hashes with seed 0 and keeps only the first half (boxo `hamt/util.go`). BigInt arithmetic: slower than
// split 32-bit words, yet a quarter of the code, and a directory name costs some microseconds once.

const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn

const word = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotate = (value: bigint, bits: bigint): bigint => word(value << bits) | (value >> (64n - bits))
const mixFirst = (k: bigint): bigint => word(rotate(word(k * c1), 31n) * c2)
const mixSecond = (k: bigint): bigint => word(rotate(word(k * c2), 33n) * c1)

/** The first 8 bytes of the digest, most significant byte first. */
export function murmur3(bytes: Uint8Array): Uint8Array {
  const padded = new DataView(new ArrayBuffer((Math.floor(bytes.length / 16) + 1) * 16))
  new Uint8Array(padded.buffer).set(bytes)
  let h1 = 0n
  let h2 = 0n
  const wholeEnd = bytes.length - (bytes.length % 16)
  for (let at = 0; at < wholeEnd; at += 16) {
    h1 = word(rotate(h1 ^ mixFirst(padded.getBigUint64(at, true)), 27n) + h2)
    h1 = word(h1 * 5n + 0x52dce729n)
    h2 = word(rotate(h2 ^ mixSecond(padded.getBigUint64(at + 8, true)), 31n) + h1)
    h2 = word(h2 * 5n + 0x38495ab5n)
  }
  // Absent tail bytes are zero, and zero mixes to zero: the padded words stand for the reference's switch.
  h1 ^= mixFirst(padded.getBigUint64(wholeEnd, true))
  h2 ^= mixSecond(padded.getBigUint64(wholeEnd + 8, true))
  const length = BigInt(bytes.length)
  h1 = word((h1 ^ length) + (h2 ^ length))
  h2 = word((h2 ^ length) + h1)
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, word(finish(h1) + finish(h2)))
  return out
}

function finish(h: bigint): bigint {
  h = word((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn)
  h = word((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return h ^ (h >> 33n)
}
