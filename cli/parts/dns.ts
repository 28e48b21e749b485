// The DNS side of an edge: the names of the registry and the places that serve them.

import { realClock } from '../../base/io/clock.ts'
import { createResponder, type Respond } from '../../resolver/responder.ts'
import type { Names } from '../../resolver/zone/names.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { answeringFrom } from '../answering.ts'
import { withQueryLog } from '../query-log.ts'
import type { ServingEdge } from '../serving.ts'
import type { Clients } from './clients.ts'
import { openTransports } from './dns-transports.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

export interface DnsSources {
  readonly network: Network
  readonly clients: Clients
  readonly names: Names
  /** Beside that of the suffix; the same array until one changes. */
  readonly zones: () => readonly Zone[]
  /** `respond`, with an ear for what it refuses. */
  readonly hearing: (respond: Respond) => Respond
}

/** Throws the Faults of `openTransports`. */
export async function openDns(ground: Ground, sources: DnsSources): Promise<void> {
  const { network, clients, names, zones, hearing } = sources
  const { settings, meter, log } = ground
  const asAddress = ({ address }: ServingEdge) => ({ ipv4: address })
  const respond = createResponder({
    ...answeringFrom(settings),
    version: createVersion(network),
    suffixes: [settings['edge.suffix']],
    names,
    zones,
    places: {
      near: (_site, client, countMax) => clients.near(client, countMax).map(asAddress),
      scopeBits: clients.scopeBits,
      servers: () =>
        network.serving().map(edge => ({ name: `e-${edge.peerKey.slice(2, 10)}`, address: asAddress(edge) })),
    },
    meter,
    ttls: { addressS: settings['dns.placeTtlS'] },
    onBug: error => log.error({ err: error }, 'a DNS query met a bug'),
  })
  await openTransports(ground, withQueryLog(hearing(respond), settings['dns.logShare'], log), clients.sighted)
}

export function createNames(network: Network): Names {
  return {
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
