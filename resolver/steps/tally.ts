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
  /** One of: `silence`, `bug`, `truncated`, `limit.drop`, `limit.slip`, `cookie.known`, `ready`. */
  event(what: string): void
  /** The counters that answers of this type, rcode and zone raise; for `answer`. */
  countersFor(type: number | undefined, rcode: number, apex: Name | undefined): readonly string[]
  answer(counters: readonly string[]): void
}

export function createTally(meter: Meter): Tally {
  const queries = {
    udp: 'dns.query.udp',
    tcp: 'dns.query.tcp',
    tls: 'dns.query.tls',
    https: 'dns.query.https',
  }
  const zones = new Map<Name, string>()
  const zoneCounter = (apex: Name): string => {
    let counter = zones.get(apex)
    if (counter === undefined) {
      counter = zones.size < zonesMax ? `dns.zone.${nameText(apex)}` : 'dns.zone.other'
      if (zones.size < zonesMax) zones.set(apex, counter)
    }
    return counter
  }
  return {
    query: transport => meter.count(queries[transport]),
    event: what => meter.count(`dns.${what}`),
    countersFor(type, rcode, apex) {
      const counters = [`dns.rcode.${rcodeText(rcode)}`]
      if (type !== undefined) counters.push(typeCounter(type))
      if (apex !== undefined) counters.push(zoneCounter(apex))
      return counters
    },
    answer(counters) {
      for (const counter of counters) meter.count(counter)
    },
  }
}

function typeCounter(type: number): string {
  const word = typeText(type)
  return word.startsWith('TYPE') ? 'dns.type.other' : `dns.type.${word}`
}
