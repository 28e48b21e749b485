// What two peers that meet do with their places: the one decision out of which the trie grows (P-Grid, Aberer 2001 §3;
// data-driven as in VLDB 2005).
//
// Both peers compute it from the same two descriptions and one shared random number, so they decide complementary
// things without another round. A path only grows here, by one bit at a time; growing back is `repair.ts`. When to part
// and in what proportion is a rule: by depth as in 2001, or by load and replicas. Rejected: estimating the replicas by
// capture and recapture of records, since membership already counts the peers, and replicas with equal records, the
// state we aim at, always estimate the replication that was assumed.

import { estimatedPartition, fairShare, type Partition } from './partition.ts'
import { otherBit, type Path } from './path.ts'

/** A peer as it describes itself to whom it meets. */
export type Meeter = {
  readonly path: Path
  /** Records that it keeps under its path and 0, its path and 1. */
  readonly zeros: number
  readonly ones: number
  /** How many peers it thinks have its path, itself included. */
  readonly peers: number
}

/** How those who stand where `undecided` stands shall part; undefined: not at all. `isParted`: others have begun to. */
export type Rule = (undecided: Meeter, isParted: boolean) => Partition | undefined

/** The paths after the meeting. `chance` is in [0, 1). */
export function decide(a: Meeter, b: Meeter, chance: number, rule: Rule): { a: Path; b: Path } {
  const stay = { a: a.path, b: b.path }
  if (a.path.length > b.path.length) {
    const { a: later, b: earlier } = decide(b, a, chance, rule)
    return { a: earlier, b: later }
  }
  if (!b.path.startsWith(a.path)) return stay
  if (a.path.length < b.path.length) {
    const chances = rule(a, true)
    if (!chances) return stay
    const met = b.path[a.path.length]!
    const turns = chance < (met === '1' ? chances.toZero : chances.toOne)
    return { ...stay, a: a.path + (turns ? otherBit(met) : met) }
  }
  const { path } = a
  const both = rule(together(a, b), false)?.both ?? 0
  if (chance >= both) return stay
  return chance < both / 2 ? { a: `${path}0`, b: `${path}1` } : { a: `${path}1`, b: `${path}0` }
}

/** Two replicas as one: the larger of what each knows, for neither has more than the other does not yet have. */
function together(a: Meeter, b: Meeter): Meeter {
  return {
    path: a.path,
    zeros: Math.max(a.zeros, b.zeros),
    ones: Math.max(a.ones, b.ones),
    peers: Math.max(a.peers, b.peers),
  }
}

export type DataRule = {
  /** Peers that every path must keep. */
  nMin: number
  /** Records that make a path too heavy. */
  deltaMax: number
  /** Bits of a path at most. */
  bitsMax: number
}

/** Part when there are peers for two sides, and too many records, or twice the peers that two sides need. */
export function byData({ nMin, deltaMax, bitsMax }: DataRule): Rule {
  return ({ path, zeros, ones, peers }, isParted) => {
    if (path.length >= bitsMax) return undefined
    const isHeavy = zeros + ones > deltaMax || peers >= 4 * nMin
    if (!isParted && (peers <= 2 * nMin || !isHeavy)) return undefined
    return estimatedPartition(fairShare(zeros, ones, peers, nMin), Math.max(1, zeros + ones))
  }
}

/** Part in halves until paths have `depth` bits, whatever lies where: the grid of 2001. */
export function byDepth(depth: number): Rule {
  const halves: Partition = { both: 1, toZero: 1, toOne: 1 }
  return ({ path }) => (path.length < depth ? halves : undefined)
}

/** How many of `peers` stay with one that went from `before` to `after`, its path and one bit. */
export function peersAfter(meeter: Meeter, after: Path, nMin: number): number {
  const { path, zeros, ones, peers } = meeter
  if (after.length === path.length) return peers
  const share = fairShare(zeros, ones, peers, nMin)
  return Math.max(1, peers * (after.endsWith('0') ? share : 1 - share))
}
