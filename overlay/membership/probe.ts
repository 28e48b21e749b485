// One probe in flight, and the probes that others asked us to make for them (SWIM §3.1).
//
// A direct ping that is not answered in time is repeated through k helpers, because the fault may lie on one path
// only. Both tables hold instants and are bounded; an answer that matches nothing in them changes nothing.

import { type Address, sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'

export type Probe = {
  readonly id: PeerId
  readonly address: Address
  readonly sequence: number
  /** When helpers are asked; `Infinity` once they were. */
  helpAt: number
  helpers: readonly PeerId[]
  answered: boolean
}

type Errand = {
  readonly target: PeerId
  readonly address: Address
  readonly asker: Address
  readonly askerSequence: number
  readonly endsAt: number
}

/** What this peer probes on behalf of others. */
export class Errands {
  readonly #bySequence = new Map<number, Errand>()
  readonly #errandsMax: number

  constructor(errandsMax: number) {
    this.#errandsMax = errandsMax
  }

  /** False when as many are under way as there may be. */
  begin(sequence: number, errand: Errand): boolean {
    if (this.#bySequence.size >= this.#errandsMax) return false
    this.#bySequence.set(sequence, errand)
    return true
  }

  /** The errand that this answer completes, once. */
  complete(sequence: number, from: PeerId, address: Address): Errand | undefined {
    const errand = this.#bySequence.get(sequence)
    if (errand?.target !== from || !sameAddress(errand.address, address)) return undefined
    this.#bySequence.delete(sequence)
    return errand
  }

  expire(now: number): void {
    for (const [sequence, errand] of this.#bySequence)
      if (errand.endsAt <= now) this.#bySequence.delete(sequence)
  }
}
