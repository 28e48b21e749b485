// In what proportion a group divides: adaptive eager partitioning (Aberer, Datta, Hauswirth, Schmidt, VLDB 2005).
//
// Peers that answer for one path shall part so that side 0 gets the share p of them, as it has the share p of the load,
// though each meets only a few others and nobody counts. For p <= 1/2, 0 being the lesser side:
//   undecided meets undecided: both decide, to opposite sides, with chance alpha;
//   undecided meets side 0: it takes side 1;   undecided meets side 1: it takes side 0 with chance beta, else side 1.
// With u, m undecided and lesser, du = -(1 + alpha·u) and dm = alpha·u + beta·(1 - u - m) per meeting; from u = 1 to 0:
//   p >= 1 - ln 2:  alpha = 1, p = 1 - (1 - 2^-beta) / beta,                        ln 2 meetings per peer;
//   below:          beta = 0,  p = alpha / x · (1 - ln(1 + x) / x), x = 2·alpha - 1,  ln(1 + x) / x meetings.
// Rejected: a coin of p for each, who then looks for a counterpart; it costs twice as much.

/** The chances by which a meeting decides; each is in [0, 1]. */
export type Partition = {
  /** Two undecided: that both decide, to opposite sides. */
  readonly both: number
  /** Where both go otherwise; undefined: they wait. */
  readonly alike?: '0' | '1'
  /** Undecided meets side 1 (side 0): that it takes side 0 (side 1). */
  readonly toZero: number
  readonly toOne: number
}

const eagerFrom = 1 - Math.LN2

/** `share` is the load of side 0 over that of both, known exactly. */
export function partition(share: number): Partition {
  const p = Math.min(share, 1 - share)
  const both = p >= eagerFrom ? 1 : inverse(lesserByAlpha, p)
  const toLesser = p <= eagerFrom ? 0 : inverse(lesserByBeta, p)
  return share <= 0.5 ? { both, toZero: toLesser, toOne: 1 } : { both, toZero: 1, toOne: toLesser }
}

/** The same for those who know somebody on both sides: two that do not part need not wait, both take the heavier. Below
 *  1 - ln 2 so many pairs part that p = both · (1 - ln 2), and it is ln 2 meetings per peer whatever the share. */
export function eagerPartition(share: number): Partition {
  const p = Math.min(share, 1 - share)
  return { ...partition(share), both: Math.min(1, p / eagerFrom), alike: share < 0.5 ? '1' : '0' }
}

/** A draw of side 0 with chance `share`, for a group in which all are known by name and the sides lack so much; two
 *  that meet use one draw, so that they go apart as often as can be. */
export function coin(share: number): Partition {
  const toZero = Math.min(1, Math.max(0, share))
  return {
    ...{ both: 2 * Math.min(toZero, 1 - toZero), toZero, toOne: 1 - toZero },
    alike: toZero < 0.5 ? '1' : '0',
  }
}

/** For a share estimated from `samples` records. The chances curve, so their mean over such estimates is not their
 *  value at the mean; what one standard deviation to both sides adds is taken off beforehand. */
export function estimatedPartition(share: number, samples: number, exact = partition): Partition {
  const spread = Math.min(Math.sqrt((share * (1 - share)) / samples), share, 1 - share)
  const [at, below, above] = [exact(share), exact(share - spread), exact(share + spread)]
  const corrected = (chance: 'both' | 'toZero' | 'toOne'): number =>
    Math.min(1, Math.max(0, 2 * at[chance] - (below[chance] + above[chance]) / 2))
  return { ...at, both: corrected('both'), toZero: corrected('toZero'), toOne: corrected('toOne') }
}

/** A group that divides more unevenly takes too long: 1.3 meetings per peer here, 2.4 at a tenth, while the heavy side
 *  waits. Light sides get more peers than their load needs for it. */
const shareMin = 0.2

/** The share to aim at: that of the load, yet so that neither of both sides has less than `peersMin` of `peers`. */
export function fairShare(zeros: number, ones: number, peers: number, peersMin: number): number {
  const least = Math.min(0.5, Math.max(shareMin, peersMin / peers))
  const share = zeros + ones === 0 ? 0.5 : zeros / (zeros + ones)
  return Math.min(1 - least, Math.max(least, share))
}

function lesserByBeta(beta: number): number {
  return beta < 1e-6 ? eagerFrom : 1 - (1 - 2 ** -beta) / beta
}

function lesserByAlpha(alpha: number): number {
  if (alpha <= 0) return 0
  const x = 2 * alpha - 1
  // Near 1/2 both terms cancel; 1 - ln(1 + x) / x = x / 2 - x² / 3 + …
  if (Math.abs(x) < 1e-4) return alpha * (0.5 - x / 3)
  return (alpha / x) * (1 - Math.log(1 + x) / x)
}

/** Of a function that grows on [0, 1], by halving: 40 times gives 12 digits. */
function inverse(f: (x: number) => number, value: number): number {
  let low = 0
  let high = 1
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (f(middle) < value) low = middle
    else high = middle
  }
  return (low + high) / 2
}
