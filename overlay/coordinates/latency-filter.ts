// What a link's round trip is, when each measurement of it may have waited in some queue.
//
// Delays have a floor and a heavy tail: one probe in some hundreds takes a hundred times the usual. The least of the
// last four is a low moving percentile (Ledlie, Pietzuch, Seltzer, ICDCS 2006): it keeps the floor, and believes in a
// slower route once four probes in a row say so. Rejected: a moving average, which one such probe spoils for long;
// the median of three, as in Serf, which halves less of the error; and the least ever, which no new route can raise.

export class LatencyFilter {
  readonly #windowMs: number[] = []
  readonly #windowMax: number

  constructor(windowMax: number) {
    this.#windowMax = windowMax
  }

  /** Takes a measurement and returns what the link is now taken for, ms. */
  add(rttMs: number): number {
    this.#windowMs.push(rttMs)
    if (this.#windowMs.length > this.#windowMax) this.#windowMs.shift()
    return Math.min(...this.#windowMs)
  }
}
