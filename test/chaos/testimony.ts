// What the edges say right after one of them failed a reader: who holds what he wanted, whom the edge that failed him
// knows of, and its own counts and last words. Afterwards nobody can tell any more.

import { readFile } from 'node:fs/promises'
import { askEdge, type HoldersAnswer, holdersPath } from '../../cli/edge-interface.ts'
import { type Published, type ShakenEdge, viewOf } from './network.ts'

const wordsMax = 600
const told = /^(content\.lies|fetch\.(failing|lacking|lying|doubted)|steward\.failed\..*|blocks\.unkept)$/

/** Of `edge` about `site`, in a few words for a person. */
export async function testimony(
  edge: ShakenEdge,
  site: Published,
  edges: readonly ShakenEdge[],
): Promise<string> {
  const views = await Promise.all(edges.map(each => viewOf(each).catch(() => undefined)))
  const own = views[edges.indexOf(edge)]
  const heights = views.map(view => view?.chain.height ?? '?')
  const versions = site.replicas().map(async ({ root }) => {
    const complete = edges.filter((_, i) => views[i]?.content.holds.includes(root))
    const known = await holdersKnownTo(edge, root, edges)
    return `${root.slice(-6)} is complete at ${numbers(complete)}, it knows of ${known}`
  })
  const counts = Object.entries(own?.counts ?? {}).filter(([name]) => told.test(name))
  const words = (await readFile(edge.plan.logFile, 'utf8').catch(() => '')).slice(-wordsMax)
  return [
    ...(await Promise.all(versions)),
    `heights of the chain: ${heights.join(' ')}`,
    counts.map(([name, count]) => `${name} ${count}`).join(', '),
    words.trim(),
  ].join('\n    ')
}

async function holdersKnownTo(edge: ShakenEdge, root: string, edges: readonly ShakenEdge[]): Promise<string> {
  try {
    const { holders } = await askEdge<HoldersAnswer>(edge, `${holdersPath}/${root}`)
    return numbers(edges.filter(({ address }) => holders.some(holder => holder.address === address)))
  } catch (error) {
    return (error as Error).message
  }
}

function numbers(edges: readonly ShakenEdge[]): string {
  return edges.map(({ number }) => number).join(' ') || 'none'
}
