// A whole run: a network, its sites, readers; a while in peace, then the faults of a plan, then peace again.

import { delay } from '../../base/io/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { createHavoc } from './havoc.ts'
import { openNetwork, type Published } from './network.ts'
import { type Plan, planFaults } from './plan.ts'
import { type Figures, noFigures, readOn } from './readers.ts'
import { makeSites } from './sites.ts'
import { type Watch, watchEdges } from './watch.ts'

export interface ChaosOptions {
  readonly seed: number
  /** Of the faults; peace comes on top. */
  readonly spanMs: number
  /** Before and after the faults. */
  readonly peaceMs: number
  readonly edges: number
  readonly readers: number
  /** 1 for files up to 64 MB. */
  readonly sizeShare: number
  /** Names of the sites; all without it. */
  readonly sites?: readonly string[]
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

export interface ChaosReport {
  readonly plan: Plan
  readonly phases: Readonly<Record<'before' | 'faults' | 'after', Figures>>
  readonly havoc: Readonly<Record<string, number>>
  readonly crashes: readonly string[]
  readonly watch: Watch
}

/** What an edge may keep of all there is: its duties, three eighths on average, and not all that its readers ask for. */
const storeShare = 0.9
/** Room for what blocks take beyond their bytes. */
const storeBytesMin = 32_000_000

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, spanMs, say } = options
  await using stack = new AsyncDisposableStack()
  const crashes: string[] = []
  const onCrash = (edge: number, how: string): void => {
    crashes.push(`edge ${edge} ended by itself: ${how}`)
    say(crashes.at(-1)!)
  }
  const made = makeSites(options.sizeShare, options.sites)
  const bytes = made.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes.length, 0)
  const storeBytesMax = Math.max(storeBytesMin, Math.ceil(storeShare * bytes))
  const network = await openNetwork({ edges: options.edges, storeBytesMax, onCrash }, stack)
  say(`${options.edges} edges serve`)
  const sites: Published[] = []
  for (const site of made) sites.push(await network.publish(site))
  say(`${sites.length} sites are published`)
  const plan = planFaults({ seed, spanMs, edges: options.edges })
  const havoc = createHavoc({ network, sites, plan, say })
  const phases = { before: noFigures(), faults: noFigures(), after: noFigures() }
  let phase: keyof typeof phases = 'before'
  const over = new AbortController()
  const watch = watchEdges(network.edges, over.signal)
  const readers = Array.from({ length: options.readers }, (_, r) =>
    readOn({
      ...{ network, sites, random: seededRandom(1000 * seed + r), address: `127.${100 + r}.0.1` },
      figures: () => phases[phase],
      wasDown: havoc.wasDown,
      around: havoc.current,
      signal: over.signal,
    }),
  )
  await delay(options.peaceMs, options.signal)
  phase = 'faults'
  const startedAt = performance.now()
  const until = (at: number) => delay(Math.max(0, at - performance.now()), options.signal)
  for (const fault of plan.faults) {
    await until(startedAt + fault.atMs)
    if (options.signal?.aborted) break
    havoc.begin(fault)
  }
  await until(startedAt + spanMs)
  await havoc.end()
  say('the faults are over')
  phase = 'after'
  await delay(options.peaceMs, options.signal)
  over.abort()
  await Promise.all(readers)
  return { plan, phases, havoc: havoc.counts(), crashes, watch }
}
