// The coordinate that a peer publishes moves less than the one that it fits (Ledlie et al., ICDCS 2006).
//
// Each fit is to other references and lands some milliseconds beside the last one. Those steps are noise around a
// place that hardly moves, so what is published is their moving average: it moves half as much and is no less right.
// Before the position has settled there is nothing to average yet, and it follows every fit.
// Rejected: the paper's ENERGY, two windows of 32 positions that are compared at each fit, for one line of
// arithmetic.

import type { Position } from './coordinate.ts'

/** Worse than this, a position still has somewhere to go. */
const settledError = 0.3

/** What to publish after a fit; `share` of the way from what was published to what is fitted. */
export function steadied(published: Position, fitted: Position, share: number): Position {
  if (published.error > settledError || fitted.error > settledError) return fitted
  const point = published.point.map((value, i) => value + share * (fitted.point[i]! - value))
  return { point, error: fitted.error }
}
