// Carries out a plan of faults, but for those that would take the last honest holder of a site.

import { delay } from '../../base/io/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { createTurns } from '../../content/turns.ts'
import { createDisks, type Disks } from './disks.ts'
import { createHonesty } from './honest.ts'
import type { Published, ShakenEdge, ShakenNetwork } from './network.ts'
import { faultKinds, type Plan, type PlannedFault } from './plan.ts'

/** Killed or frozen at a time: DNS names four, of whom one shall take the call. */
const downMax = 3
const rotShare = 0.1
const lossShare = 0.5

export interface Havoc {
  /** Begins a fault and comes back at once; what it leaves behind is told to `say`. */
  begin(fault: PlannedFault): void
  /** Whether this edge was killed or frozen at any time since `sinceAt`. */
  wasDown(address: string, sinceAt: number): 'killed' | 'frozen' | undefined
  /** What goes on now, for the report of a failure. */
  current(): string
  /** What was done, by kind. */
  counts(): Readonly<Record<string, number>>
  /** Faults that could not be carried out or ended: an edge that did not start again. */
  errors(): readonly string[]
  /** Resolves when all faults are over and what was killed runs again. */
  end(): Promise<void>
}

export interface HavocOptions {
  readonly network: ShakenNetwork
  readonly sites: readonly Published[]
  readonly plan: Plan
  readonly say: (line: string) => void
}

export function createHavoc({ network, sites, plan, say }: HavocOptions): Havoc {
  const { edges } = network
  const disks = createDisks(edges, network.canFailToRead)
  const suffering = new Map<ShakenEdge, PlannedFault>()
  const { liars } = plan
  const suffers = (edge: ShakenEdge): string | undefined => suffering.get(edge)?.kind
  const honesty = createHonesty({ edges, sites, liars, disks, suffers })
  const downs: Downs = new Map()
  const counts: Record<string, number> = {}
  const count = (what: string, n = 1): void => {
    counts[what] = (counts[what] ?? 0) + n
  }
  const running = new Set<Promise<void>>()
  const errors: string[] = []
  const inTurn = createTurns()
  const over = new AbortController()

  /** Why a fault is left out. */
  const obstacle = async (fault: PlannedFault, edge: ShakenEdge): Promise<string | undefined> => {
    if (suffering.has(edge)) return 'the edge suffers already'
    if (edge.pid() === undefined) return 'the edge does not run'
    if (fault.kind === 'full' && !network.hasDisks) return 'no disk of its own can be made here'
    const down = [...suffering.values()].filter(takesDown).length
    if (takesDown(fault) && down >= downMax) return `${downMax} edges are down already`
    const dependent = await honesty.dependOn(edge)
    if (dependent.length > 0) return `it would take the last honest holder of ${dependent.join(', ')}`
    return undefined
  }

  /** Whether it begins: decided for one fault after the other, since each may be the one too many. */
  const admit = async (fault: PlannedFault, edge: ShakenEdge): Promise<boolean> => {
    const why = over.signal.aborted ? 'the faults are over' : await obstacle(fault, edge)
    const words = `edge ${edge.number} ${fault.kind} for ${fault.durationMs} ms`
    if (why === undefined) suffering.set(edge, fault)
    count(why === undefined ? fault.kind : `${fault.kind} left out`)
    say(why === undefined ? `begins: ${words}: ${faultKinds[fault.kind]}` : `left out: ${words}: ${why}`)
    return why === undefined
  }

  const suffer = async (fault: PlannedFault, edge: ShakenEdge): Promise<void> => {
    if (!(await inTurn('', () => admit(fault, edge)))) return
    try {
      const heal = await strike(fault, { edge, disks, downs, count })
      await delay(fault.durationMs, over.signal)
      await heal()
      say(`over: edge ${edge.number} ${fault.kind}`)
    } catch (error) {
      errors.push(`${fault.kind} of edge ${edge.number}: ${(error as Error).message}`)
      say(errors.at(-1)!)
    } finally {
      suffering.delete(edge)
      honesty.returned(edge)
    }
  }

  return {
    begin(fault) {
      const work: Promise<void> = suffer(fault, edges[fault.edge - 1]!).finally(() => running.delete(work))
      running.add(work)
    },
    wasDown(address, sinceAt) {
      const down = downs.get(address)
      return down !== undefined && down.untilAt >= sinceAt ? down.how : undefined
    },
    current: () =>
      [...suffering].map(([{ number }, { kind }]) => `edge ${number} ${kind}`).join(', ') || 'none',
    counts: () => counts,
    errors: () => errors,
    async end() {
      over.abort()
      await Promise.all(running)
    },
  }
}

/** By address: what took the edge from its readers last, and until when. */
type Downs = Map<string, { readonly how: 'killed' | 'frozen'; readonly untilAt: number }>

function takesDown({ kind }: PlannedFault): boolean {
  return kind === 'kill' || kind === 'loss' || kind === 'freeze'
}

interface Victim {
  readonly edge: ShakenEdge
  readonly disks: Disks
  readonly downs: Downs
  readonly count: (what: string, n?: number) => void
}

/** Does it; the returned function ends it. */
async function strike(
  fault: PlannedFault,
  { edge, disks, downs, count }: Victim,
): Promise<() => Promise<void>> {
  const random = seededRandom(fault.seed)
  const down = (how: 'killed' | 'frozen', untilAt = Number.POSITIVE_INFINITY): void =>
    void downs.set(edge.address, { how, untilAt })
  switch (fault.kind) {
    case 'kill':
    case 'loss':
      down('killed')
      await edge.kill()
      if (fault.kind === 'loss') count('blocks lost', await disks.lose(edge, lossShare, random))
      return async () => {
        await edge.start()
        down('killed', performance.now())
      }
    case 'freeze': {
      const pid = edge.pid()!
      down('frozen')
      process.kill(pid, 'SIGSTOP')
      return async () => {
        process.kill(pid, 'SIGCONT')
        down('frozen', performance.now())
      }
    }
    case 'slow':
    case 'lie': {
      edge.relay.mode = fault.kind === 'slow' ? 'slow' : 'lying'
      const before = edge.relay.lies()
      return async () => {
        edge.relay.mode = 'honest'
        count('answers falsified', edge.relay.lies() - before)
      }
    }
    case 'full':
      return disks.fill(edge)
    case 'rot':
      count('blocks damaged', await disks.rot(edge, rotShare, random))
      return async () => {}
  }
}
