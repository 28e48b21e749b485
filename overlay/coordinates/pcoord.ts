// PCoord: a peer refits its own position to a few measured round trips (Lehman and Lerman, NCA 2004, ITNG 2006).
//
// The cost is the weighted sum of |predicted - measured| over the references: an absolute loss, because a few routes
// always break the triangle inequality and a squared one would bend the whole position for them. The peer then moves
// only part of the way, less the better it already stands. Who claims a small error weighs more, but never more than
// one who claims 0.3, for a liar would claim 0; and who fits worse than five times the median is left out of a second
// look. So a fifth of liars raises the median error by half and does not multiply it, and costs nothing without them.
// Rejected: Vivaldi's spring per sample, which needs twice the samples, and a relative loss, which diverges from a
// cold start.

import type { Random } from '../../base/random.ts'
import { distanceMs, isPlaced, magnitudeMaxMs, type Point, type Position } from './coordinate.ts'
import { type Cost, NelderMead } from './nelder-mead.ts'

export type Reference = { readonly position: Position; readonly rttMs: number }

/** The error that is believed at best. */
const claimMin = 0.3
/** Keeps the weight of the best claim within 1 / (0.05 + 0.3) = 3 times that of the worst. */
const weightOffset = 0.05
const firstSizeMs = 100
const sizeMinMs = 5
/** A position that is wrong by a tenth is searched within about 4 ms. */
const sizePerErrorMs = 40
const stepsMax = 120
/** 3 and 8 did as well among liars; without any, 5 was best. */
const outlierFactor = 5
/** Gravity (Ledlie, Gardner, Seltzer, NSDI 2007): (x / 1000)² ms per update, 0.04 ms at 200 ms and 25 ms at 5 s. */
const gravityMs = 1000

export class PCoord {
  readonly #random: Random
  readonly #simplex: NelderMead
  readonly #residuals: number[] = []

  constructor(random: Random, variables: number) {
    this.#random = random
    this.#simplex = new NelderMead(variables)
  }

  /** Where to stand after this update; `position` itself when there is nothing to go by. */
  refit(position: Position, references: readonly Reference[]): Position {
    if (references.length === 0) return position
    const { point, error } = position
    const size = isPlaced(position) ? Math.max(sizeMinMs, sizePerErrorMs * error) : firstSizeMs
    const best = this.#search(point, references, size)
    const misfit = this.#misfit(point, references)
    const claims = references.reduce((sum, reference) => sum + reference.position.error, 0)
    const share = misfit / (misfit + claims / references.length || 1)
    const moved = inBounds(point.map((value, i) => value + share * (best[i]! - value)))
    const left = Math.min(1, this.#misfit(moved, references))
    return { point: moved, error: isPlaced(position) ? (error + left) / 2 : left }
  }

  /** The best point for all, then for those that it does not fit by far the worst. */
  #search(start: Point, references: readonly Reference[], size: number): Point {
    const first = [...this.#simplex.minimise(costOf(references), start, size, stepsMax, this.#random)]
    const off = references.map(({ position, rttMs }) => Math.abs(distanceMs(first, position.point) - rttMs))
    const offMax = outlierFactor * off.toSorted((a, b) => a - b)[off.length >> 1]!
    const kept = references.filter((_, i) => off[i]! <= offMax)
    if (kept.length === references.length) return first
    return this.#simplex.minimise(costOf(kept), first, size / 2, stepsMax / 2, this.#random)
  }

  /** The median of |predicted - measured| / measured. */
  #misfit(point: Point, references: readonly Reference[]): number {
    const residuals = this.#residuals
    residuals.length = 0
    for (const { position, rttMs } of references)
      residuals.push(Math.abs(distanceMs(point, position.point) - rttMs) / rttMs)
    residuals.sort((a, b) => a - b)
    return residuals[residuals.length >> 1]!
  }
}

/** The references laid out flat, since this is evaluated some 200 times a fit. */
function costOf(references: readonly Reference[]): Cost {
  const points = references.map(({ position }) => position.point)
  const rttsMs = references.map(({ rttMs }) => rttMs)
  const weights = references.map(({ position }) => 1 / (weightOffset + Math.max(claimMin, position.error)))
  const last = points[0]!.length - 1
  return x => {
    // A height below zero is worth as little as it is possible, so the simplex turns back.
    if (x[last]! < 0) return Number.POSITIVE_INFINITY
    let sum = 0
    for (let i = 0; i < points.length; i++)
      sum += weights[i]! * Math.abs(distanceMs(x, points[i]!) - rttsMs[i]!)
    return sum
  }
}

/** Where others still believe in it, and a little nearer to the origin, or the frame of all might wander off. */
function inBounds(point: number[]): Point {
  const pull = 1 - Math.min(1, Math.hypot(...point) / gravityMs ** 2)
  return point.map((value, i) => {
    const least = i === point.length - 1 ? 0 : -magnitudeMaxMs
    return Math.min(magnitudeMaxMs, Math.max(least, value * pull))
  })
}
