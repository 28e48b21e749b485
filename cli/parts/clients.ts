// Which edges to name to a client: by the operator's map, else by where the client is, else as seen from this edge.
//
//   handshakes ─► sightings ─► client/ records ─► grid        what this edge saw, told once an hour
//   query ─► map? ─► known? ─► nearest bands, in proportion ─► answer
//                      └─ noted down ─► grid ─► fit ─► known   at once, and later by the same way
//
// An answer never waits for the grid. What is said of clients is believed of edges on the Roll alone, and it moves
// nobody's names, only who serves them (docs/protocols/clients.md).

import { isFault } from '../../base/fault.ts'
import { realRandom } from '../../base/io/chance.ts'
import { type Clock, realClock } from '../../base/io/clock.ts'
import { sample } from '../../base/random.ts'
import {
  type Coordinate,
  decodeCoordinate,
  distanceMs,
  encodeCoordinate,
  isPlaced,
  type Point,
} from '../../overlay/coordinates/coordinate.ts'
import { borneOut, placeForeign, type Sight } from '../../overlay/coordinates/foreign.ts'
import type { PeerId } from '../../overlay/peer.ts'
import type { Record } from '../../overlay/records/record.ts'
import type { Records } from '../../overlay/records/records.ts'
import { clientRttMsMax, decodeClient, encodeClient } from '../../overlay/records/values.ts'
import { type Bands, bandsOf, inProportion } from '../../resolver/select/bands.ts'
import type { MappedEdge } from '../../resolver/select/client-map.ts'
import { Learned } from '../../resolver/select/learned.ts'
import { Sightings } from '../../resolver/select/sightings.ts'
import type { ClientPrefix } from '../../resolver/select/subnet.ts'
import { repeat } from '../daemon/repeat.ts'
import { openClientMap } from '../dns/client-map.ts'
import type { ServingEdge } from '../serving.ts'
import type { Ground } from './ground.ts'

export interface ClientsOptions {
  /** Edges that serve now; the same array until something changes. */
  readonly serving: () => readonly ServingEdge[]
  /** Round trip from here in ms, measured or predicted; undefined while nothing is known. */
  readonly rttMs: (peer: PeerId) => number | undefined
  /** As last heard, of this edge too; undefined while nothing fresh is known. */
  readonly coordinateOf: (peer: PeerId) => Coordinate | undefined
  readonly self: PeerId
  readonly records: Pick<Records, 'get' | 'publish' | 'withdraw'>
  readonly clock?: Clock
}

export interface Clients {
  /** For `Places`: best first, `countMax` at most; with `hasIpv6` only of those that have such an address. */
  near(client: ClientPrefix, countMax: number, hasIpv6?: boolean): ServingEdge[]
  scopeBits(client: ClientPrefix): number
  /** A handshake with a client at `address` (any address as sockets spell it) took a round trip of so many ms. */
  sighted(address: string, rttMs: number): void
  figures(): { known: number; waiting: number }
}

/** Where a client is, and what edges saw themselves, which counts before what follows from where it is. */
interface Spot {
  readonly point: Point
  readonly seenMs: ReadonlyMap<PeerId, number>
  /** Among these edges; made when first asked for. */
  near?: { readonly among: readonly ServingEdge[]; readonly bands: Bands<ServingEdge> }
}

/** Of a client whose place is known only the nearest band is named, for resolvers shuffle what they are given; but this
 *  many in any case, so that there is one to turn to when the first is silent. */
const fallbackCount = 2
/** Kept of one client's nearest edges, others for each where more are as near; an answer names fewer. */
const nearMax = 16
const turnMs = 1000
/** What one fit looks at, so that it takes less than a millisecond: newest records, and edges beside whom to begin. */
const sightsMax = 8
const peersMax = 256

