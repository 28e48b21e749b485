// Response rate limiting: how many answers a part of the network gets, before it must show that it asks.
//
// Who forges the address of a victim makes us shout at it. So answers over UDP are counted for each prefix of
// clients (a forger picks addresses freely, a victim is a network), for each of its names, and for all of them
// together. What an answer is counted under is its imputed name: everything that does not exist in a zone
// counts as one, or random names would never meet a bound. Above the rate, every second answer shrinks to a
// "come again by TCP" (or to a cookie), which a real client understands and which is no larger than what was
// asked; the others are not sent. It is BIND's and NSD's idea (Vixie, ISC-TN-2012-1).
//
// Token buckets in a table of fixed size: what a flood of addresses could overwrite is the memory of others,
// never the bound of our own.

import { assert } from '../../base/fault.ts'

export interface LimitOptions {
  /** Answers per second for one prefix and imputed name; as many at once. 0 for no limit. */
  readonly answersPerS: number
  /** The same for one prefix and all names together. 0 for no limit. */
  readonly prefixAnswersPerS: number
  /** Every which answer above the rate is sent truncated: 2 for every other one, 1 for all, 0 for none. */
  readonly slip: number
  /** Buckets for names, and as many for prefixes: a power of two; 16 octets each. */
  readonly buckets: number
  /** Makes it unknown to others which prefixes share a bucket. */
  readonly seed: number
  /** Ms, from anywhere; when it steps back, time stands still here. */
  now(): number
}

export type Judgement = 'send' | 'slip' | 'drop'

export interface Limiter {
  /** Counts an answer to `address` (4 or 16 octets) whose imputed name is `imputed` (from `imputedHash`). */
  judge(address: Uint8Array, imputed: number): Judgement
}

/** Prefixes that are likely to be one network: /24 and /56. */
const prefixBytes = { ipv4: 3, ipv6: 7 }
/** What a prefix that was quiet may have at once, in seconds of its rate: one, as with BIND. */
const burstS = 1
/** A bucket is looked for in this many places that lie beside each other. */
const ways = 4

export function createLimiter(options: LimitOptions): Limiter {
  const { buckets, slip, seed, answersPerS, prefixAnswersPerS } = options
  assert(buckets >= ways && (buckets & (buckets - 1)) === 0, 'the number of buckets is a power of two')
  // Apart, so that random names do not wash the total of their own prefix away.
  const names = createTable(buckets)
  const prefixes = createTable(buckets)
  let slipped = 0
  let clockMs = options.now()
  // Places that were used last are told by their time: one that is ahead would never be given up.
  let nowMs = 1
  return {
    judge(address, imputed) {
      const clockNowMs = options.now()
      if (clockNowMs > clockMs) nowMs += clockNowMs - clockMs
      clockMs = clockNowMs
      const prefix = hashOctets(seed, address, address.length === 4 ? prefixBytes.ipv4 : prefixBytes.ipv6)
      // Both are counted, whatever the first says.
      const forName = answersPerS === 0 || names.take(mix(prefix, imputed), answersPerS, nowMs)
      const forPrefix = prefixAnswersPerS === 0 || prefixes.take(mix(prefix, 0), prefixAnswersPerS, nowMs)
      if (forName && forPrefix) return 'send'
      if (slip === 0) return 'drop'
      slipped = (slipped + 1) % slip
      return slipped === 0 ? 'slip' : 'drop'
    },
  }
}

/** The hash of an imputed name; `kind` keeps, say, the absences in a zone apart from answers at its apex. */
export function imputedHash(kind: number, foldedName: string): number {
  let hash = 0x811c9dc5 ^ kind
  for (let i = 0; i < foldedName.length; i++) hash = Math.imul(hash ^ foldedName.charCodeAt(i), 0x01000193)
  return hash
}

interface Table {
  /** Takes a token from the bucket of `key`, which fills at `perS`; false when there is none. */
  take(key: number, perS: number, nowMs: number): boolean
}

function createTable(buckets: number): Table {
  const keys = new Int32Array(buckets)
  const tokens = new Float32Array(buckets)
  const seenAt = new Float64Array(buckets)
  /** The place of `key`, or the one of its places that was not used for longest. */
  const place = (key: number): number => {
    const first = key & (buckets - 1) & ~(ways - 1)
    let oldest = first
    for (let at = first; at < first + ways; at++) {
      if (keys[at] === key) return at
      if (seenAt[at]! < seenAt[oldest]!) oldest = at
    }
    return oldest
  }
  return {
    take(key, perS, nowMs) {
      const at = place(key)
      const full = perS * burstS
      const known = keys[at] === key && seenAt[at] !== 0
      const grown = ((nowMs - seenAt[at]!) / 1000) * perS
      const left = known ? Math.min(full, tokens[at]! + grown) : full
      keys[at] = key
      seenAt[at] = nowMs
      tokens[at] = left < 1 ? left : left - 1
      return left >= 1
    },
  }
}

function hashOctets(seed: number, octets: Uint8Array, count: number): number {
  let hash = seed ^ octets.length
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ octets[i]!, 0x01000193)
  return hash
}

/** The finalizer of MurmurHash3 over both: neighbours among prefixes are to be none in the table. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0x85ebca6b) ^ b
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
