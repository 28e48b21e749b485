// Who is honest: whether every site would still have somebody to deliver it if one more edge fell.
//
// A holder counts as honest when it never lied, suffers nothing now, came back from what it suffered at least
// `returnMs` ago (the others must hear of it), says that it holds the site, and every block of the site that was ever
// damaged on its disk is sound again.

import type { Disks } from './disks.ts'
import { type Published, type Replica, type ShakenEdge, viewOf } from './network.ts'

/** The devnet's bound for gossip to notice, twice: that somebody is gone, and that somebody is back. */
const returnMs = 10_000

export interface HonestyOptions {
  readonly edges: readonly ShakenEdge[]
  readonly sites: readonly Published[]
  readonly liars: readonly number[]
  readonly disks: Disks
  readonly suffers: (edge: ShakenEdge) => boolean
}

export interface Honesty {
  /** Its fault is over now. */
  returned(edge: ShakenEdge): void
  /** Names of sites of which no other edge is an honest holder. */
  dependOn(edge: ShakenEdge): Promise<readonly string[]>
}

export function createHonesty({ edges, sites, liars, disks, suffers }: HonestyOptions): Honesty {
  const returnedAt = new Map<ShakenEdge, number>()
  /** Roots of those that it holds honestly. */
  const heldBy = async (edge: ShakenEdge, needed: readonly Replica[]): Promise<readonly string[]> => {
    const isBack = performance.now() - (returnedAt.get(edge) ?? Number.NEGATIVE_INFINITY) >= returnMs
    if (!isBack || suffers(edge) || liars.includes(edge.number)) return []
    const view = await viewOf(edge).catch(() => undefined)
    const held = needed.filter(({ root }) => view?.content.holds.includes(root))
    const sound = await Promise.all(held.map(({ blocks }) => disks.isSound(edge, blocks)))
    return held.filter((_, i) => sound[i]).map(({ root }) => root)
  }
  return {
    returned: edge => void returnedAt.set(edge, performance.now()),
    async dependOn(edge) {
      const needed = sites.flatMap(site => site.replicas())
      const others = edges.filter(other => other !== edge)
      const held = new Set((await Promise.all(others.map(other => heldBy(other, needed)))).flat())
      return sites.filter(site => site.replicas().some(({ root }) => !held.has(root))).map(({ name }) => name)
    },
  }
}
