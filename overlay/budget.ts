// A token bucket: how many frames may be looked at, since each costs a signature check of some 0.1 ms.
//
// Without it a stranger with one fast line could keep a core busy that also answers DNS.

export class Budget {
  readonly #perSecond: number
  #tokens: number
  #filledAt: number

  /** Holds one second's worth, and begins full. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#filledAt = now
  }

  /** Takes one if there is one. */
  take(now: number): boolean {
    const refill = ((now - this.#filledAt) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, this.#tokens + Math.max(0, refill))
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