/** Faults of the map: config/unreadable, config/invalid. */
export async function openClients(ground: Ground, options: ClientsOptions): Promise<Clients> {
  const { settings, meter } = ground
  const { clock = realClock } = options
  const prefixesMax = settings['clients.prefixesMax']
  const learned = new Learned<Spot>({ prefixesMax, waitingMax: 1024, freshMs: settings['clients.freshMs'] })
  const sightings = new Sightings(prefixesMax)
  const map = await openClientMap(settings['clients.map'], ground)
  lookUpInTurns(ground, options, learned)
  publishInTurns(ground, options, sightings)

  const hereBands = createHereBands(options, clock)
  const mapped = createMapped(options)
  let turn = 0
  return {
    near(client, countMax, hasIpv6 = false) {
      const among = (bands: Bands<ServingEdge>): Bands<ServingEdge> => (hasIpv6 ? withIpv6(bands) : bands)
      const here = among(hereBands())
      if (here.length === 0) return []
      const count = client.octets.length === 4 ? counts.ipv4 : counts.ipv6
      const mappedHere = mapped(map().find(client.octets).value)
      const band = hasIpv6 ? mappedHere?.filter(({ edge }) => edge.ipv6 !== '') : mappedHere
      if (band !== undefined && band.length > 0) {
        meter.count(count.mapped)
        return inProportion([band], turn++, countMax, ({ weight }) => weight).map(({ edge }) => edge)
      }
      const spot = settings['clients.lookupsPerS'] > 0 ? learned.find(client, clock.now()).spot : undefined
      const bands = spot && among(bandsFor(spot, options))
      const isPlaced = bands !== undefined && bands.length > 0
      meter.count(isPlaced ? count.placed : count.here)
      if (!isPlaced) return inProportion(here, turn++, countMax)
      return inProportion(bands, turn++, Math.min(countMax, Math.max(fallbackCount, bands[0]?.length ?? 0)))
    },
    scopeBits(client) {
      const { value, scopeBits } = map().find(client.octets)
      return mapped(value) ? scopeBits : Math.max(scopeBits, learned.scopeBits(client))
    },
    sighted(address, rttMs) {
      if (settings['clients.publishMax'] > 0) sightings.see(address, rttMs)
    },
    figures: () => learned.figures(),
  }
}

/** Those of each band that have an IPv6 address; kept, as bands are asked for again and again. */
function withIpv6(bands: Bands<ServingEdge>): Bands<ServingEdge> {
  const known = ipv6Bands.get(bands)
  if (known !== undefined) return known
  const left = bands.map(band => band.filter(({ ipv6 }) => ipv6 !== '')).filter(band => band.length > 0)
  ipv6Bands.set(bands, left)
  return left
}
const ipv6Bands = new WeakMap<Bands<ServingEdge>, Bands<ServingEdge>>()

/** By what an answer was chosen; of clients nothing but the family is counted. */
const countsFor = (family: string) => ({
  mapped: `clients.${family}.mapped`,
  placed: `clients.${family}.placed`,
  here: `clients.${family}.here`,
})
const counts = { ipv4: countsFor('ipv4'), ipv6: countsFor('ipv6') }

type Mapped = { readonly edge: ServingEdge; readonly weight: number }

/** The edges of a line of the map that serve; undefined without a line, or without any. */
function createMapped({
  serving,
}: ClientsOptions): (line: readonly MappedEdge[] | undefined) => Mapped[] | undefined {
  let among: readonly ServingEdge[] | undefined
  let byAddress: ReadonlyMap<string, ServingEdge> = new Map()
  return line => {
    if (line === undefined) return undefined
    if (among !== serving()) {
      among = serving()
      byAddress = new Map(among.flatMap(edge => [[edge.ipv6, edge] as const, [edge.address, edge] as const]))
    }
    const band: Mapped[] = []
    for (const { address, weight } of line) {
      const edge = byAddress.get(address)
      if (edge !== undefined) band.push({ edge, weight })
    }
    return band.length === 0 ? undefined : band
  }
}

/** As seen from this edge; at most a second old. */
function createHereBands({ serving, rttMs }: ClientsOptions, clock: Clock): () => Bands<ServingEdge> {
  let kept: { among: readonly ServingEdge[]; untilAt: number; bands: Bands<ServingEdge> } | undefined
  return () => {
    const among = serving()
    const now = clock.now()
    if (kept?.among !== among || now >= kept.untilAt)
      kept = { among, untilAt: now + 1000, bands: bandsOf(among, ({ peer }) => rttMs(peer)) }
    return kept.bands
  }
}

function bandsFor(spot: Spot, { serving, coordinateOf }: ClientsOptions): Bands<ServingEdge> {
  const among = serving()
  if (spot.near?.among === among) return spot.near.bands
  const bands: (readonly ServingEdge[])[] = []
  let left = nearMax
  for (const band of bandsOf(among, ({ peer }) => expectedMs(spot, peer, coordinateOf(peer)))) {
    bands.push(band.length > left ? sample(realRandom, band, left) : band)
    left -= band.length
    if (left <= 0) break
  }
  spot.near = { among, bands }
  return bands
}

