// Whom to probe next: everybody once, in random order, then again in another (SWIM §4.3).
//
// Round robin bounds the worst case: a dead member is probed by each other within 2n - 1 periods, where independent
// random choices have no bound. Newcomers go to a random place of the order, not to its end, so that those who joined
// together are not found out together.

import { integerBelow, type Random, shuffle } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'

export class Probing {
  #order: PeerId[] = []
  #next = 0
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  add(id: PeerId): void {
    if (this.#order.includes(id)) return
    const place = integerBelow(this.#random, this.#order.length + 1)
    this.#order.splice(place, 0, id)
    if (place < this.#next) this.#next++
  }

  /** Undefined when nobody is live. Those who are not are dropped at the end of each pass. */
  next(isLive: (id: PeerId) => boolean): PeerId | undefined {
    for (let pass = 0; pass < 2; pass++) {
      while (this.#next < this.#order.length) {
        const id = this.#order[this.#next++]!
        if (isLive(id)) return id
      }
      this.#order = shuffle(this.#random, this.#order.filter(isLive))
      this.#next = 0
    }
    return undefined
  }
}
