// The systems of the papers on fixed sets of neighbours: what the product is measured against, in the same run.
//
// Vivaldi: 2-D and height, 32 neighbours. Pharos: Vivaldi twice, among 16 of all and 16 of the cluster, which is that
// of the nearest of four anchors. PCoord: one overlay, 32 neighbours. Both together: Pharos with PCoord's fit.
// Neighbours and anchors are drawn from the seed.

import { type Random, sample, seededRandom } from '../../base/random.ts'
import { distanceMs, type Position } from '../../overlay/coordinates/coordinate.ts'
import { PCoord } from '../../overlay/coordinates/pcoord.ts'
import { pulled } from '../../overlay/coordinates/vivaldi.ts'
import type { Predict } from './accuracy.ts'
import type { Matrix } from './matrix.ts'

export type Trial = { readonly predict: Predict; readonly samplesPerPeer: number }

/** One overlay: everybody's position, moved by what it measures to fixed neighbours. */
type Overlay = { readonly positions: Position[]; readonly neighbours: readonly (readonly number[])[] }

const pharosAnchors = 4
/** A cluster with fewer members than four times its neighbours uses the base overlay. */
const membersPerNeighbour = 4

export function vivaldi(matrix: Matrix, seed: number, rounds = 1000): Trial {
  const random = seededRandom(seed)
  const overlay = overlayAmong(matrix, random, 2, 32, () => true)
  const samples = springs(matrix, random, overlay, rounds)
  return { predict: distanceIn(overlay), samplesPerPeer: samples / matrix.size }
}

/** `references` random ones, all measured before each of `rounds` fits; they stay the same, or are drawn anew. */
export function pcoord(
  matrix: Matrix,
  seed: number,
  { references = 32, rounds = 16, areFixed = true } = {},
): Trial {
  const random = seededRandom(seed)
  const overlay = overlayAmong(matrix, random, 4, references, () => true)
  const samples = fits(matrix, random, [overlay], rounds, areFixed ? undefined : references)
  return { predict: distanceIn(overlay), samplesPerPeer: samples / matrix.size }
}

export function pharos(matrix: Matrix, seed: number, rounds = 1000): Trial {
  return twoOverlays(matrix, seed, 7, (random, overlays) =>
    overlays.reduce((sum, overlay) => sum + springs(matrix, random, overlay, rounds), 0),
  )
}

export function pharosPcoord(matrix: Matrix, seed: number, rounds = 16): Trial {
  return twoOverlays(matrix, seed, 4, (random, overlays) => fits(matrix, random, overlays, rounds))
}

function twoOverlays(
  matrix: Matrix,
  seed: number,
  dimensions: number,
  settle: (random: Random, overlays: readonly Overlay[]) => number,
): Trial {
  const random = seededRandom(seed)
  const { clusters, samples } = clustersOf(matrix, random)
  const base = overlayAmong(matrix, random, dimensions, 16, () => true)
  const local = overlayAmong(matrix, random, dimensions, 16, (i, j) => clusters[i] === clusters[j])
  const total = samples + settle(random, [base, local])
  const sizeOf = (cluster: number): number => clusters.filter(other => other === cluster).length
  const isLarge = Array.from({ length: pharosAnchors }, (_, k) => sizeOf(k) >= 16 * membersPerNeighbour)
  const isLocal = (i: number, j: number): boolean => clusters[i] === clusters[j] && isLarge[clusters[i]!]!
  return {
    predict: (i, j) => distanceIn(isLocal(i, j) ? local : base)(i, j),
    samplesPerPeer: total / matrix.size,
  }
}

function overlayAmong(
  matrix: Matrix,
  random: Random,
  dimensions: number,
  neighboursMax: number,
  mayMeet: (i: number, j: number) => boolean,
): Overlay {
  const everybody = Array.from({ length: matrix.size }, (_, i) => i)
  return {
    positions: everybody.map(() => ({
      point: Array.from({ length: dimensions + 1 }, (_, d) => (d < dimensions ? random.next() - 0.5 : 1)),
      error: 1,
    })),
    neighbours: everybody.map(i =>
      sample(
        random,
        matrix.others(i).filter(j => mayMeet(i, j)),
        neighboursMax,
      ),
    ),
  }
}

function distanceIn({ positions }: Overlay): (i: number, j: number) => number {
  return (i, j) => distanceMs(positions[i]!.point, positions[j]!.point)
}

/** Each round every peer measures one of its neighbours. Returns all samples. */
function springs(matrix: Matrix, random: Random, { positions, neighbours }: Overlay, rounds: number): number {
  let samples = 0
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < matrix.size; i++) {
      const own = neighbours[i]!
      if (own.length === 0) continue
      const j = own[Math.floor(random.next() * own.length)]!
      positions[i] = pulled(positions[i]!, positions[j]!, matrix.rttMs(i, j), random)
      samples++
    }
  return samples
}

/** Each round every peer measures all its neighbours and refits; with `drawn`, other random ones every time. */
function fits(
  matrix: Matrix,
  random: Random,
  overlays: readonly Overlay[],
  rounds: number,
  drawn?: number,
): number {
  const solvers = overlays.map(({ positions }) => new PCoord(random, positions[0]!.point.length))
  const everybody = Array.from({ length: matrix.size }, (_, i) => i)
  let samples = 0
  for (let round = 0; round < rounds; round++)
    for (const i of sample(random, everybody, matrix.size))
      overlays.forEach(({ positions, neighbours }, k) => {
        const met = drawn ? sample(random, matrix.others(i), drawn) : neighbours[i]!
        const references = met.map(j => ({ position: positions[j]!, rttMs: matrix.rttMs(i, j) }))
        positions[i] = solvers[k]!.refit(positions[i]!, references)
        samples += met.length
      })
  return samples
}

/** As Pharos does: who has the same nearest anchor is a cluster. Anchors are far from each other among the well
 *  connected. */
function clustersOf(matrix: Matrix, random: Random): { clusters: number[]; samples: number } {
  const everybody = Array.from({ length: matrix.size }, (_, i) => i)
  const some = sample(random, everybody, 60)
  const gapMs = (i: number, j: number): number =>
    i === j ? 0 : matrix.rttMs(i, j) || Number.POSITIVE_INFINITY
  const tenthMs = (i: number): number => {
    const gaps = some.filter(j => j !== i).map(j => gapMs(i, j))
    return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 10)]!
  }
  const candidates = some
    .map(i => [i, tenthMs(i)] as const)
    .sort((a, b) => a[1] - b[1])
    .slice(0, Math.max(2, some.length >> 1))
    .map(([i]) => i)
  const anchors = [candidates[0]!]
  const toAnchorMs = (i: number): number =>
    Math.min(...anchors.map(anchor => gapMs(anchor, i)).filter(Number.isFinite))
  while (anchors.length < Math.min(pharosAnchors, candidates.length))
    anchors.push(candidates.reduce((far, i) => (toAnchorMs(i) > toAnchorMs(far) ? i : far)))
  const clusters = everybody.map(i =>
    anchors.reduce((near, anchor, k) => (gapMs(anchor, i) < gapMs(anchors[near]!, i) ? k : near), 0),
  )
  return { clusters, samples: matrix.size * anchors.length }
}
