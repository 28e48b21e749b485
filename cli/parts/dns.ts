// The DNS side of an edge: the names of the registry and the places that serve them.

import { realClock } from '../../base/io/clock.ts'
import { createResponder, type Respond } from '../../resolver/responder.ts'
import type { Places } from '../../resolver/steps/place.ts'
import type { Names } from '../../resolver/zone/names.ts'
import type { EdgeAddress, Servers } from '../../resolver/zone/servers.ts'
import { createSuffixZone, defaultTtls } from '../../resolver/zone/suffix.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { answeringFrom } from '../dns/answering.ts'
import { withQueryLog } from '../dns/query-log.ts'
import { type ServingEdge, siteAlpn, tlsPortOf } from '../serving.ts'
import type { Clients } from './clients.ts'
import { openTransports } from './dns-transports.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'
import { openOnlineSuffix } from './online.ts'
import type { Pages } from './pages.ts'

export interface DnsSources {
  readonly network: Network
  readonly clients: Clients
  readonly names: Names
  /** Beside that of the suffix: of owners and of domains; the same array until one changes. */
  readonly zones: () => readonly Zone[]
  /** `respond`, with an ear for what it refuses. */
  readonly hearing: (respond: Respond) => Respond
}

/** Throws the Faults of `openTransports`. */
export async function openDns(ground: Ground, sources: DnsSources): Promise<void> {
  const { network, clients, names, zones, hearing } = sources
  const { settings, meter, log } = ground
  const tlsPort = createTlsPort(network)
  const asAddress = ({ address, ipv6 }: ServingEdge): EdgeAddress => ({
    ipv4: address,
    ipv6: ipv6 === '' ? undefined : ipv6,
    httpsPort: tlsPort(),
  })
  const suffix = settings['edge.suffix']
  const places: Places & Servers = {
    near: (_site, client, countMax, hasIpv6) => clients.near(client, countMax, hasIpv6).map(asAddress),
    scopeBits: clients.scopeBits,
    servers: () =>
      network.serving().map(edge => ({ name: `e-${edge.peerKey.slice(2, 10)}`, address: asAddress(edge) })),
  }
  const ttls = { ...defaultTtls, addressS: settings['dns.placeTtlS'] }
  const online = await openOnlineSuffix(ground)
  const signed = online?.sign(createSuffixZone({ suffix, names, servers: places, ttls }), places, zones)
  const respond = createResponder({
    ...answeringFrom(settings),
    version: createVersion(network),
    suffixes: signed === undefined ? [suffix] : [],
    zones: joined(zones, signed),
    names,
    places,
    alpn: siteAlpn,
    meter,
    ttls,
    onBug: error => log.error({ err: error }, 'a DNS query met a bug'),
  })
  await openTransports(ground, withQueryLog(hearing(respond), settings['dns.logShare'], log), clients.sighted)
}

/** Looked for again when the edges are others. */
function createTlsPort({ serving }: Network): () => number {
  let known: readonly ServingEdge[] = []
  let port = 0
  return () => {
    const now = serving()
    if (now !== known) port = tlsPortOf(now)
    known = now
    return port
  }
}

/** `others` and the zone that is always there; the same array until `others` is another. */
function joined(others: () => readonly Zone[], own: Zone | undefined): () => readonly Zone[] {
  if (own === undefined) return others
  let known: readonly Zone[] | undefined
  let all: readonly Zone[] = []
  return () => {
    const now = others()
    if (now !== known) all = [own, ...now]
    known = now
    return all
  }
}

export function createNames(network: Network, pages: Pages | undefined): Names {
  return {
    ...(pages && { isRoot: pages.isRoot }),
    site(label) {
      const name = network.name(label)
      return name && { contentCid: network.rootOf(name), sequence: name.sequence }
    },
    serial: () => network.follower.registry.head()?.number ?? 0,
  }
}

/** A number that grows with every change, and with every second, since names expire by the clock. */
function createVersion(network: Network): () => number {
  let version = 0
  let second = 0
  network.onChange(() => version++)
  return () => {
    const now = Math.floor(realClock.now() / 1000)
    if (now !== second) {
      second = now
      version++
    }
    return version
  }
}
