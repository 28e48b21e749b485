// Where somebody stands who has no coordinate: a client, from the round trips that peers with coordinates saw to it.
//
// One to five round trips leave whole surfaces of points that fit, so what else is known must help: clients live where
// edges were put. The search begins at the known peer beside whom the client would fit best, and a weak spring holds it
// there. The fit itself is that of a peer's own position (PCoord's absolute loss; GNP and Pharos place hosts alike).
// Of PlanetLab's hosts, each seen by one edge of 16, half get a good edge so, and a fifth did when the search began at
// the observer (docs/protocols/clients.md). Rejected: relative and squared losses, stiffer springs; they did worse.

import type { Random } from '../../base/random.ts'
import { dimensions, distanceMs, type Point } from './coordinate.ts'
import { NelderMead } from './nelder-mead.ts'

/** `point` is the observer's. */
export type Sight = { readonly point: Point; readonly rttMs: number }

/** What a client's access link adds, before anything else is known. */
const accessMs = 10
/** What a ms away from the peer beside it costs, in ms of misfit. */
const springPerMs = 0.1
const sizeMs = 20
const stepsMax = 200

const simplex = new NelderMead(dimensions + 1)

/** Beside one of `peers` or observers; undefined without sights. Takes peers × sights, and some 300 × sights. */
export function placeForeign(
  sights: readonly Sight[],
  peers: readonly Point[],
  random: Random,
): Point | undefined {
  if (sights.length === 0) return undefined
  const misfit = (x: readonly number[]): number =>
    sights.reduce((sum, { point, rttMs }) => sum + Math.abs(distanceMs(x, point) - rttMs), 0)
  let start = beside(sights[0]!.point)
  let least = Number.POSITIVE_INFINITY
  for (const peer of [...sights.map(({ point }) => point), ...peers]) {
    const spot = beside(peer)
    const off = misfit(spot)
    if (off < least) [start, least] = [spot, off]
  }
  const cost = (x: readonly number[]): number => {
    if (x[dimensions]! < 0) return Number.POSITIVE_INFINITY
    let square = 0
    for (let i = 0; i < dimensions; i++) square += (x[i]! - start[i]!) ** 2
    return misfit(x) + springPerMs * Math.sqrt(square)
  }
  return [...simplex.minimise(cost, start, sizeMs, stepsMax, random)]
}

function beside(peer: Point): Point {
  return peer.with(dimensions, accessMs)
}
