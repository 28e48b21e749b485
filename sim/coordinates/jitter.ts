// What a probe takes on a route whose floor is known: the floor, a little queueing, now and then a great deal of it.
//
// Synthetic: slices of real traces are not at hand. Queueing is exponential around a twentieth of the floor; one
// probe in fifty is held up by a Pareto time without a mean (index 1, from 10 ms, cut at 5 s), the tail of up to
// three orders of magnitude that Ledlie et al. (ICDCS 2006) saw on links of PlanetLab.

import type { Random } from '../../base/random.ts'

const queueShare = 0.05
const heldShare = 0.02
const heldMinMs = 10
const heldMaxMs = 5000

export function jitter(rttMs: number, random: Random): number {
  const queuedMs = -Math.log(1 - random.next()) * queueShare * rttMs
  const heldMs = random.next() < heldShare ? Math.min(heldMaxMs, heldMinMs / (1 - random.next())) : 0
  return rttMs + queuedMs + heldMs
}
