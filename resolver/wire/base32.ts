// Base32 with the extended hexadecimal alphabet (RFC 4648 §7), without padding: how NSEC3 spells a hash (RFC
// 5155 §3.3), chosen there because it sorts as the octets do.

const digits = '0123456789abcdefghijklmnopqrstuv'

/** Lower case, as a look-up among folded names needs it. */
export function base32Text(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += digits[(value >>> (bits - 5)) & 31]
  }
  return bits > 0 ? text + digits[(value << (5 - bits)) & 31] : text
}

/** In any case; undefined for other characters, a length that no octets have, or bits that say nothing. */
export function parseBase32(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (const character of text.toLowerCase()) {
    const digit = digits.indexOf(character)
    if (digit < 0) return undefined
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    octets[at++] = (value >>> bits) & 0xff
  }
  return bits < 5 && (value & ((1 << bits) - 1)) === 0 ? octets : undefined
}
