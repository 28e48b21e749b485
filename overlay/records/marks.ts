// Marks: who sent records that no honest peer would have passed on, and who is not listened to for a while.
//
// Every peer vets before it keeps, so a bad record is the fault of whoever sent it, not only of its publisher. One may
// be bad luck (a rotten disk, a bug), so marks fade by half in `halfLifeMs`; `limit` of them together shun the sender
// for `shunMs`. An identity costs nothing, so this is no punishment: it saves the signature checks, some 0.1 ms
// each, that a peer could make us spend on one line. Standing among peers is the reputation's affair.

import type { PeerId } from '../peer.ts'

export type MarksOptions = {
  /** Marks at once that shun; an honest peer with a bug gets some. */
  limit?: number
  halfLifeMs?: number
  shunMs?: number
  /** Peers remembered; the one marked longest ago gives way. */
  peersMax?: number
}

type Marked = { score: number; at: number; shunnedUntil: number }

export class Marks {
  readonly #options: Required<MarksOptions>
  readonly #peers = new Map<PeerId, Marked>()

  constructor(options: MarksOptions = {}) {
    this.#options = { limit: 8, halfLifeMs: 600_000, shunMs: 600_000, peersMax: 4096, ...options }
  }

  mark(peer: PeerId, now: number): void {
    const { limit, halfLifeMs, shunMs, peersMax } = this.#options
    const known = this.#peers.get(peer) ?? { score: 0, at: now, shunnedUntil: 0 }
    const score = known.score * 2 ** -((now - known.at) / halfLifeMs) + 1
    const shunnedUntil = score > limit - 0.5 ? now + shunMs : known.shunnedUntil
    this.#peers.delete(peer)
    this.#peers.set(peer, { score, at: now, shunnedUntil })
    if (this.#peers.size > peersMax) this.#peers.delete(this.#peers.keys().next().value!)
  }

  isShunned(peer: PeerId, now: number): boolean {
    return (this.#peers.get(peer)?.shunnedUntil ?? 0) > now
  }

  /** How many are shunned now. */
  shunned(now: number): number {
    return [...this.#peers.values()].filter(({ shunnedUntil }) => shunnedUntil > now).length
  }
}
