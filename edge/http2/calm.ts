// How much that costs us and moves nothing a client may send: one budget for every kind of flood.
//
// Resets (CVE-2023-44487), resets that it makes us send (CVE-2025-8671), PING, SETTINGS, PRIORITY, empty DATA,
// CONTINUATION, windows opened by one octet (CVE-2019-9511 to 9518, VU#421644): each attack is a frame that is
// cheap to send and dear to take. One leaky bucket for all leaves no kind forgotten, and honest clients with
// bursts of cancelled images or pings stay far below it.

export interface CalmOptions {
  /** What may come at once. */
  readonly burst: number
  readonly perS: number
}

/** What a reset costs in the measure of a frame: a request was begun for it. */
export const resetCost = 5

export class Calm {
  readonly #options: CalmOptions
  #left: number
  #filledAt: number

  /** `now` in ms, as in `spend`. */
  constructor(options: CalmOptions, now: number) {
    this.#options = options
    this.#left = options.burst
    this.#filledAt = now
  }

  /** False when the client must be sent away. */
  spend(cost: number, now: number): boolean {
    const { burst, perS } = this.#options
    this.#left = Math.min(burst, this.#left + ((now - this.#filledAt) * perS) / 1000)
    this.#filledAt = now
    this.#left -= cost
    return this.#left >= 0
  }

  /** Useful work was done: what it causes the client to send is paid for. */
  earn(): void {
    this.#left = Math.min(this.#options.burst, this.#left + 2)
  }
}
