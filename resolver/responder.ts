// Bytes in, bytes out: the order of a DNS request, which is the list below and nothing else.
//
//   guard → readQuery → versioned → scoped → placed → ladder → phrase → fit
//
// Synchronous and pure: what the answer depends on was left in memory beforehand by others. Reading and
// writing stand outside the list because they change the type; in between, each step sees the query on its
// way in and the decision on its way out, feels everything below it and need not care about what is above.
//
// Nothing escapes. A Fault is the sender's and gets FORMERR; anything else is a bug of ours, is counted,
// told and answered with SERVFAIL, for an edge that dies of one packet dies of the next one too.

import { chain, type Step } from '../base/chain.ts'
import { isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import { bytesMaxFor, defaultUdpBytesMax, fit, isTruncated } from './steps/fit.ts'
import { bareReply, guard } from './steps/guard.ts'
import { phrase, rcodeFor } from './steps/phrase.ts'
import { type Places, placed } from './steps/place.ts'
import { type ClientAddress, type Query, readQuery, type Transport } from './steps/query.ts'
import { scoped } from './steps/scoped.ts'
import { versioned } from './steps/versioned.ts'
import { rcodes, rcodeText } from './wire/code.ts'
import { Writer } from './wire/writer.ts'
import type { Decision } from './zone/decision.ts'
import { createLadder } from './zone/ladder.ts'
import type { Names } from './zone/names.ts'
import type { Servers } from './zone/servers.ts'
import { createSuffixZone, defaultTtls, type Ttls } from './zone/suffix.ts'
import type { Zone } from './zone/zone.ts'

export interface ResponderOptions {
  /** The names we have authority for, such as `inxt`; each is a zone with every registered name in it. */
  readonly suffixes: readonly string[]
  /**
   * Zones beside those of the suffixes. Another array is another set of zones, from the next query on; an array
   * once returned is not changed.
   */
  readonly zones?: () => readonly Zone[]
  readonly names: Names
  readonly places: Places & Servers
  readonly meter: Meter
  readonly ttls?: Partial<Ttls>
  /** Addresses in one answer; four are enough for a client that tries the next one. */
  readonly addressesMax?: number
  /** Octets of an answer over UDP, never more than the asker takes. */
  readonly udpBytesMax?: number
  /** Told of every bug, so that the rim can log it. */
  readonly onBug?: (error: unknown) => void
}

/** The answer to `packet`, or undefined for silence. Never throws, never waits. */
export type Respond = (
  packet: Uint8Array,
  client: ClientAddress,
  transport: Transport,
) => Uint8Array | undefined

/** Throws Fault `name/invalid` for a suffix that is not a name. */
export function createResponder(options: ResponderOptions): Respond {
  const { meter, names, places, addressesMax = 4, udpBytesMax = defaultUdpBytesMax } = options
  const ttls = { ...defaultTtls, ...options.ttls }
  const writer = new Writer()
  const own = options.suffixes.map(suffix => createSuffixZone({ suffix, names, servers: places, ttls }))
  const ladder = changingLadder(own, options.zones ?? (() => noZones))
  const order: readonly Step<Query, Decision>[] = [
    versioned,
    scoped,
    placed({ places, countMax: addressesMax, ttlS: ttls.addressS }),
  ]
  const decide = chain(order, ({ question }) => ladder(question))

  const answer: Respond = (packet, client, transport) => {
    const query = readQuery(packet, client, transport)
    const decision = decide(query)
    countRcode(meter, rcodeFor(decision))
    const message = phrase(query, decision, udpBytesMax)
    const bytes = fit(writer, message, bytesMaxFor(query, udpBytesMax))
    if (isTruncated(bytes)) meter.count('dns.truncated')
    return bytes
  }
  return (packet, client, transport) => {
    meter.count(`dns.query.${transport}`)
    const verdict = guard(packet)
    if (verdict === 'silence') {
      meter.count('dns.silence')
      return undefined
    }
    let rcode = verdict
    if (verdict === rcodes.NOERROR) {
      try {
        return answer(packet, client, transport)
      } catch (error) {
        const theirs = isFault(error, 'bytes/malformed')
        if (!theirs) {
          meter.count('dns.bug')
          options.onBug?.(error)
        }
        rcode = theirs ? rcodes.FORMERR : rcodes.SERVFAIL
      }
    }
    countRcode(meter, rcode)
    return bareReply(packet, rcode)
  }
}

const noZones: readonly Zone[] = []

/** A ladder over `own` and `others()`, made anew when `others` returns another array. */
function changingLadder(
  own: readonly Zone[],
  others: () => readonly Zone[],
): ReturnType<typeof createLadder> {
  let known = others()
  let ladder = createLadder([...own, ...known])
  return question => {
    const now = others()
    if (now !== known) {
      ladder = createLadder([...own, ...now])
      known = now
    }
    return ladder(question)
  }
}

/** The set of rcodes that we send is closed, so these names are too. */
function countRcode(meter: Meter, rcode: number): void {
  meter.count(`dns.rcode.${rcodeText(rcode)}`)
}
