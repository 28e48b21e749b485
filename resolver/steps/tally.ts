// What is counted of queries and answers: transport, type, rcode, zone.
//
// A counter's name never comes from a stranger: types without a word of their own count as one, and so do
// zones beyond the first few. Anything else would let a flood of odd queries fill the meter.

import type { Meter } from '../../base/meter.ts'
import { rcodeText, typeText } from '../wire/code.ts'
import { type Name, nameText } from '../wire/name.ts'
import type { Transport } from './query.ts'

/** Zones with a counter of their own; the rest of a large server shares one. */
const zonesMax = 32

export interface Tally {
  query(transport: Transport): void
  event(what: keyof typeof eventCounters): void
  /** The counters that answers of this type, rcode and zone raise; for `answer`. */
  countersFor(type: number | undefined, rcode: number, apex: Name | undefined): readonly string[]
  answer(counters: readonly string[]): void
}

/** For answers that are about no type, or in no zone. */
const none = -1

export function createTally(meter: Meter): Tally {
  /** The same array for the same answers: it is kept with each ready-made one. */
  const known = new Map<string, Map<number, readonly string[]>>()
  const zones = new Map<Name, string>()
  const zoneCounter = (apex: Name): string => {
    const counter = zones.get(apex)
    if (counter !== undefined) return counter
    if (zones.size >= zonesMax) return 'dns.zone.other'
    const fresh = `dns.zone.${nameText(apex)}`
    zones.set(apex, fresh)
    return fresh
  }
  return {
    query: transport => meter.count(queryCounters[transport]),
    event: what => meter.count(eventCounters[what]),
    countersFor(type, rcode, apex) {
      const zone = apex === undefined ? '' : zoneCounter(apex)
      let ofZone = known.get(zone)
      if (ofZone === undefined) known.set(zone, (ofZone = new Map()))
      // Types that have no word are one, so there are no more keys than words.
      const shownType = type === undefined ? none : hasWord(type) ? type : otherType
      const key = shownType * 0x1000 + rcode
      let counters = ofZone.get(key)
      if (counters === undefined) {
        counters = [`dns.rcode.${rcodeText(rcode)}`]
        if (type !== undefined) counters = [...counters, typeCounter(type)]
        if (zone !== '') counters = [...counters, zone]
        ofZone.set(key, counters)
      }
      return counters
    },
    answer(counters) {
      for (let i = 0; i < counters.length; i++) meter.count(counters[i]!)
    },
  }
}

const queryCounters = {
  udp: 'dns.query.udp',
  tcp: 'dns.query.tcp',
  tls: 'dns.query.tls',
  https: 'dns.query.https',
} as const

const eventCounters = {
  silence: 'dns.silence',
  bug: 'dns.bug',
  truncated: 'dns.truncated',
  dropped: 'dns.limit.drop',
  slipped: 'dns.limit.slip',
  ready: 'dns.ready',
} as const

/** One that is no type of any record (RFC 6895 §3.1). */
const otherType = 0

function hasWord(type: number): boolean {
  return !typeText(type).startsWith('TYPE')
}

function typeCounter(type: number): string {
  return hasWord(type) ? `dns.type.${typeText(type)}` : 'dns.type.other'
}
