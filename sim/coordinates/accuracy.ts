// How good predictions are, in the words of the papers.
//
// The error of a pair is |predicted - measured| / min(predicted, measured) (GNP, Pharos: RE_min), over all pairs and
// not only those that were probed. What a CDN wants to know is the last figure: how often the best of 20 random
// replicas is the one that is predicted to be.

import { type Random, sample } from '../../base/random.ts'
import type { Matrix } from './matrix.ts'

export type Predict = (i: number, j: number) => number | undefined

export type Accuracy = {
  median: number
  /** Of all pairs; Yang Chen's NPRE. */
  p90: number
  /** The median among pairs nearer than 50 ms; NaN without any. */
  short: number
  hit20: number
}

const shortMs = 50
const candidatesMax = 20
const triesPerPeer = 10

/** Pairs without a measurement are left out; one without a prediction counts as predicted 0. */
export function accuracyOf(
  matrix: Matrix,
  predict: Predict,
  random: Random,
  peers: readonly number[] = Array.from({ length: matrix.size }, (_, i) => i),
): Accuracy {
  const errors: number[] = []
  const shortErrors: number[] = []
  for (const i of peers)
    for (const j of peers) {
      const rttMs = matrix.rttMs(i, j)
      if (j >= i || !(rttMs > 0)) continue
      const error = relativeError(predict(i, j) ?? 0, rttMs)
      errors.push(error)
      if (rttMs < shortMs) shortErrors.push(error)
    }
  errors.sort((a, b) => a - b)
  shortErrors.sort((a, b) => a - b)
  return {
    median: percentile(errors, 0.5),
    p90: percentile(errors, 0.9),
    short: percentile(shortErrors, 0.5),
    hit20: hitsOf(matrix, predict, random, peers),
  }
}

/** RE_min, a tenth of a ms added to the divisor as in NCSim, so that a prediction of nothing is bad and not
 *  infinite. */
function relativeError(predictedMs: number, rttMs: number): number {
  return Math.abs(predictedMs - rttMs) / (Math.min(predictedMs, rttMs) + 0.1)
}

/** Of sorted values; NaN of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

function hitsOf(matrix: Matrix, predict: Predict, random: Random, peers: readonly number[]): number {
  let hits = 0
  let tries = 0
  for (const i of peers) {
    const others = peers.filter(j => matrix.rttMs(i, j) > 0)
    if (others.length < 2) continue
    for (let k = 0; k < triesPerPeer; k++) {
      const candidates = sample(random, others, candidatesMax)
      const picked = least(candidates, j => predict(i, j) ?? Number.POSITIVE_INFINITY)
      const best = least(candidates, j => matrix.rttMs(i, j))
      tries++
      if (matrix.rttMs(i, picked) <= matrix.rttMs(i, best)) hits++
    }
  }
  return hits / tries
}

function least(candidates: readonly number[], costOf: (j: number) => number): number {
  let best = candidates[0]!
  let bestCost = Number.POSITIVE_INFINITY
  for (const j of candidates) {
    const cost = costOf(j)
    if (cost < bestCost) [best, bestCost] = [j, cost]
  }
  return best
}
