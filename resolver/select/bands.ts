// Nearest first, and the load in proportion: what DONAR asks of whoever maps clients to replicas (Wendell, Jiang,
// Freedman, Rexford, SIGCOMM 2010).
//
// Round trips are compared in bands, each reaching half as far again as the one before, because predictions are not
// better than that. Within a band it is all the same to the client, so there the load is split: successive answers
// begin with each item as often as its weight says. The golden ratio spreads the turns, so that whoever takes every
// second one (A, then AAAA) is spread as well. Rejected: counting what each was given, which takes a look at a whole
// band for each answer.

/** Nearer than this is all the same: what a busy event loop adds. */
const sameMs = 5
const bandRatio = 1.5
/** The fractions of its multiples lie as evenly as can be (Weyl, Knuth 6.4). */
const goldenRatio = 0.6180339887498949

/** Items about as far as each other, the nearest of these lists first. */
export type Bands<T> = readonly (readonly T[])[]

/** Round trips in ms; undefined: not known, taken as farthest. */
export function bandsOf<T>(items: readonly T[], rttMsOf: (item: T) => number | undefined): Bands<T> {
  const bands = Map.groupBy(items, item => bandOf(rttMsOf(item)))
  return [...bands].sort(([a], [b]) => a - b).map(([, near]) => near)
}

/** `countMax` of `bands` for the answer of this number; `weightOf` is above 0. */
export function inProportion<T>(
  bands: Bands<T>,
  turn: number,
  countMax: number,
  weightOf: (item: T) => number = () => 1,
): T[] {
  const picked: T[] = []
  const share = (turn * goldenRatio) % 1
  for (const band of bands) {
    if (picked.length >= countMax) break
    let left = share * band.reduce((sum, item) => sum + weightOf(item), 0)
    let first = 0
    while (first < band.length - 1 && (left -= weightOf(band[first]!)) >= 0) first++
    for (let i = 0; i < band.length && picked.length < countMax; i++)
      picked.push(band[(first + i) % band.length]!)
  }
  return picked
}

/** 0 below 5 ms, 1 below 7.5 ms, 2 below 11.3 ms … */
function bandOf(rttMs: number | undefined): number {
  if (rttMs === undefined) return Number.POSITIVE_INFINITY
  return rttMs < sameMs ? 0 : 1 + Math.floor(Math.log(rttMs / sameMs) / Math.log(bandRatio))
}
