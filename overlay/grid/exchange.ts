// What two peers that meet do with their places: the one decision out of which the trie grows (P-Grid, Aberer 2001 §3;
// data-driven as in VLDB 2005).
//
// Both peers compute it from the same two descriptions and one shared random number, so they decide complementary
// things without another round. A path only grows here; growing back is `absence.ts`. When to part and in what
// proportion is a rule: by depth as in 2001, or by load and replicas. Rejected: estimating the replicas by capture and
// recapture of records, since membership already counts the peers, and replicas with equal records, the state we aim
// at, always estimate the replication that was assumed.

import type { Random } from '../../base/random.ts'
import { coin, eagerPartition, estimatedPartition, fairShare, type Partition } from './partition.ts'
import { otherBit, type Path } from './path.ts'

/** A peer as it describes itself to whom it meets. */
export type Meeter = {
  readonly path: Path
  /** Records that it keeps under its path and 0, its path and 1. */
  readonly zeros: number
  readonly ones: number
  /** How many peers it thinks have its path or have gone on from there, itself included. */
  readonly peers: number
  /** How many of them it knows that have gone on to 0, to 1. */
  readonly gone: readonly [zeros: number, ones: number]
}

/** How those who stand where `undecided` stands shall part; undefined: not at all. */
export type Rule = (undecided: Meeter) => Partition | undefined

/** The paths after the meeting. `chance` is in [0, 1). */
export function decide(a: Meeter, b: Meeter, chance: number, rule: Rule): { a: Path; b: Path } {
  const stay = { a: a.path, b: b.path }
  if (a.path.length > b.path.length) {
    const { a: later, b: earlier } = decide(b, a, chance, rule)
    return { a: earlier, b: later }
  }
  if (!b.path.startsWith(a.path)) return stay
  if (a.path.length < b.path.length) {
    const chances = rule(a)
    if (!chances) return stay
    const met = b.path[a.path.length]!
    if (chance < (met === '1' ? chances.toZero : chances.toOne)) return { ...stay, a: a.path + otherBit(met) }
    // One that follows the only child of its path would leave the other half to nobody.
    return isParted(a) ? { ...stay, a: a.path + met } : stay
  }
  const { path } = a
  const meeter = together(a, b)
  const chances = rule(meeter)
  if (!chances) return stay
  const { both, alike } = chances
  if (chance < both)
    return chance < both / 2 ? { a: `${path}0`, b: `${path}1` } : { a: `${path}1`, b: `${path}0` }
  return alike === undefined || !isParted(meeter) ? stay : { a: path + alike, b: path + alike }
}

/** How one that is alone at `meeter.path` goes on by what it knows, until it does not know both sides: who comes late
 *  is at its end after one meeting. `standing` says what it keeps and knows at a path. */
export function descend(
  meeter: Meeter,
  standing: (path: Path) => Pick<Meeter, 'zeros' | 'ones' | 'gone'>,
  nMin: number,
  random: Random,
): Meeter {
  if (!isParted(meeter)) return meeter
  const { path: before, zeros, ones, peers } = meeter
  const path = before + (random.next() < fairShare(zeros, ones, peers, nMin) ? '0' : '1')
  const after = { path, peers: peersAfter(meeter, path, nMin), ...standing(path) }
  return descend(after, standing, nMin, random)
}

/** Somebody is known on both sides. */
function isParted({ gone }: Meeter): boolean {
  return gone[0] > 0 && gone[1] > 0
}

/** Two replicas as one: the larger of what each knows, for neither has more than the other does not yet have. */
function together(a: Meeter, b: Meeter): Meeter {
  return {
    path: a.path,
    zeros: Math.max(a.zeros, b.zeros),
    ones: Math.max(a.ones, b.ones),
    peers: Math.max(a.peers, b.peers),
    gone: [Math.max(a.gone[0], b.gone[0]), Math.max(a.gone[1], b.gone[1])],
  }
}

export type DataRule = {
  /** Peers that every path must keep. */
  nMin: number
  /** Records that make a path too heavy. */
  deltaMax: number
  /** Bits of a path at most. */
  bitsMax: number
  /** Up to so many peers are all known by name. */
  replicasMax: number
}

/** Part when there are peers for two sides, and too many records, or twice the peers that two sides need. Those who
 *  come later, when both sides are there, draw a side; where all are known by name, for what the sides still lack. */
export function byData({ nMin, deltaMax, bitsMax, replicasMax }: DataRule): Rule {
  return meeter => {
    const { path, zeros, ones, peers, gone } = meeter
    if (path.length >= bitsMax) return undefined
    const isHeavy = zeros + ones > deltaMax || peers >= 4 * nMin
    if (peers < 2 * nMin || (!isParted(meeter) && (peers === 2 * nMin || !isHeavy))) return undefined
    const share = fairShare(zeros, ones, peers, nMin)
    const samples = Math.max(1, zeros + ones)
    if (!isParted(meeter)) return estimatedPartition(share, samples)
    if (peers > replicasMax) return estimatedPartition(share, samples, eagerPartition)
    return coin((share * peers - gone[0]) / (peers - gone[0] - gone[1]))
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
