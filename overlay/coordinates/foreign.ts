// Where somebody stands who has no coordinate: a client, from the round trips that peers with coordinates saw to it.
//
// One to five round trips leave whole surfaces of points that fit, so what else is known must help: clients live where
// edges were put. The search begins at the known peer beside whom the client would fit best, and a weak spring holds it
// there. The fit itself is that of a peer's own position (PCoord's absolute loss; GNP and Pharos place hosts alike).
// Of PlanetLab's hosts, each seen by one edge of 16, half get a good edge so, and a fifth did when the search began at
// the observer (docs/protocols/clients.md). Rejected: relative and squared losses, stiffer springs; they did worse.
//
// Who claims to be near to everybody would get everybody's clients. So the claim that falls shortest of what the
// others' round trips say is left out, when it is less than a fifth of that: one liar of three leaves half of the
// clients well served, and a seventh without this.

import type { Random } from '../../base/random.ts'
import { dimensions, distanceMs, type Point } from './coordinate.ts'
import { NelderMead } from './nelder-mead.ts'

/** `point` is the observer's. */
export type Sight = { readonly point: Point; readonly rttMs: number }

/** What a client's access link adds, before anything else is known. */
const accessMs = 10
/** What a ms away from the peer beside it costs, in ms of misfit. */
const springPerMs = 0.1
/** Without liars this costs 2 to 5 of 100 clients their good edge; 0.08 cost 1 to 3, and let in who claims 10 ms. */
const claimMin = 0.2
const sizeMs = 20
const stepsMax = 200

const simplex = new NelderMead(dimensions + 1)

/** `sights` without the one that nobody else's bears out, if there is such a one. Takes peers × sights². */
export function borneOut<S extends Sight>(sights: readonly S[], peers: readonly Point[]): readonly S[] {
  let odd: S | undefined
  let widestMs = 0
  for (const sight of sights) {
    const others = sights.filter(other => other !== sight)
    if (others.length === 0) return sights
    const expectedMs = distanceMs(startFor(others, peers), sight.point)
    const gapMs = expectedMs - sight.rttMs
    if (sight.rttMs < claimMin * expectedMs && gapMs > widestMs) [odd, widestMs] = [sight, gapMs]
  }
  return sights.filter(sight => sight !== odd)
}

/** Beside one of `peers` or observers; undefined without sights. Takes peers × sights, and some 300 × sights. */
export function placeForeign(
  sights: readonly Sight[],
  peers: readonly Point[],
  random: Random,
): Point | undefined {
  if (sights.length === 0) return undefined
  const start = startFor(sights, peers)
  const cost = (x: readonly number[]): number => {
    if (x[dimensions]! < 0) return Number.POSITIVE_INFINITY
    let square = 0
    for (let i = 0; i < dimensions; i++) square += (x[i]! - start[i]!) ** 2
    return misfitMs(sights, x) + springPerMs * Math.sqrt(square)
  }
  return [...simplex.minimise(cost, start, sizeMs, stepsMax, random)]
}

/** The place beside a peer or an observer that fits best; at least one sight is wanted. */
function startFor(sights: readonly Sight[], peers: readonly Point[]): Point {
  let start = beside(sights[0]!.point)
  let leastMs = Number.POSITIVE_INFINITY
  for (const peer of [...sights.map(({ point }) => point), ...peers]) {
    const spot = beside(peer)
    const offMs = misfitMs(sights, spot)
    if (offMs < leastMs) [start, leastMs] = [spot, offMs]
  }
  return start
}

function misfitMs(sights: readonly Sight[], x: Point): number {
  return sights.reduce((sum, { point, rttMs }) => sum + Math.abs(distanceMs(x, point) - rttMs), 0)
}

function beside(peer: Point): Point {
  return peer.with(dimensions, accessMs)
}
