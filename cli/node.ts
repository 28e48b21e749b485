// The composition root: starts the parts of an edge in the order in which they need each other, and stops them in the
// reverse. Each part (`parts/`) joins two or three folders; only this file knows all of them.
//
//   chain ──► names, Roll ──┐                 ┌─► content, certificates ─────► HTTP
//   gossip ─► who lives ────┼─► network ──────┤
//   records ► who holds ────┘                 └─► clients, domains, zones ─────► DNS
//
// Doors open when the names are known (before that, an edge would deny them), and the Roll names the edge when its
// doors are open.

import { mkdir } from 'node:fs/promises'
import { delay } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import type { PeerId } from '../overlay/peer.ts'
import type { Changes } from '../registry-contract/registry.ts'
import { openCertificates } from './parts/certificates.ts'
import { awaitNames, enterRoll, openChain } from './parts/chain.ts'
import { openClients } from './parts/clients.ts'
import { openContent } from './parts/content.ts'
import { createNames, openDns } from './parts/dns.ts'
import { openDomains } from './parts/domains.ts'
import type { Ground } from './parts/ground.ts'
import { openHeaders } from './parts/headers.ts'
import { openHttp } from './parts/http.ts'
import { createNetwork } from './parts/network.ts'
import { openOverlay } from './parts/overlay.ts'
import { createPages } from './parts/pages.ts'
import { createProofs, publishNames } from './parts/proofs.ts'
import { createStatus } from './parts/status.ts'
import { openZones } from './parts/zones.ts'

export interface Node {
  readonly peer: string
  /**
   * Leaves the network, serves on for `edge.leaveMs` or until `hurry`, finishes what is under way, writes what must be
   * kept.
   */
  stop(hurry?: AbortSignal): Promise<void>
}

/** Throws Faults of every part; nothing is left open then. */
export async function startNode(options: Pick<Ground, 'settings' | 'folder' | 'log'>): Promise<Node> {
  const stack = new AsyncDisposableStack()
  try {
    await mkdir(options.folder, { recursive: true })
    const { peer, leave } = await start({ ...options, meter: createMeter(), stack })
    return {
      peer,
      async stop(hurry) {
        leave()
        await delay(options.settings['edge.leaveMs'], hurry)
        await stack.disposeAsync()
      },
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function start(ground: Ground): Promise<{ peer: PeerId; leave: () => void }> {
  const whenChanged = new Set<() => void>()
  const changed = (): void => {
    for (const action of whenChanged) action()
  }
  let publish = (_changes: Changes): void => {}
  let look = (_labels: Changes['labels']): void => {}
  let renamed = (_labels: Changes['labels']): void => {}
  const chain = await openChain(ground, changes => {
    renamed(changes.labels)
    changed()
    publish(changes)
    look(changes.labels)
  })
  const proofs = createProofs(ground, chain, await openHeaders(ground, chain))
  const overlay = await openOverlay(ground, changed, proofs)
  const network = createNetwork(chain.follower, overlay, whenChanged)
  renamed = network.named.renamed
  const content = await openContent(ground, network)
  await awaitNames(ground, chain)
  publish = publishNames(ground, network, proofs)
  const clients = await openClients(ground, {
    serving: network.serving,
    rttMs: overlay.rttMs,
    coordinateOf: overlay.coordinateOf,
    self: overlay.peer,
    records: overlay.records,
  })
  const pages = createPages(network, ground.settings)
  const names = createNames(network, pages)
  const domains = await openDomains(ground, network, names)
  const zones = await openZones(ground, network, content, domains)
  look = labels => zones.look(labels)
  domains.onChange(() => zones.turn())
  network.alsoNamed(() => zones.roots())
  const allZones = () => domains.zones(zones.zones())
  const certificates = await openCertificates(ground, network, domains, allZones, pages)
  await openHttp(ground, {
    pages,
    ...{ network, content, certificates, labelOf: domains.labelOf, sighted: clients.sighted },
    status: createStatus(ground, network, content, {
      domains: domains.status,
      zones: () => zones.status(),
      certificates: certificates?.status,
    }),
  })
  const { hearing } = domains
  await openDns(ground, { network, clients, names, zones: allZones, hearing })
  await enterRoll(ground, chain, overlay.publicKey)
  return overlay
}
