// How the addresses of an edge are written: as bytes on chain, as text everywhere else.

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
