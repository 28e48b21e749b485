// Rumours: changes ride on the frames that are sent anyway (SWIM §4.1).
//
// Each change is passed on at most λ·ceil(ln(n + 1)) times and the least passed on goes first, so news overtakes
// what everybody has heard. They lie on one pile for each number of tellings, so a frame looks at those it takes
// and no others. One rumour per member: a newer one takes the place of the older, which bounds the piles by the
// number of members. Rejected: a gossip message of its own (memberlist), which costs packets to save periods.

import type { PeerId } from '../peer.ts'

export class Rumours<Rumour extends { readonly id: PeerId }> {
  /** By how often they were told; within one pile the oldest first. */
  readonly #piles: Map<PeerId, Rumour>[] = []
  readonly #pileOf = new Map<PeerId, number>()
  readonly #lambda: number

  constructor(lambda: number) {
    this.#lambda = lambda
  }

  add(rumour: Rumour): void {
    this.forget(rumour.id)
    this.#put(rumour, 0)
  }

  forget(id: PeerId): void {
    const pile = this.#pileOf.get(id)
    if (pile === undefined) return
    this.#piles[pile]!.delete(id)
    this.#pileOf.delete(id)
  }

  /** Up to `countMax` rumours of not more than `bytesMax` together, counted as told; none about `except`, who is told
   *  that first. `size` is that of the group, self included. */
  take(
    countMax: number,
    bytesMax: number,
    bytesOf: (rumour: Rumour) => number,
    size: number,
    except?: PeerId,
  ): Rumour[] {
    const taken: Rumour[] = []
    if (this.#pileOf.size === 0) return taken
    let bytesLeft = bytesMax
    for (const pile of this.#piles) {
      if (taken.length >= countMax) break
      for (const rumour of pile.values()) {
        if (taken.length >= countMax) break
        const bytes = bytesOf(rumour)
        if (bytes > bytesLeft || rumour.id === except) continue
        bytesLeft -= bytes
        taken.push(rumour)
      }
    }
    const timesMax = this.#lambda * Math.ceil(Math.log(size + 1))
    for (const rumour of taken) {
      const times = this.#pileOf.get(rumour.id)! + 1
      this.forget(rumour.id)
      if (times < timesMax) this.#put(rumour, times)
    }
    return taken
  }

  get size(): number {
    return this.#pileOf.size
  }

  #put(rumour: Rumour, times: number): void {
    while (this.#piles.length <= times) this.#piles.push(new Map())
    this.#piles[times]!.set(rumour.id, rumour)
    this.#pileOf.set(rumour.id, times)
  }
}
