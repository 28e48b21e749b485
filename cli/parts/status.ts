// What an edge says of itself at /inxt/status: nothing of clients, all of it cheap to read.

import { realClock } from '../../base/io/clock.ts'
import { formatCid } from '../../content/identifier.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { ZoneStatus } from '../dns/owner-zones.ts'
import { zoneProblem } from '../dns/zone-problem.ts'
import type { EdgeStatus } from '../edge-interface.ts'
import type { ContentPart } from './content.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

export interface PartStatus {
  readonly domains: () => EdgeStatus['domains']
  readonly zones: () => readonly ZoneStatus[]
  /** Undefined without HTTPS. */
  readonly certificates: (() => EdgeStatus['certificates']) | undefined
}

export function createStatus(
  ground: Ground,
  network: Network,
  content: ContentPart,
  parts: PartStatus,
): () => EdgeStatus {
  const startedAt = Math.round(realClock.now())
  const { follower, overlay } = network
  const pace = createPace(ground)
  return () => {
    const { height, healthy, behindMs, endpoints } = follower.status()
    const { blocks, bytes, bytesMax } = content.store.usage()
    return {
      peer: overlay.peer,
      address: ground.settings['edge.address'],
      ipv6: ground.settings['edge.ipv6'],
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
      ...overlay.status(),
      frames: pace(),
      serving: network.serving().map(({ address }) => address),
      content: { blocks, bytes, bytesMax, holds: content.keeper.roots().complete.map(formatCid) },
      domains: parts.domains(),
      zones: zonesOf(parts.zones()),
      certificates: parts.certificates?.() ?? { held: 0, problems: [], letters: [] },
      memoryBytes: process.memoryUsage.rss(),
      counts: ground.meter.read(),
    }
  }
}

const problemsMax = 50

function zonesOf(zones: readonly ZoneStatus[]): EdgeStatus['zones'] {
  const problems = zones.flatMap(zone => {
    const what = zoneProblem(zone)
    return what === undefined ? [] : { site: zone.label, what }
  })
  const served = zones.filter(({ zone }) => zone !== undefined).length
  return { served, problems: problems.slice(0, problemsMax) }
}

/** An endpoint without its path and query, which often are somebody's key to it. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}

const paceMs = 5000

/** Frames of gossip and grid in a second, over the last whole interval. */
function createPace({ meter, stack }: Ground): () => EdgeStatus['frames'] {
  const read = () => {
    const counts = meter.read()
    const sum = (...names: string[]) => names.reduce((total, name) => total + (counts[name] ?? 0), 0)
    return {
      at: realClock.now(),
      sent: sum('overlay.frames.sent', 'overlay.lines.sent'),
      received: sum('overlay.frames.received', 'overlay.lines.heard'),
    }
  }
  let before = read()
  let frames: EdgeStatus['frames'] = { sentPerS: 0, receivedPerS: 0 }
  let cancel = (): void => {}
  const turn = (): void => {
    const now = read()
    const perS = (count: number): number => Math.round((10_000 * count) / (now.at - before.at)) / 10
    frames = { sentPerS: perS(now.sent - before.sent), receivedPerS: perS(now.received - before.received) }
    before = now
    cancel = realClock.after(paceMs, turn)
  }
  cancel = realClock.after(paceMs, turn)
  stack.defer(async () => cancel())
  return () => frames
}
