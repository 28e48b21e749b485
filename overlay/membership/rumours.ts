// Rumours: changes ride on the frames that are sent anyway (SWIM §4.1).
//
// Each change is passed on at most λ·ceil(ln(n + 1)) times and the least passed on goes first, so news overtakes
// what everybody has heard. One rumour per member: a newer one takes the place of the older, which bounds the queue
// by the number of members. Rejected: a gossip message of its own (memberlist), which costs packets to save periods.

import type { PeerId } from '../peer.ts'
import type { Member } from './member.ts'

export class Rumours {
  readonly #told = new Map<PeerId, { member: Member; times: number }>()
  readonly #lambda: number

  constructor(lambda: number) {
    this.#lambda = lambda
  }

  add(member: Member): void {
    this.#told.delete(member.id)
    this.#told.set(member.id, { member, times: 0 })
  }

  forget(id: PeerId): void {
    this.#told.delete(id)
  }

  /** Up to `countMax` rumours for one frame, counted as told; `size` is that of the group, self included. */
  take(countMax: number, size: number): Member[] {
    const timesMax = this.#lambda * Math.ceil(Math.log(size + 1))
    const queue = [...this.#told.values()]
    if (queue.length > countMax) queue.sort((a, b) => a.times - b.times)
    return queue.slice(0, countMax).map(rumour => {
      if (++rumour.times >= timesMax) this.#told.delete(rumour.member.id)
      return rumour.member
    })
  }

  get size(): number {
    return this.#told.size
  }
}
