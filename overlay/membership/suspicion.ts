// Suspicion: a member that did not answer is given time to say that it lives (SWIM §4.2).
//
// The time grows with the logarithm of the group, as long as word needs to reach the accused and come back.
// Nobody is dead on hearsay: a rumour of a death only starts one's own clock, so a liar costs a refutation and not
// a member. The paper takes `dead` from anyone at once; it had no strangers among its members.
// And nobody is condemned unheard: one period before the end each who suspects pings the accused itself, since word of
// an objection may be late by chance. A real death costs n pings more, half of what the group sends in a period.

import type { PeerId } from '../peer.ts'

/** Periods until suspicion becomes a verdict in a group of `size`, self included: factor · ceil(ln(size + 1)). */
export function suspicionPeriods(factor: number, size: number): number {
  return factor * Math.max(1, Math.ceil(Math.log(size + 1)))
}

type Suspicion = { lastWordAt: number; endsAt: number }

/** Who is suspected until when; a table of instants instead of timers, so nothing needs cancelling. */
export class Suspicions {
  readonly #byId = new Map<PeerId, Suspicion>()

  /** The accused is asked for its last word at one instant, and condemned at the other. */
  begin(id: PeerId, lastWordAt: number, endsAt: number): void {
    this.#byId.set(id, { lastWordAt, endsAt })
  }

  end(id: PeerId): void {
    this.#byId.delete(id)
  }

  /** Whose last word is due; each is named once. */
  unheard(now: number): PeerId[] {
    const due = [...this.#byId].filter(([, suspicion]) => suspicion.lastWordAt <= now)
    for (const [, suspicion] of due) suspicion.lastWordAt = Number.POSITIVE_INFINITY
    return due.map(([id]) => id)
  }

  due(now: number): PeerId[] {
    return [...this.#byId].filter(([, suspicion]) => suspicion.endsAt <= now).map(([id]) => id)
  }

  nextAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { lastWordAt, endsAt } of this.#byId.values()) next = Math.min(next, lastWordAt, endsAt)
    return next
  }

  postpone(byMs: number): void {
    for (const suspicion of this.#byId.values()) {
      suspicion.lastWordAt += byMs
      suspicion.endsAt += byMs
    }
  }
}
