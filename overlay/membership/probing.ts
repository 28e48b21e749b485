// Whom to probe next: everybody once, in random order, then again in another (SWIM §4.3).
//
// Round robin bounds the worst case: a dead member is probed by each other within 2n - 1 periods, where independent
// random choices have no bound. Newcomers go to a random place of the order, not to its end, so that those who joined
// together are not found out together. Whoever there is evidence against goes first, but only every other time, so that
// nobody can keep this peer from its round by evidence.

import { integerBelow, type Random, shuffle } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'

/** Evidence beyond this many members is dropped: at two intervals each, the first would be stale. */
const hastenedMax = 8

export class Probing {
  #order: PeerId[] = []
  #next = 0
  readonly #among = new Set<PeerId>()
  readonly #hastened = new Set<PeerId>()
  #wasHastened = false
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  add(id: PeerId): void {
    if (this.#among.has(id)) return
    this.#among.add(id)
    // Exchanged with whoever is there, who goes to the end: an insertion would move everybody behind it.
    const place = this.#next + integerBelow(this.#random, this.#order.length - this.#next + 1)
    this.#order.push(id)
    const last = this.#order.length - 1
    this.#order[last] = this.#order[place]!
    this.#order[place] = id
  }

  /** Puts a member before the others, if there is room. */
  hasten(id: PeerId): void {
    if (this.#hastened.size < hastenedMax) this.#hastened.add(id)
  }

  /** Undefined when nobody is live. Those who are not are dropped at the end of each pass. */
  next(isLive: (id: PeerId) => boolean): PeerId | undefined {
    const urgent = this.#wasHastened ? undefined : this.#takeHastened(isLive)
    this.#wasHastened = urgent !== undefined
    if (urgent !== undefined) return urgent
    for (let pass = 0; pass < 2; pass++) {
      while (this.#next < this.#order.length) {
        const id = this.#order[this.#next++]!
        if (isLive(id)) return id
      }
      this.#order = shuffle(this.#random, this.#order.filter(isLive))
      this.#among.clear()
      for (const id of this.#order) this.#among.add(id)
      this.#next = 0
    }
    return undefined
  }

  /** Up to `count` different members that may help, drawn at random. */
  pick(count: number, mayHelp: (id: PeerId) => boolean): PeerId[] {
    const picked = new Set<PeerId>()
    // Nearly all are live, so few draws miss; the bound is for the group of which nearly all are dead.
    for (let draws = 0; picked.size < count && draws < 8 * count + 8; draws++) {
      const id = this.#order[integerBelow(this.#random, this.#order.length)]
      if (id !== undefined && mayHelp(id)) picked.add(id)
    }
    return [...picked]
  }

  #takeHastened(isLive: (id: PeerId) => boolean): PeerId | undefined {
    for (const id of this.#hastened) {
      this.#hastened.delete(id)
      if (isLive(id)) return id
    }
    return undefined
  }
}
