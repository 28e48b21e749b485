// Suspicion: a member that did not answer is given time to say that it lives (SWIM §4.2, Lifeguard §4.B).
//
// One accuser may be the one at fault, so its word alone buys the accused a long time; each further accuser of its own
// experience shortens it towards the least, by the logarithm. A member that froze and accuses at random so finds
// no company and has time to read the objections. A forged crowd can bring the time down to the least and no
// further, which is what SWIM gives everybody. One interval before the end, who is accused by too few to be sure is
// asked for a last word.

import type { PeerId } from '../peer.ts'
import type { MembershipTuning } from './options.ts'

type Times = Pick<
  MembershipTuning,
  'suspicionAlpha' | 'suspicionBeta' | 'confirmationsMax' | 'probeIntervalMs'
>

/** Ms from a suspicion to the verdict in a group of `size`, self included, after so many confirmations; Lifeguard's
 *  max(min, max - (max - min) · log(c + 1) / log(k + 1)) with min = α · log10(size) intervals and max = β · min. */
export function suspicionMs(times: Times, size: number, confirmations: number): number {
  const leastMs = times.suspicionAlpha * Math.max(1, Math.log10(size)) * times.probeIntervalMs
  const wanted = confirmationsWanted(times.confirmationsMax, size)
  if (wanted === 0) return leastMs
  const mostMs = times.suspicionBeta * leastMs
  const share = Math.log(confirmations + 1) / Math.log(wanted + 1)
  return Math.max(leastMs, mostMs - (mostMs - leastMs) * share)
}

/** The accused and the first accuser confirm nothing. */
function confirmationsWanted(confirmationsMax: number, size: number): number {
  return Math.max(0, Math.min(confirmationsMax, size - 2))
}

type Suspicion = {
  readonly startedAt: number
  /** Size of the group when it began. */
  readonly size: number
  /** Their tags. */
  readonly accusers: Set<number>
  lastWordAt: number
  endsAt: number
}

/** Who is suspected until when; a table of instants instead of timers, so nothing needs cancelling. */
export class Suspicions {
  readonly #byId = new Map<PeerId, Suspicion>()
  readonly #times: Times
  #nextAt = Number.POSITIVE_INFINITY

  constructor(times: Times) {
    this.#times = times
  }

  begin(id: PeerId, size: number, now: number): void {
    const suspicion = { startedAt: now, size, accusers: new Set<number>(), lastWordAt: 0, endsAt: 0 }
    this.#byId.set(id, suspicion)
    this.#settle(suspicion)
  }

  /** Counts those accusers that are new, as long as more are wanted; all that count then, or undefined when none
   *  of them was new. */
  confirm(id: PeerId, accusers: readonly number[]): readonly number[] | undefined {
    const suspicion = this.#byId.get(id)
    const before = suspicion?.accusers.size
    if (!suspicion) return undefined
    for (const accuser of accusers) if (!isSettled(this.#times, suspicion)) suspicion.accusers.add(accuser)
    if (suspicion.accusers.size === before) return undefined
    this.#settle(suspicion)
    return [...suspicion.accusers]
  }

  /** As many have accused it as can shorten its time: to ask further is to no purpose. */
  isConfirmed(id: PeerId): boolean {
    const suspicion = this.#byId.get(id)
    return suspicion !== undefined && this.#times.confirmationsMax > 0 && isSettled(this.#times, suspicion)
  }

  end(id: PeerId): void {
    if (this.#byId.delete(id)) this.#refresh()
  }

  /** Whose last word is due; each is named once. */
  unheard(now: number): PeerId[] {
    if (this.#nextAt > now) return []
    const due = [...this.#byId].filter(([, suspicion]) => suspicion.lastWordAt <= now)
    for (const [, suspicion] of due) suspicion.lastWordAt = Number.POSITIVE_INFINITY
    this.#refresh()
    return due.flatMap(([id, suspicion]) => (isSettled(this.#times, suspicion) ? [] : [id]))
  }

  due(now: number): PeerId[] {
    if (this.#nextAt > now) return []
    return [...this.#byId].filter(([, suspicion]) => suspicion.endsAt <= now).map(([id]) => id)
  }

  nextAt(): number {
    return this.#nextAt
  }

  postpone(byMs: number): void {
    for (const suspicion of this.#byId.values()) {
      suspicion.lastWordAt += byMs
      suspicion.endsAt += byMs
    }
    this.#refresh()
  }

  #settle(suspicion: Suspicion): void {
    const confirmations = Math.max(0, suspicion.accusers.size - 1)
    const endsAt = suspicion.startedAt + suspicionMs(this.#times, suspicion.size, confirmations)
    // What was postponed stays so: a confirmation never lengthens the time.
    suspicion.endsAt = suspicion.endsAt === 0 ? endsAt : Math.min(suspicion.endsAt, endsAt)
    suspicion.lastWordAt = Math.max(suspicion.startedAt, suspicion.endsAt - this.#times.probeIntervalMs)
    this.#refresh()
  }

  #refresh(): void {
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const { lastWordAt, endsAt } of this.#byId.values())
      this.#nextAt = Math.min(this.#nextAt, lastWordAt, endsAt)
  }
}

function isSettled(times: Times, { accusers, size }: Suspicion): boolean {
  return accusers.size > confirmationsWanted(times.confirmationsMax, size)
}
