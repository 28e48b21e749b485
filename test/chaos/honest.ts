// Who is honest: whether every site would still have somebody to deliver it if one more edge fell.
//
// A holder counts as honest when it never lied, suffers nothing now, came back from what it suffered at least
// `returnMs` ago (the others must hear of it), says that it holds the site, and every block of the site that was ever
// damaged on its disk is sound again.

import { askEdge, type EdgeStatus, statusPath } from '../../cli/edge-interface.ts'
import type { Disks } from './disks.ts'
import type { Published, Replica, ShakenEdge } from './network.ts'

/** The devnet's bound for gossip to notice, twice: that somebody is gone, and that somebody is back. */
const returnMs = 10_000
/** On a machine that has much else to do an edge that holds all of it may take long to say so. */
const answerMs = 10_000

export interface HonestyOptions {
  readonly edges: readonly ShakenEdge[]
  readonly sites: readonly Published[]
  readonly liars: readonly number[]
  readonly disks: Disks
  /** What. */
  readonly suffers: (edge: ShakenEdge) => string | undefined
}

export interface Honesty {
  /** Its fault is over now. */
  returned(edge: ShakenEdge): void
  /** Versions of which no other edge is an honest holder, and what is wrong with each of these. */
  dependOn(edge: ShakenEdge): Promise<readonly string[]>
}

export function createHonesty({ edges, sites, liars, disks, suffers }: HonestyOptions): Honesty {
  const returnedAt = new Map<ShakenEdge, number>()
  const isBack = (edge: ShakenEdge): boolean =>
    performance.now() - (returnedAt.get(edge) ?? Number.NEGATIVE_INFINITY) >= returnMs
  const flaw = (edge: ShakenEdge): string | undefined => {
    if (liars.includes(edge.number)) return 'lies'
    return suffers(edge) ?? (isBack(edge) ? undefined : 'is just back')
  }
  /** By version what is wrong with its copy; undefined when nothing is. */
  const flaws = async (edge: ShakenEdge, needed: readonly Replica[]): Promise<(string | undefined)[]> => {
    const view = flaw(edge) === undefined ? await statusOf(edge) : undefined
    const judge = async ({ root, blocks }: Replica): Promise<string | undefined> => {
      if (view === undefined) return flaw(edge) ?? 'does not answer'
      if (!view.content.holds.includes(root)) return 'lacks it'
      return (await disks.isSound(edge, blocks)) ? flaw(edge) : 'has damaged blocks'
    }
    return Promise.all(needed.map(judge))
  }
  const versions = (): { name: string; replica: Replica }[] =>
    sites.flatMap(({ name, replicas }) => replicas().map(replica => ({ name, replica })))
  return {
    returned: edge => void returnedAt.set(edge, performance.now()),
    async dependOn(edge) {
      const others = edges.filter(other => other !== edge)
      for (;;) {
        const needed = versions()
        const replicas = needed.map(({ replica }) => replica)
        const found = await Promise.all(others.map(other => flaws(other, replicas)))
        // The publisher goes on meanwhile.
        if (versions().some(({ replica }) => !replicas.includes(replica))) continue
        const lacking = needed.map(({ name, replica: { root } }, i) => ({
          title: `${name} ${root.slice(-6)}`,
          i,
        }))
        return lacking
          .filter(({ i }) => found.every(flaws => flaws[i] !== undefined))
          .map(
            ({ title, i }) =>
              `${title} (${others.map(({ number }, o) => `${number} ${found[o]![i]}`).join(', ')})`,
          )
      }
    },
  }
}

/** Undefined when it does not answer. */
function statusOf(edge: ShakenEdge): Promise<EdgeStatus | undefined> {
  return askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: answerMs }).catch(() => undefined)
}
