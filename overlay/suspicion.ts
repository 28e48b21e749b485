// Suspicion: a member that did not answer is given time to say that it lives (SWIM §4.2).
//
// The time grows with the logarithm of the group, as long as word needs to reach the accused and come back.
// Nobody is dead on hearsay: a rumour of a death only starts one's own clock, so a liar costs a refutation and not
// a member. The paper takes `dead` from anyone at once; it had no strangers among its members.

import type { PeerId } from './peer.ts'

/** Periods until suspicion becomes a verdict in a group of `size`, self included: factor · ceil(ln(size + 1)). */
export function suspicionPeriods(factor: number, size: number): number {
  return factor * Math.max(1, Math.ceil(Math.log(size + 1)))
}

/** Who is suspected until when; a table of instants instead of timers, so nothing needs cancelling. */
export class Suspicions {
  readonly #endsAt = new Map<PeerId, number>()

  begin(id: PeerId, endsAt: number): void {
    this.#endsAt.set(id, endsAt)
  }

  end(id: PeerId): void {
    this.#endsAt.delete(id)
  }

  due(now: number): PeerId[] {
    return [...this.#endsAt].filter(([, endsAt]) => endsAt <= now).map(([id]) => id)
  }

  nextAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const endsAt of this.#endsAt.values()) if (endsAt < next) next = endsAt
    return next
  }

  postpone(byMs: number): void {
    for (const [id, endsAt] of this.#endsAt) this.#endsAt.set(id, endsAt + byMs)
  }
}
