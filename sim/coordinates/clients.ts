// How well edges are chosen for clients that never ran anything of ours: some hosts of a matrix are edges and have
// coordinates, all others are clients, each seen by a few of the edges.
//
// The first answer is judged by the truth: is it the best of all edges, or within 10 ms of it? Compared are choosing
// by the edge that was asked (the resolver's, which may be anywhere), by the nearest observer alone, and by the fit of
// overlay/coordinates/foreign.ts, where what an edge saw itself counts as it saw it.

import { type Random, sample, seededRandom } from '../../base/random.ts'
import { decodeCoordinate, distanceMs, type Point } from '../../overlay/coordinates/coordinate.ts'
import { borneOut, placeForeign } from '../../overlay/coordinates/foreign.ts'
import { devnetTuning } from '../../overlay/coordinates/options.ts'
import { percentile } from './accuracy.ts'
import { Community } from './community.ts'
import type { Matrix } from './matrix.ts'

export const ways = ['the edge asked', 'nearest observer', 'fit'] as const
export type Way = (typeof ways)[number]

export type Choice = {
  /** Share of clients whose first answer is at most 10 ms from the best. */
  good: number
  best: number
  /** ms that the first answer is from the best: median, and of the worst tenth the least. */
  medianMs: number
  p90Ms: number
}

const goodMs = 10
const lieMs = 1
/** Probes until coordinates rest. */
const periods = 120

/**
 * Each client is seen by `observers` of `edgeCount` edges; `liars` of these claim to be 1 ms from it. Figures are of
 * all clients and of each way.
 */
export function chooseFor(
  matrix: Matrix,
  seed: number,
  { edgeCount = 16, observers = 3, liars = 0 } = {},
): { [way in Way]: Choice } {
  const random = seededRandom(seed)
  const edges = sample(random, [...Array(matrix.size).keys()], edgeCount)
  const points = pointsOf(matrix.part(edges), seed)
  const clients = [...Array(matrix.size).keys()].filter(i => !edges.includes(i))
  const losses: { [way in Way]: number[] } = { 'the edge asked': [], 'nearest observer': [], fit: [] }
  for (const client of clients) {
    const rtts = edges.map(edge => matrix.rttMs(edge, client))
    const reached = [...rtts.keys()].filter(k => rtts[k]! > 0)
    if (reached.length < Math.max(2, observers)) continue
    const bestMs = Math.min(...reached.map(k => rtts[k]!))
    const seenBy = sample(random, reached, observers)
    const asked = sample(random, reached, 1)[0]!
    const near = seenBy.reduce((a, b) => (rtts[a]! <= rtts[b]! ? a : b))
    losses['the edge asked'].push(rtts[asked]! - bestMs)
    losses['nearest observer'].push(rtts[near]! - bestMs)
    const saidMs = new Map(seenBy.map((k, i) => [k, i < liars ? lieMs : rtts[k]!]))
    losses.fit.push(rtts[byFit(points, saidMs, reached, random)]! - bestMs)
  }
  return {
    'the edge asked': choiceOf(losses['the edge asked']),
    'nearest observer': choiceOf(losses['nearest observer']),
    fit: choiceOf(losses.fit),
  }
}

function pointsOf(matrix: Matrix, seed: number): Point[] {
  const community = new Community({ matrix, seed, tuning: devnetTuning, periodMs: 400 })
  community.run(periods)
  return community.nodes.map(node => decodeCoordinate(node.own()).base.point)
}

function byFit(
  points: readonly Point[],
  saidMs: ReadonlyMap<number, number>,
  reached: readonly number[],
  random: Random,
): number {
  const sights = [...saidMs].map(([k, rttMs]) => ({ k, point: points[k]!, rttMs }))
  const believed = borneOut(sights, points)
  const place = placeForeign(believed, points, random)!
  const expectedMs = (k: number): number =>
    believed.find(sight => sight.k === k)?.rttMs ?? distanceMs(place, points[k]!)
  return reached.reduce((a, b) => (expectedMs(a) <= expectedMs(b) ? a : b))
}

function choiceOf(losses: number[]): Choice {
  losses.sort((a, b) => a - b)
  const share = (mostMs: number): number => losses.filter(loss => loss <= mostMs).length / losses.length
  return {
    good: share(goodMs),
    best: share(0),
    medianMs: percentile(losses, 0.5),
    p90Ms: percentile(losses, 0.9),
  }
}

/** Of several seeds, figure by figure. */
export function meanChoice(choices: readonly Choice[]): Choice {
  const mean = (figure: keyof Choice): number =>
    choices.reduce((sum, choice) => sum + choice[figure], 0) / choices.length
  return { good: mean('good'), best: mean('best'), medianMs: mean('medianMs'), p90Ms: mean('p90Ms') }
}
