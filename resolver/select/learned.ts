// Where the clients of a prefix are, as far as that was found out: a bounded table that is asked at once and filled
// later.
//
// A question never waits. What is not known is noted down to be looked up, with a bound on how much may wait, and
// answered without it meanwhile. Two tables, because anybody can make up prefixes by the million: what was found is
// displaced only by what was found, and what was asked for in vain is remembered apart, so that it is not asked for
// again soon. What is in use stays longest (CLOCK: the second chance).

import { isPublic, networkBitsOf } from './network.ts'
import { PrefixMap } from './prefix-map.ts'
import { type ClientPrefix, networkOf } from './subnet.ts'

export interface LearnedOptions {
  /** Of what is known; twice as many are remembered as asked for. */
  readonly prefixesMax: number
  readonly waitingMax: number
  /** After this what is known is looked up again; it counts until then. */
  readonly freshMs: number
}

interface Entry<Spot> {
  readonly prefix: ClientPrefix
  readonly spot: Spot
  readonly learntAt: number
  isUsed: boolean
}

export class Learned<Spot> {
  readonly #options: LearnedOptions
  readonly #map = new PrefixMap<Entry<Spot>>()
  /** In the order in which they come up for displacement. */
  readonly #known = new Map<number, Entry<Spot>>()
  /** When; in that order. */
  readonly #asked = new Map<number, number>()
  readonly #waiting = new Map<number, ClientPrefix>()

  constructor(options: LearnedOptions) {
    this.#options = options
  }

  /** What is known of `client` and what part of it that took; all the rest is noted down. */
  find(client: ClientPrefix, now: number): { spot: Spot | undefined; scopeBits: number } {
    const { value: entry, scopeBits } = this.#map.find(client.octets)
    if (entry === undefined || now - entry.learntAt >= this.#options.freshMs) this.#want(client, now)
    if (entry === undefined) return { spot: undefined, scopeBits }
    entry.isUsed = true
    return { spot: entry.spot, scopeBits }
  }

  scopeBits({ octets }: ClientPrefix): number {
    return this.#map.find(octets).scopeBits
  }

  /** The one that waits longest, taken out. */
  next(): ClientPrefix | undefined {
    for (const [key, prefix] of this.#waiting) {
      this.#waiting.delete(key)
      return prefix
    }
    return undefined
  }

  /** `prefix` as `next` gave it; undefined when nothing was found out. */
  learn(prefix: ClientPrefix, spot: Spot | undefined, now: number): void {
    const key = keyOf(prefix)
    this.#known.delete(key)
    if (spot === undefined) {
      this.#map.delete(prefix)
      return
    }
    if (this.#known.size >= this.#options.prefixesMax) this.#displace()
    const entry = { prefix, spot, learntAt: now, isUsed: false }
    this.#known.set(key, entry)
    this.#map.set(prefix, entry)
  }

  figures(): { known: number; waiting: number } {
    return { known: this.#known.size, waiting: this.#waiting.size }
  }

  #want({ octets, bits }: ClientPrefix, now: number): void {
    const networkBits = networkBitsOf(octets)
    if (bits < networkBits) return
    const key = keyOf({ octets })
    const askedAt = this.#asked.get(key)
    if (askedAt !== undefined && now - askedAt < this.#options.freshMs) return
    if (this.#waiting.size >= this.#options.waitingMax) return
    this.#asked.delete(key)
    this.#asked.set(key, now)
    if (this.#asked.size > 2 * this.#options.prefixesMax) this.#asked.delete(this.#asked.keys().next().value!)
    if (isPublic(octets)) this.#waiting.set(key, networkOf(octets, networkBits))
  }

  #displace(): void {
    for (const [key, entry] of this.#known) {
      this.#known.delete(key)
      if (!entry.isUsed) {
        this.#map.delete(entry.prefix)
        return
      }
      entry.isUsed = false
      this.#known.set(key, entry) // behind all others, so the loop ends at the latest when it comes round
    }
  }
}

/** A number for each network: 24 bits of IPv4, 48 of IPv6, which are exact in a double. */
function keyOf({ octets }: { octets: Uint8Array }): number {
  const high = (octets[0]! << 16) | (octets[1]! << 8) | octets[2]!
  if (octets.length === 4) return high
  return 2 ** 48 + high * 2 ** 24 + ((octets[3]! << 16) | (octets[4]! << 8) | octets[5]!)
}
