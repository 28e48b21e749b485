// A run on a network of one's own: readers in peace for a while, then the faults of a plan, then peace again.

import { delay } from '../../base/io/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { openConnections } from './connections.ts'
import { createHavoc } from './havoc.ts'
import { openNetwork, type Published, type ShakenNetwork } from './network.ts'
import { type Plan, planFaults } from './plan.ts'
import {
  type ChangingSite,
  createChangingSite,
  type Publications,
  publishOn,
  steadySite,
} from './publisher.ts'
import { type Figures, noFigures, readOn } from './readers.ts'
import { makeSites } from './sites.ts'
import { type Watch, watchEdges } from './watch.ts'

export interface Ground {
  readonly network: ShakenNetwork
  /** More come while it is shaken. */
  readonly sites: Published[]
  /** One of them. */
  readonly changing: ChangingSite
  /** Edges that ended although nobody killed them, with their last words. */
  readonly crashes: readonly string[]
}

export interface GroundOptions {
  readonly edges: number
  /** 1 for files up to 64 MB. */
  readonly sizeShare: number
  /** Names of the sites; all without it. */
  readonly sites?: readonly string[]
  /** What an edge may keep, as a share of all there is. */
  readonly storeShare: number
  readonly say: (line: string) => void
}

export interface ShakeOptions {
  readonly seed: number
  /** Of the faults; peace comes on top. */
  readonly spanMs: number
  /** Before and after the faults. */
  readonly peaceMs: number
  readonly readers: number
  /** Between two publications. */
  readonly publishEveryMs: number
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

export interface ChaosReport {
  readonly plan: Plan
  readonly phases: Readonly<Record<'before' | 'faults' | 'after', Figures>>
  /** What was done, by kind. */
  readonly havoc: Readonly<Record<string, number>>
  readonly errors: readonly string[]
  readonly watch: Watch
  readonly publications: Publications
}

/** Small blocks take more room than their bytes. */
const storeBytesMin = 32_000_000

/** A network with its sites published; all of it ends with the stack. */
export async function openGround(options: GroundOptions, stack: AsyncDisposableStack): Promise<Ground> {
  const { edges, say } = options
  const crashes: string[] = []
  const onCrash = (edge: number, how: string): void => {
    crashes.push(`edge ${edge} ended by itself: ${how}`)
    say(crashes.at(-1)!)
  }
  const made = makeSites(options.sizeShare, options.sites)
  const bytes = made.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes.length, 0)
  const storeBytesMax = Math.max(storeBytesMin, Math.ceil(options.storeShare * bytes))
  const network = await openNetwork({ edges, storeBytesMax, onCrash }, stack)
  say(`${edges} edges serve`)
  const sites: Published[] = []
  for (const site of made) sites.push(steadySite(site, await network.publish(site)))
  const changing = createChangingSite('news')
  await changing.change(network.publish)
  sites.push(changing)
  say(`${sites.length} sites are published`)
  return { network, sites, changing, crashes }
}

export async function shake(ground: Ground, options: ShakeOptions): Promise<ChaosReport> {
  const { seed, spanMs, peaceMs, publishEveryMs, say, signal } = options
  const { network, sites, changing } = ground
  const plan = planFaults({ seed, spanMs, edges: network.edges.length })
  const havoc = createHavoc({ network, sites, plan, say })
  const phases = { before: noFigures(), faults: noFigures(), after: noFigures() }
  let phase: keyof typeof phases = 'before'
  const over = new AbortController()
  const watch = watchEdges(network.edges, over.signal)
  const connections = Array.from({ length: options.readers }, (_, r) =>
    openConnections(`127.${100 + r}.0.1`, network.authority),
  )
  const common = { network, sites, figures: () => phases[phase], wasDown: havoc.wasDown, signal: over.signal }
  // Each reads two files at once, as browsers read several.
  const readers = [...connections, ...connections].map((connections, r) =>
    readOn({ ...common, connections, random: seededRandom(1000 * seed + r), around: havoc.current }),
  )
  const publishing = publishOn({ network, sites, everyMs: publishEveryMs, signal: over.signal }, changing)
  const until = (at: number): Promise<void> => delay(Math.max(0, at - performance.now()), signal)
  await delay(peaceMs, signal)
  phase = 'faults'
  const startedAt = performance.now()
  for (const fault of plan.faults) {
    await until(startedAt + fault.atMs)
    if (!signal?.aborted) havoc.begin(fault)
  }
  await until(startedAt + spanMs)
  await havoc.end()
  say('the faults are over')
  phase = 'after'
  await delay(peaceMs, signal)
  over.abort()
  await Promise.all(readers)
  for (const each of connections) each.close()
  const publications = await publishing
  return { plan, phases, havoc: havoc.counts(), errors: havoc.errors(), watch, publications }
}
