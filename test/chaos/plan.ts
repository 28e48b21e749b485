// Which faults befall which edges and when: drawn from a seed before anything runs, so that a failure can be met again.
//
// The plan knows nothing of who holds what. Whoever carries it out leaves out a fault that would take the last honest
// holder of a site, and says so; what remains is the same sequence for the same seed. (Basiri and others, "Chaos
// Engineering", IEEE Software 2016, at random; Jepsen's way of a generator apart from its nemesis.)

import { integerBelow, type Random, sample, seededRandom } from '../../base/random.ts'

/** What each does, in words for the log. */
export const faultKinds = {
  kill: 'killed (SIGKILL), started again at the end',
  freeze: 'stopped (SIGSTOP), continued at the end',
  slow: 'sends blocks to other edges at 1 kB/s',
  lie: 'flips one byte of what it sends to other edges, of one answer in two',
  full: 'its disk has no room left',
  rot: 'a tenth of its blocks truncated, flipped, unreadable or gone',
  loss: 'killed, and half of its blocks gone when it starts again',
} as const

export type FaultKind = keyof typeof faultKinds

export interface PlannedFault {
  /** Since the beginning of the faults. */
  readonly atMs: number
  readonly durationMs: number
  readonly kind: FaultKind
  /** From 1. */
  readonly edge: number
  /** For what the fault itself draws. */
  readonly seed: number
}

export interface Plan {
  /** Edges that lie now and then; nobody counts on them as honest, whatever they do at the moment. */
  readonly liars: readonly number[]
  /** In the order of time. */
  readonly faults: readonly PlannedFault[]
}

/** Edge 1 is never killed, so that the memory of one process can be followed from start to end. */
export const lasting = 1
/** Where the publisher keeps what is new: it suffers nothing, so that his sites do not keep faults from others. */
export const harbour = 2
const liarsCount = 2
const gapMs = 4000
/** For an edge to be back after its fault: one at a time is enough for each. */
const startMs = 5000
const lengthsMs: Readonly<Record<FaultKind, { readonly min: number; readonly max: number }>> = {
  kill: { min: 1000, max: 8000 },
  freeze: { min: 5000, max: 20_000 },
  slow: { min: 10_000, max: 30_000 },
  lie: { min: 10_000, max: 30_000 },
  full: { min: 10_000, max: 30_000 },
  rot: { min: 1000, max: 1000 },
  loss: { min: 1000, max: 8000 },
}

export function planFaults(options: { seed: number; edges: number; spanMs: number }): Plan {
  const random = seededRandom(options.seed)
  const all = Array.from({ length: options.edges }, (_, i) => i + 1)
  const numbers = all.filter(number => number !== harbour)
  const liars = sample(
    random,
    numbers.filter(number => number !== lasting),
    liarsCount,
  ).sort()
  const faults: PlannedFault[] = []
  const wellAt = new Map<number, number>()
  for (let atMs = 0; atMs < options.spanMs; atMs += gapBetween(random)) {
    const kinds = Object.keys(faultKinds) as FaultKind[]
    const kind = kinds[integerBelow(random, kinds.length)]!
    const fit = kind === 'lie' ? liars : numbers.filter(number => number !== lasting || !isDeadly(kind))
    const able = fit.filter(number => (wellAt.get(number) ?? 0) <= atMs)
    if (able.length === 0) continue
    const edge = able[integerBelow(random, able.length)]!
    const { min, max } = lengthsMs[kind]
    const durationMs = min + integerBelow(random, max - min + 1)
    wellAt.set(edge, atMs + durationMs + startMs)
    faults.push({ atMs: Math.round(atMs), durationMs, kind, edge, seed: integerBelow(random, 2 ** 31) })
  }
  return { liars, faults }
}

/** Times of a Poisson process: faults come in bunches, too. */
function gapBetween(random: Random): number {
  return -gapMs * Math.log(1 - random.next())
}

function isDeadly(kind: FaultKind): boolean {
  return kind === 'kill' || kind === 'loss'
}
