// Freshness: whether a signed frame is new, or an old one that somebody kept and sends again.
//
// Each frame bears a stamp that grows with every frame of its sender and never falls below the sender's clock in
// ms, so that it also grows across restarts. The last few stamps of each sender are remembered (the window of
// RFC 4303 §3.4.3, as a list, since stamps have gaps): what is in it or below it was seen. An objection or a restart
// raises the incarnation and begins a new window, so a clock set back locks nobody out. The first frame of a sender
// may not be older than this peer's own start less `forgetMs`; clocks need agree no better than that. Rejected: a
// handshake per pair, which would add a round trip and state for each of thousands of strangers.

import type { PeerId } from '../peer.ts'

/** As many frames of one sender may overtake each other on the way. */
const windowSize = 8

type Window = { readonly incarnation: number; readonly stamps: number[] }

export class Freshness {
  readonly #windows = new Map<PeerId, Window>()
  readonly #floor: number

  constructor(floor: number) {
    this.#floor = floor
  }

  /** Remembers what is fresh. `old`: of an earlier life, or from before anything remembered. */
  judge(id: PeerId, incarnation: number, stamp: number): 'fresh' | 'old' | 'replayed' {
    if (stamp < this.#floor) return 'old'
    const window = this.#windows.get(id)
    if (window && incarnation < window.incarnation) return 'old'
    if (!window || incarnation > window.incarnation) {
      this.#windows.set(id, { incarnation, stamps: [stamp] })
      return 'fresh'
    }
    const { stamps } = window
    if (stamps.includes(stamp)) return 'replayed'
    if (stamps.length < windowSize) {
      stamps.push(stamp)
      return 'fresh'
    }
    const least = stamps.indexOf(Math.min(...stamps))
    if (stamp < stamps[least]!) return 'replayed'
    stamps[least] = stamp
    return 'fresh'
  }

  forget(id: PeerId): void {
    this.#windows.delete(id)
  }
}
