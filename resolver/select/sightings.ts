// What this edge saw of its own clients: the least round trip to each network that comes often enough.
//
// Round trips are measured in passing (resolver/io/handshake.ts), never by asking. Of an address its network alone is
// kept, a /24 or a /48. The least one counts, since whatever else is in a measurement makes it longer: a slow client, a
// busy machine, a first packet lost. Two generations let it fade: routes change, and what was seen two of them ago is
// gone. Networks of one's own (RFC 1918 and its kind) are passed over, for they mean another place to everybody.

import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { networkBitsOf } from './learned.ts'
import { PrefixMap } from './prefix-map.ts'
import { type ClientPrefix, networkOf, parsePrefix, prefixText } from './subnet.ts'

export interface Sighting {
  readonly prefix: ClientPrefix
  readonly rttMs: number
  /** Measurements in this generation and the one before. */
  readonly count: number
}

type Generation = Map<string, Sighting>

export class Sightings {
  readonly #prefixesMax: number
  #young: Generation = new Map()
  #old: Generation = new Map()

  /** Keeps two generations of so many networks, at about 200 octets each. */
  constructor(prefixesMax: number) {
    this.#prefixesMax = prefixesMax
  }

  /** `address` as sockets spell it. When the generation is full, the network seen longest ago gives way. */
  see(address: string, rttMs: number): void {
    const prefix = publicNetwork(address)
    if (prefix === undefined || !(rttMs > 0)) return
    const key = prefixText(prefix)
    const before = this.#young.get(key)
    this.#young.delete(key)
    this.#young.set(key, joined({ prefix, rttMs, count: 1 }, before))
    if (this.#young.size > this.#prefixesMax) this.#young.delete(this.#young.keys().next().value!)
  }

  /** At most `countMax` that were measured `countMin` times, the most seen first. */
  best(countMin: number, countMax: number): Sighting[] {
    const all = new Map(this.#old)
    for (const [key, sighting] of this.#young) all.set(key, joined(sighting, all.get(key)))
    return [...all.values()]
      .filter(({ count }) => count >= countMin)
      .sort((a, b) => b.count - a.count)
      .slice(0, countMax)
  }

  /** The young are the old from now on, and the old are forgotten. */
  age(): void {
    this.#old = this.#young
    this.#young = new Map()
  }
}

function joined(a: Sighting, b: Sighting | undefined): Sighting {
  return b === undefined ? a : { ...a, rttMs: Math.min(a.rttMs, b.rttMs), count: a.count + b.count }
}

/** RFC 6890 and RFC 4193: what is not one place for everybody. */
const notPublic = new PrefixMap<boolean>()
for (const text of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/3', '4000::/2', '8000::/1', '2002::/16'],
])
  notPublic.set(parsePrefix(text)!, true)

/** The network of a public address, IPv4 also when mapped into IPv6; undefined for all else. */
export function publicNetwork(address: string): ClientPrefix | undefined {
  const text = /^::ffff:(?=\d+\.)/i.test(address) ? address.slice(7) : address
  const octets = parseIpv4(text) ?? parseIpv6(text)
  if (octets === undefined || notPublic.find(octets).value === true) return undefined
  return networkOf(octets, networkBitsOf(octets))
}
