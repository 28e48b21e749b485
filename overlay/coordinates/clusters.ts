// Clusters without servers: which peers are near enough to each other to keep a local coordinate (Pharos, GLOBECOM
// 2007).
//
// Pharos gives every newcomer a fixed set of anchors to ping and calls those with the same nearest anchor a cluster.
// Here a cluster is nothing but a label that peers carry in their coordinates, and each decides alone which to carry:
// that whose bearers, as lately heard, are nearest on average. This is k-means, one step a review, on gossip. While
// there are fewer than `clustersMax`, one review in n may found another, if nowhere near would shorten more ways than
// here; of too many the most borne stay. Nobody has to agree: peers of unlike labels use the base coordinate.
// Rejected: elected anchors, since word of one takes n/2 probes to reach everybody, and a label is on everyone's
// lips.

import { type Random, sample } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import { type Label, labelOf, noLabel, type Point, type Position } from './coordinate.ts'

export type Bearer = { readonly label: Label; readonly base: Position }

export type ClusterTuning = {
  /** More starve each other of members: 3 or 4 were best at 242 and 490 peers. */
  clustersMax: number
  /** A cluster with fewer known members uses the base coordinate. */
  clusterMin: number
}

/** A label is left only for one that is this much nearer, or those at a border would change at every review. */
const nearerShare = 0.85
/** Who might found a cluster compares itself with this many others. */
const rivals = 8
const demandMax = 32
/** What founding must save of all ways to the nearest cluster. */
const savedMin = 0.1
/** A position worse than this says nothing about who is near. */
const errorMax = 0.5

export class Clusters {
  #label: Label = noLabel
  readonly #own: Label
  readonly #random: Random
  readonly #tuning: ClusterTuning

  constructor(self: PeerId, random: Random, tuning: ClusterTuning) {
    this.#own = labelOf(self)
    this.#random = random
    this.#tuning = tuning
  }

  get label(): Label {
    return this.#label
  }

  /** Reconsiders the label, given this peer's base position, those heard last, and how many are known in all. */
  review(self: Position, heard: readonly Bearer[], known: number): void {
    if (known < 2 * this.#tuning.clusterMin) this.#label = noLabel
    else if (self.error <= errorMax) {
      const groups = this.#groups(heard)
      this.#join(self.point, groups)
      if (groups.size < this.#tuning.clustersMax && this.#random.next() < (rivals + 1) / known)
        this.#found(self.point, heard, groups)
    }
  }

  /** The most borne labels, of equal ones the smaller, each with where its bearers stand. */
  #groups(heard: readonly Bearer[]): Map<Label, Point[]> {
    const placed = heard.filter(({ label, base }) => label !== noLabel && base.error <= errorMax)
    const groups = Map.groupBy(placed, ({ label }) => label)
    const most = [...groups].sort(([a, as], [b, bs]) => bs.length - as.length || a - b)
    return new Map(
      most.slice(0, this.#tuning.clustersMax).map(([label, of]) => [label, of.map(({ base }) => base.point)]),
    )
  }

  #join(self: Point, groups: Map<Label, Point[]>): void {
    let nearest = this.#label
    let least = groups.has(nearest)
      ? nearerShare * meanGapMs(self, groups.get(nearest)!)
      : Number.POSITIVE_INFINITY
    for (const [label, points] of groups) {
      const gapMs = meanGapMs(self, points)
      if (gapMs < least) {
        nearest = label
        least = gapMs
      }
    }
    this.#label = nearest
  }

  #found(self: Point, heard: readonly Bearer[], groups: Map<Label, Point[]>): void {
    const demand = sample(this.#random, heard, demandMax).map(({ base }) => base.point)
    const waysMs = demand.map(point =>
      Math.min(1e4, ...[...groups.values()].map(group => meanGapMs(point, group))),
    )
    const savedMs = (at: Point): number =>
      demand.reduce((sum, point, i) => sum + Math.max(0, waysMs[i]! - gapMs(at, point)), 0)
    const own = savedMs(self)
    if (own < savedMin * waysMs.reduce((sum, way) => sum + way, 0)) return
    if (sample(this.#random, heard, rivals).every(({ base }) => savedMs(base.point) <= own))
      this.#label = this.#own
  }
}

function meanGapMs(from: Point, points: readonly Point[]): number {
  let sum = 0
  for (const point of points) sum += gapMs(from, point)
  return sum / points.length
}

/** Without heights: a slow access link is no reason to be counted as far from one's neighbours. */
function gapMs(a: Point, b: Point): number {
  let sum = 0
  for (let i = 0; i < a.length - 1; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum)
}
