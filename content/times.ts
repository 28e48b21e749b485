// How long one peer's answers take: a digest from which any quantile can be read.
//
// Counts in buckets whose bounds grow by a fixed factor, as in HdrHistogram: a quantile is never off by more than that
// factor (19 %), adding is one logarithm, and a peer costs 80 numbers. When a hundred are counted, all counts are
// halved, so that the digest forgets. P² (Jain and Chlamtac 1985) needs less room, but answers for one quantile only
// and never forgets.

export interface Times {
  add(ms: number): void
  /** The time that `share` of the answers kept to; undefined until there are `timesMin`. */
  quantile(share: number): number | undefined
}

/** Below it, the 95th percentile is a guess about two answers. */
export const timesMin = 20
const timesMax = 128
/** Fourth root of 2: quarter octaves from 1 ms to 2^20 ms, 17 minutes. */
const perOctave = 4
const buckets = 20 * perOctave

export function createTimes(): Times {
  const counts = new Float32Array(buckets)
  let total = 0
  return {
    add(ms) {
      const bucket = Math.ceil(perOctave * Math.log2(Math.max(1, ms)))
      counts[Math.min(buckets - 1, bucket)]! += 1
      if (++total < timesMax) return
      total /= 2
      for (let i = 0; i < buckets; i++) counts[i]! /= 2
    },
    quantile(share) {
      if (total < timesMin) return undefined
      let left = share * total
      for (let i = 0; i < buckets; i++) {
        left -= counts[i]!
        if (left <= 0) return 2 ** (i / perOctave)
      }
      return 2 ** (buckets / perOctave)
    },
  }
}
