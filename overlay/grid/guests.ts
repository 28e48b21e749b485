// Guests: how many questions of others are open here, so that no stranger takes all the room that our own need.

import type { PeerId } from '../peer.ts'

/** Of one peer; a busy neighbour with 100 questions a second, each open for a second. */
const perPeerMax = 128

export class Guests {
  readonly #max: number
  readonly #open = new Map<PeerId, number>()
  #total = 0

  /** Three quarters of `tripsMax` are for others. */
  constructor(tripsMax: number) {
    this.#max = (tripsMax * 3) / 4
  }

  /** False when there is no room; otherwise `leave` has to follow. */
  enter(peer: PeerId): boolean {
    const open = this.#open.get(peer) ?? 0
    if (open >= perPeerMax || this.#total >= this.#max) return false
    this.#open.set(peer, open + 1)
    this.#total++
    return true
  }

  leave(peer: PeerId): void {
    const open = (this.#open.get(peer) ?? 1) - 1
    if (open > 0) this.#open.set(peer, open)
    else this.#open.delete(peer)
    this.#total--
  }
}
