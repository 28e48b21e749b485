// Local health (Lifeguard §4.A): how far this peer distrusts its own ears.
//
// A slow process misses answers that did come and then accuses the healthy. So whatever suggests that the fault is
// here raises a score, and interval and timeout of its probes stretch with it: a failed probe, a helper that did not
// even say that it had no answer, an accusation of itself, a wake that came late. Each answered probe lowers it.

export class Health {
  readonly #scoreMax: number
  #score = 0

  /** `scoreMax` 0: always trusts itself, as SWIM does. */
  constructor(scoreMax: number) {
    this.#scoreMax = scoreMax
  }

  better(): void {
    this.#score = Math.max(0, this.#score - 1)
  }

  worse(by: number): void {
    this.#score = Math.min(this.#scoreMax, this.#score + by)
  }

  /** By how much intervals and timeouts are multiplied: 1 when healthy, `scoreMax` + 1 at worst. */
  get stretch(): number {
    return this.#score + 1
  }
}
