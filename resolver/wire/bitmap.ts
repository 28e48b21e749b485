// Which types a name has, as NSEC, NSEC3 and CSYNC say it (RFC 4034 §4.1.2): windows of 256 types, each with
// its number, the count of its octets, and a bit for each type, the highest bit first.

import { malformed } from './reader.ts'

/** The types in ascending order. Throws Fault `bytes/malformed` for windows out of order or of wrong size. */
export function bitmapTypes(octets: Uint8Array): number[] {
  const found: number[] = []
  let previous = -1
  for (let at = 0; at < octets.length; ) {
    const window = octets[at]!
    const count = octets[at + 1] ?? 0
    const end = at + 2 + count
    if (window <= previous || count < 1 || count > 32 || end > octets.length || octets[end - 1] === 0) {
      throw malformed('a bitmap of types whose windows are not as RFC 4034 §4.1.2 has them')
    }
    for (let i = at + 2; i < end; i++) {
      for (let bit = 0; bit < 8; bit++) {
        if ((octets[i]! & (0x80 >>> bit)) !== 0) found.push((window << 8) | ((i - at - 2) << 3) | bit)
      }
    }
    previous = window
    at = end
  }
  return found
}

/** The inverse, for types in any order. */
export function typesBitmap(found: readonly number[]): Uint8Array {
  const octets: number[] = []
  for (const window of [...new Set(found.map(type => type >>> 8))].sort((a, b) => a - b)) {
    const lows = found.filter(type => type >>> 8 === window).map(type => type & 0xff)
    const bits = new Array<number>((Math.max(...lows) >>> 3) + 1).fill(0)
    for (const low of lows) bits[low >>> 3]! |= 0x80 >>> (low & 7)
    octets.push(window, bits.length, ...bits)
  }
  return Uint8Array.from(octets)
}
