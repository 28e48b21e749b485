// What the other side may still send, on a stream or on the whole connection (RFC 9113 §6.9).
//
// What was read is given back once it is half of the window: a frame for each piece would cost more than many pieces,
// and a window that is given back when it is empty has the sender wait for a round trip.

export class Allowance {
  readonly #windowBytes: number
  #left: number
  #owed = 0

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
    this.#left = windowBytes
  }

  /** False when it is more than was allowed; then nothing is taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  /** So much was read. Returns by how much the window is to be opened now, 0 for not yet. */
  giveBack(bytes: number): number {
    this.#owed += bytes
    if (this.#owed * 2 < this.#windowBytes) return 0
    const more = this.#owed
    this.#left += more
    this.#owed = 0
    return more
  }
}
