// What this edge saw of its own clients: the least round trip to each network that comes often enough.
//
// Round trips are measured in passing (resolver/io/handshake.ts), never by asking. Of an address its network alone is
// kept, a /24 or a /48. The least one counts, since whatever else is in a measurement makes it longer: a slow client, a
// busy machine, a first packet lost. Two generations let it fade: routes change, and what was seen two of them ago is
// gone.

import { publicNetwork } from './network.ts'
import { type ClientPrefix, prefixText } from './subnet.ts'

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
