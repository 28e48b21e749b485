// What an edge says of itself at /inxt/status: nothing of clients, all of it cheap to read.

import { realClock } from '../../base/io/clock.ts'
import { formatCid } from '../../content/identifier.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { EdgeStatus } from '../edge-interface.ts'
import type { ContentPart } from './content.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

export function createStatus(ground: Ground, network: Network, content: ContentPart): () => EdgeStatus {
  const startedAt = Math.round(realClock.now())
  const { follower, overlay } = network
  return () => {
    const { height, healthy, behindMs, endpoints } = follower.status()
    const { blocks, bytes, bytesMax } = content.store.usage()
    return {
      peer: overlay.peer,
      address: ground.settings['edge.address'],
      version: packageJson.version,
      startedAt,
      chain: {
        height,
        healthy,
        behindMs: Number.isFinite(behindMs) ? Math.round(behindMs) : null,
        endpoints: endpoints.map(({ url, state, height }) => ({ host: hostOf(url), state, height })),
      },
      names: follower.registry.nameCount(),
      refused: follower.registry.refused(),
      members: [overlay.self(), ...overlay.members()].map(({ id, host, standing }) => ({
        peer: id,
        host,
        standing,
      })),
      serving: network.serving().map(({ address }) => address),
      content: { blocks, bytes, bytesMax, holds: content.keeper.roots().complete.map(formatCid) },
      memoryBytes: process.memoryUsage.rss(),
      counts: ground.meter.read(),
    }
  }
}

/** An endpoint without its path and query, which often are somebody's key to it. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}
