// The networks by which clients are known: a /24 of IPv4 and a /48 of IPv6, which are what is commonly routed and what
// resolvers tell (RFC 7871 §11.1). Only public ones: 10.0.0.1 is another place to everybody.

import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { PrefixMap } from './prefix-map.ts'
import { type ClientPrefix, networkOf, parsePrefix } from './subnet.ts'

/** RFC 6890 and RFC 4193; of IPv6 all but 2000::/3, and 6to4, whose routes say nothing of where it leads. */
const notPublic = new PrefixMap<boolean>()
for (const text of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/3', '4000::/2', '8000::/1', '2002::/16'],
])
  notPublic.set(parsePrefix(text)!, true)

export function isPublic(octets: Uint8Array): boolean {
  return notPublic.find(octets).value === undefined
}

export function networkBitsOf(octets: Uint8Array): 24 | 48 {
  return octets.length === 4 ? 24 : 48
}

/** The network of a public address as sockets spell it, IPv4 also when mapped into IPv6; undefined for all else. */
export function publicNetwork(address: string): ClientPrefix | undefined {
  const text = /^::ffff:(?=\d+\.)/i.test(address) ? address.slice(7) : address
  const octets = parseIpv4(text) ?? parseIpv6(text)
  return octets && isPublic(octets) ? networkOf(octets, networkBitsOf(octets)) : undefined
}
