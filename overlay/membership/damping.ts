// Damping: who comes and goes, or loses most frames, stays a member but is left out of the routing view.
//
// A failure detector judges one member at one moment, so a flapping one is now in, now out, and drags every table
// along that is built on it. Rapid (Suresh et al. 2018, §4.2) therefore acts when many of a member's observers accuse
// it: a high watermark to act, a low one below which it is noise. Here its observers are whoever probed it, and the
// tally is the number of different accusers, each fading by half per half-life as in route flap damping (RFC 2439).
// Above the high mark a member is damped; it is restored below the low mark, so nobody goes in and out at the mark.
//
// An accuser counts for one at most however often it accuses, so no liar alone removes anybody. Who is damped has no
// vote, and what it said before is struck: a member that hears nothing accuses everybody, and would take the healthy
// with it. A crash costs the accused `confirmationsMax` + 1 at most, so one restart stays below the mark.
// Rejected: Rapid's agreed configurations, which need a majority that is consistent, and this fringe is open.

import type { PeerId } from '../peer.ts'
import type { Accusation } from './accusation.ts'

export type DampingTuning = {
  /** Different accusers, faded, from which on a member is damped. */
  dampingHigh: number
  /** Faded accusers below which it is restored. */
  dampingLow: number
  dampingHalfLifeMs: number
}

type Word = { readonly incarnation: number; readonly at: number }

/** Accusers of one member that are remembered; the longest silent gives way. */
const accusersMax = 32

export class Damping {
  readonly #tuning: DampingTuning
  /** What each accuser said last, by the accused. */
  readonly #accusers = new Map<PeerId, Map<PeerId, Word>>()
  readonly #damped = new Set<PeerId>()

  constructor(tuning: DampingTuning) {
    this.#tuning = tuning
  }

  isDamped(id: PeerId): boolean {
    return this.#damped.has(id)
  }

  /** Whether this accusation would count: it is not of a damped accuser, and newer than the last of the same one. */
  isNews({ id, accuser, incarnation }: Accusation): boolean {
    const last = this.#accusers.get(id)?.get(accuser)
    return !this.#damped.has(accuser) && (last === undefined || incarnation > last.incarnation)
  }

  /** Counts an accusation that is news; true when it is the one that damps the accused. */
  accuse({ id, accuser, incarnation }: Accusation, now: number): boolean {
    const accusers = this.#accusers.get(id) ?? new Map<PeerId, Word>()
    this.#accusers.set(id, accusers)
    accusers.delete(accuser)
    if (accusers.size >= accusersMax) accusers.delete(accusers.keys().next().value!)
    accusers.set(accuser, { incarnation, at: now })
    if (this.#damped.has(id) || this.#tally(id, now) < this.#tuning.dampingHigh) return false
    this.#damped.add(id)
    for (const others of this.#accusers.values()) others.delete(id)
    return true
  }

  /** Who is quiet again; each is named once. To be asked about once a period. */
  restored(now: number): PeerId[] {
    const quiet = [...this.#damped].filter(id => this.#tally(id, now) < this.#tuning.dampingLow)
    for (const id of quiet) this.#damped.delete(id)
    return quiet
  }

  forget(id: PeerId): void {
    this.#accusers.delete(id)
    this.#damped.delete(id)
  }

  #tally(id: PeerId, now: number): number {
    let sum = 0
    for (const { at } of this.#accusers.get(id)?.values() ?? [])
      sum += 2 ** ((at - now) / this.#tuning.dampingHalfLifeMs)
    return sum
  }
}
