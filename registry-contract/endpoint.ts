// How the addresses of an edge are written: as bytes on chain, as text everywhere else.
//
// An edge has an IPv4 address, at which its peers know it, and perhaps an IPv6 one for clients. Of each address there
// is one spelling, so that what an operator wrote and what the chain says can be compared as text.

/** `0x7f000101` → `127.0.1.1`; empty for four zeros, which stand for no address. */
export function ipv4Text(hex: string): string {
  if (/^0x0+$/.test(hex)) return ''
  return [2, 4, 6, 8].map(at => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')
}

/** RFC 5952 section 4: no leading zeros, the longest run of zero groups as `::`, lower case; empty for all zeros. */
export function ipv6Text(hex: string): string {
  if (/^0x0+$/.test(hex)) return ''
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number.parseInt(hex.slice(2 + 4 * i, 6 + 4 * i), 16).toString(16),
  )
  let [start, length] = [0, 1]
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (groups[i + run] === '0') run++
    if (run > length) [start, length] = [i, run]
  }
  if (length === 1) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

/** 16 octets, whatever way `text` spells them; undefined for what is no IPv6 address. */
export function ipv6Hex(text: string): string | undefined {
  const url = /^[\da-f:.]+$/i.test(text) ? URL.parse(`http://[${text}]/`) : null
  if (url === null) return undefined
  // What a URL has is in lower case, without leading zeros and without a dotted end.
  const [left, right] = url.hostname
    .slice(1, -1)
    .split('::')
    .map(part => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(8 - left!.length - (right?.length ?? 0)).fill('0')
  const groups = [...left!, ...zeros, ...(right ?? [])]
  return `0x${groups.map(group => group.padStart(4, '0')).join('')}`
}
