// Bytes in, bytes out: the order of a DNS request, which is the list below and nothing else.
//
//   guard → ready-made? ──────────────────────────────────────────────► limit ─────────────────► OPT
//                     └─► readQuery → versioned → scoped → ladder → placed → limit → phrase → fit ─┘
//
// Synchronous and pure: what the answer depends on was left in memory beforehand by others. What was answered
// before takes the upper way (steps/short-way.ts), all else the lower one (steps/long-way.ts).
//
// Nothing escapes. A Fault is the sender's and gets FORMERR; anything else is a bug of ours, is counted,
// told and answered with SERVFAIL, for an edge that dies of one packet dies of the next one too.

import { isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import { createAuthority } from './steps/authority.ts'
import { type CookieOptions, createCookieJar } from './steps/cookie.ts'
import { defaultUdpBytesMax } from './steps/fit.ts'
import { bareReply, guard } from './steps/guard.ts'
import { createLimiter, type LimitOptions } from './steps/limit.ts'
import { createLongWay } from './steps/long-way.ts'
import type { Places } from './steps/place.ts'
import type { ClientAddress, Transport } from './steps/query.ts'
import { createReadyTable } from './steps/ready.ts'
import { createShortWay } from './steps/short-way.ts'
import { createTally } from './steps/tally.ts'
import { createTimings } from './steps/timings.ts'
import type { Way } from './steps/ways.ts'
import { rcodes } from './wire/code.ts'
import { Writer } from './wire/writer.ts'
import type { Names } from './zone/names.ts'
import type { Servers } from './zone/servers.ts'
import { createSuffixZone, defaultTtls, type Ttls } from './zone/suffix.ts'
import type { Zone } from './zone/zone.ts'

export interface ResponderOptions {
  /** The names we have authority for, such as `inxt`; each is a zone with every registered name in it. */
  readonly suffixes: readonly string[]
  /**
   * Changes (`!==`) whenever an answer from a suffix may, but for the addresses of sites, and when signatures that
   * are made while answering should be made anew. Without it, answers from suffixes are never kept ready-made.
   */
  readonly version?: () => unknown
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
  /** Answers kept ready-made, 1 kB each or so; 0 for none. */
  readonly readyMax?: number
  /** Protocols that the edges speak over TLS (`h2`); without any, sites have no HTTPS record. */
  readonly alpn?: readonly string[]
  /** Whether the client subnets that resolvers tell are used and answered (RFC 7871). */
  readonly hearsSubnets?: boolean
  /** Absent, cookies are ignored (RFC 7873). */
  readonly cookies?: CookieOptions
  /** Absent, nobody is limited. */
  readonly limit?: LimitOptions
  /** What this server is called when asked (RFC 5001); absent, it does not say. */
  readonly nsid?: Uint8Array
  /** What connections are told about being idle (RFC 7828), in ms; absent, nothing. */
  readonly idleTimeoutMs?: number
  /** Ms, as finely as they can be had: what is not ready-made is timed by it (`dns.long.…us`). Absent, it is not. */
  readonly now?: () => number
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
  const { suffixes, names, places, version, readyMax = 16_384, onBug } = options
  const { udpBytesMax = defaultUdpBytesMax, nsid, idleTimeoutMs, now } = options
  const ttls = { ...defaultTtls, ...options.ttls }
  const own = suffixes.map(suffix => createSuffixZone({ suffix, names, servers: places, ttls }))
  const mayKeep = readyMax > 0 && (suffixes.length === 0 || version !== undefined)
  const tally = createTally(options.meter)
  const ways = {
    authority: createAuthority({ own, others: options.zones, version }),
    ready: mayKeep ? createReadyTable(readyMax) : undefined,
    jar: options.cookies && createCookieJar(options.cookies),
    limiter: options.limit && createLimiter(options.limit),
    tally,
    place: {
      places,
      countMax: options.addressesMax ?? 4,
      ttlS: ttls.addressS,
      alpn: options.alpn ?? [],
      hearsSubnets: options.hearsSubnets ?? true,
    },
    writer: new Writer(),
    opt: { udpBytesMax, ...(nsid && { nsid }), ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) },
  }
  const shortWay = createShortWay(ways)
  const longWay = now === undefined ? createLongWay(ways) : timed(createLongWay(ways), options.meter, now)

  return (packet, client, transport) => {
    tally.query(transport)
    const verdict = guard(packet)
    if (verdict === 'silence') {
      tally.event('silence')
      return undefined
    }
    let rcode = verdict
    if (verdict === rcodes.NOERROR) {
      try {
        const answer = shortWay(packet, client, transport)
        return answer === 'long way' ? longWay(packet, client, transport) : answer
      } catch (error) {
        const theirs = isFault(error, 'bytes/malformed')
        if (!theirs) {
          tally.event('bug')
          onBug?.(error)
        }
        rcode = theirs ? rcodes.FORMERR : rcodes.SERVFAIL
      }
    }
    // Twelve octets for twelve or more: nothing that a forger gains by, so no limit.
    tally.answer(tally.countersFor(undefined, rcode, undefined))
    return bareReply(packet, rcode)
  }
}

function timed(way: Way, meter: Meter, now: () => number): Way {
  const took = createTimings(meter, 'dns.long')
  return (packet, client, transport) => {
    const beganAt = now()
    const answer = way(packet, client, transport)
    took(now() - beganAt)
    return answer
  }
}