function expectedMs(spot: Spot, peer: PeerId, coordinate: Coordinate | undefined): number | undefined {
  const seenMs = spot.seenMs.get(peer)
  if (seenMs !== undefined || coordinate === undefined || !isPlaced(coordinate.base)) return seenMs
  return distanceMs(spot.point, coordinate.base.point)
}

/** Asks the grid for what waits, so many a second. */
function lookUpInTurns(ground: Ground, options: ClientsOptions, learned: Learned<Spot>): void {
  const perTurn = ground.settings['clients.lookupsPerS']
  const { clock = realClock } = options
  if (perTurn === 0) return
  const lookUp = async (prefix: ClientPrefix): Promise<void> => {
    const spot = spotFrom(await options.records.get(clientKey(prefix)), options)
    ground.meter.count(spot === undefined ? 'clients.unknown' : 'clients.known')
    learned.learn(prefix, spot, clock.now())
  }
  inTurns(ground, options, turnMs, async () => {
    const prefixes: ClientPrefix[] = []
    for (let next = learned.next(); next !== undefined; next = learned.next()) {
      if (prefixes.push(next) === perTurn) break
    }
    await Promise.all(prefixes.map(lookUp))
  })
}

/** Of what edges on the Roll say; undefined when none of them says anything that can be used. */
function spotFrom(records: readonly Record[], { serving, coordinateOf }: ClientsOptions): Spot | undefined {
  const edges = serving()
  const said: (Sight & { readonly peer: PeerId })[] = []
  for (const { publisher: peer, value } of records) {
    const sight = edges.some(edge => edge.peer === peer) ? sightFrom(value) : undefined
    if (sight !== undefined && said.length < sightsMax) said.push({ ...sight, peer })
  }
  const peers = sample(realRandom, edges, peersMax).flatMap(({ peer }) => {
    const base = coordinateOf(peer)?.base
    return base !== undefined && isPlaced(base) ? [base.point] : []
  })
  const sights = borneOut(said, peers)
  const point = placeForeign(sights, peers, realRandom)
  return point && { point, seenMs: new Map(sights.map(({ peer, rttMs }) => [peer, rttMs])) }
}

/** Undefined for bytes without meaning, and from who had no place yet. */
function sightFrom(value: Uint8Array): Sight | undefined {
  try {
    const { rttMs, coordinate } = decodeClient(value)
    const { base } = decodeCoordinate(coordinate)
    return isPlaced(base) ? { point: base.point, rttMs } : undefined
  } catch (error) {
    if (isFault(error, 'bytes/malformed')) return undefined
    throw error
  }
}

/** Tells what was seen of clients, takes back what is seen no more, and lets the rest fade. */
function publishInTurns(ground: Ground, options: ClientsOptions, sightings: Sightings): void {
  const { settings, meter } = ground
  const [publishMs, publishMax] = [settings['clients.publishMs'], settings['clients.publishMax']]
  const { self, coordinateOf, records } = options
  const told = new Set<string>()
  inTurns(ground, options, publishMs, async () => {
    const best = new Map(
      sightings
        .best(settings['clients.sightingsMin'], publishMax)
        .map(seen => [clientKey(seen.prefix), seen]),
    )
    sightings.age()
    for (const key of [...told].filter(key => !best.has(key))) {
      told.delete(key)
      await records.withdraw(key)
    }
    const coordinate = coordinateOf(self)
    if (coordinate === undefined || !isPlaced(coordinate.base)) return
    for (const [key, { prefix, rttMs }] of best) {
      told.add(key)
      const value = {
        prefix: bitsOf(prefix),
        rttMs: Math.min(clientRttMsMax, Math.max(0.1, rttMs)),
        coordinate: encodeCoordinate(coordinate),
      }
      await records.publish(key, encodeClient(value), 2 * publishMs)
      meter.count('clients.told')
    }
  })
}

/** Until the edge stops. */
function inTurns(
  { stack, log }: Ground,
  { clock }: ClientsOptions,
  everyMs: number,
  act: () => Promise<void>,
): void {
  const tell = (error: unknown): void =>
    log.error({ err: error }, 'where clients are could not be asked or told')
  stack.defer(repeat(everyMs, act, tell, clock))
}

/** Where the records of a network lie (overlay/records/spaces.ts). */
function clientKey(prefix: ClientPrefix): string {
  return `client/${prefix.octets.length === 4 ? 4 : 6}/${bitsOf(prefix)}`
}

function bitsOf({ octets, bits }: ClientPrefix): string {
  return [...octets]
    .map(octet => octet.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, bits)
}
