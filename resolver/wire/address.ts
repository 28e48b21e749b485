// IP addresses between their spelling and their octets.
//
// Strict on purpose: `010.0.0.1`, `1.2.3` and zone indices mean different things to different programs, so
// they mean nothing here. IPv6 is written as RFC 5952 wants it: lower case, the longest run of zeros as
// `::`.

/** Four octets, or undefined unless `text` is four decimal numbers without leading zeros. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4)
  let part = 0
  let octet = 0
  let digits = 0
  // Octet by octet rather than by pattern: this runs for each address of each answer.
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (text[at] === '.' && digits > 0 && part < 3) {
      bytes[part++] = octet
      octet = digits = 0
      continue
    }
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined
    octet = octet * 10 + digit
    digits++
    if (octet > 255) return undefined
  }
  if (part !== 3 || digits === 0) return undefined
  bytes[3] = octet
  return bytes
}

/** Sixteen octets, or undefined unless `text` is an IPv6 address (RFC 4291 §2.2, all three forms). */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap(group => [group >>> 8, group & 0xff]))
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1)!
  const ipv4 = mayEndInIpv4 && last.includes('.') ? parseIpv4(last) : undefined
  if (ipv4 !== undefined) parts.pop()
  if (!parts.every(part => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  const groups = parts.map(part => Number.parseInt(part, 16))
  if (ipv4 !== undefined) groups.push((ipv4[0]! << 8) | ipv4[1]!, (ipv4[2]! << 8) | ipv4[3]!)
  return groups
}

/** The spelling of four or sixteen octets. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  const zeros = longestZeros(groups)
  if (zeros.count < 2) return groups.join(':')
  return `${groups.slice(0, zeros.at).join(':')}::${groups.slice(zeros.at + zeros.count).join(':')}`
}

function longestZeros(groups: readonly string[]): { at: number; count: number } {
  let best = { at: 0, count: 0 }
  for (let at = 0, count = 0; at < groups.length; at++) {
    count = groups[at] === '0' ? count + 1 : 0
    if (count > best.count) best = { at: at - count + 1, count }
  }
  return best
}
