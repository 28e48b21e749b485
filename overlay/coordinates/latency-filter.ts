// What a link's round trip is, when each measurement of it may have waited in some queue.
//
// Delays have a floor and a heavy tail: one sample in some hundreds is a hundred times the usual. A low percentile of a
// short window keeps the floor and forgets it soon when the route changes (Ledlie, Pietzuch, Seltzer, ICDCS 2006, §4).
// Rejected: a moving average, which one such sample spoils for long, and the least ever, which no new route can raise.

export class LatencyFilter {
  readonly #windowMs: number[] = []
  readonly #windowMax: number
  readonly #percentile: number

  /** `percentile` from 0, the least of the window, to 1, the most. */
  constructor(windowMax: number, percentile: number) {
    this.#windowMax = windowMax
    this.#percentile = percentile
  }

  /** Takes a measurement and returns what the link is now taken for, ms. */
  add(rttMs: number): number {
    this.#windowMs.push(rttMs)
    if (this.#windowMs.length > this.#windowMax) this.#windowMs.shift()
    const sorted = this.#windowMs.toSorted((a, b) => a - b)
    return sorted[Math.floor(this.#percentile * (sorted.length - 1))]!
  }
}
