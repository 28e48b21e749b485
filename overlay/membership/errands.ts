// Pings outside of the round: for another member that asked, to admit a newcomer, to measure a round trip.
//
// A helper that has no answer says so at 80 % of the timeout (Lifeguard §4.A, the nack), which tells the asker that
// its own line works. The table is bounded, and an answer that matches nothing in it changes nothing.

import { type Address, sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'

export type Errand = {
  readonly target: PeerId
  readonly address: Address
  readonly sentAt: number
  readonly endsAt: number
} & (
  | { readonly purpose: 'help'; readonly asker: Address; readonly askerSequence: number; nackAt: number }
  | { readonly purpose: 'admit' | 'measure' }
)

export type Help = Extract<Errand, { purpose: 'help' }>

export class Errands {
  readonly #bySequence = new Map<number, Errand>()
  readonly #errandsMax: number
  #nackAt = Number.POSITIVE_INFINITY

  constructor(errandsMax: number) {
    this.#errandsMax = errandsMax
  }

  /** False when as many are under way as there may be. */
  begin(sequence: number, errand: Errand): boolean {
    if (this.#bySequence.size >= this.#errandsMax) return false
    this.#bySequence.set(sequence, errand)
    if (errand.purpose === 'help') this.#nackAt = Math.min(this.#nackAt, errand.nackAt)
    return true
  }

  isMeasuring(now: number): boolean {
    for (const { purpose, endsAt } of this.#bySequence.values())
      if (purpose === 'measure' && endsAt > now) return true
    return false
  }

  /** The errand that this answer completes. */
  find(sequence: number, from: PeerId, address: Address): Errand | undefined {
    const errand = this.#bySequence.get(sequence)
    return errand?.target === from && sameAddress(errand.address, address) ? errand : undefined
  }

  end(sequence: number): void {
    this.#bySequence.delete(sequence)
  }

  /** Who is to be told that there is no answer yet; each is named once. */
  unanswered(now: number): Help[] {
    if (this.#nackAt > now) return []
    const due: Help[] = []
    this.#nackAt = Number.POSITIVE_INFINITY
    for (const errand of this.#bySequence.values()) {
      if (errand.purpose !== 'help') continue
      if (errand.nackAt <= now) {
        errand.nackAt = Number.POSITIVE_INFINITY
        due.push(errand)
      } else this.#nackAt = Math.min(this.#nackAt, errand.nackAt)
    }
    return due
  }

  nextAt(): number {
    return this.#nackAt
  }

  /** What was measured across a pause of this process measured the pause. */
  spoilMeasures(): void {
    for (const [sequence, { purpose }] of this.#bySequence)
      if (purpose === 'measure') this.#bySequence.delete(sequence)
  }

  expire(now: number): void {
    for (const [sequence, errand] of this.#bySequence)
      if (errand.endsAt <= now) this.#bySequence.delete(sequence)
  }
}
