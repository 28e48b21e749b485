// Walks: reading another's roster in slices, in the order of ids, one answered request after the other.
//
// Joining is a walk over everything; the periodic repair (anti-entropy, Demers 1987) is a walk of one slice at a random
// place. Request and reply carry the same stretch of ids, so both sides compare like with like. Rejected: a full
// list over TCP (memberlist's push-pull), which needs a second transport and has no bound.

import { type Address, sameAddress } from '../address.ts'

type Walk = { readonly address: Address; readonly slicesLeft: number; readonly endsAt: number }

const walksMax = 32

export class Walks {
  readonly #bySequence = new Map<number, Walk>()

  begin(sequence: number, walk: Walk): void {
    if (this.#bySequence.size >= walksMax) this.#bySequence.delete(this.#bySequence.keys().next().value!)
    this.#bySequence.set(sequence, walk)
  }

  isUnderWay(sequence: number, from: Address): boolean {
    const walk = this.#bySequence.get(sequence)
    return walk !== undefined && sameAddress(walk.address, from)
  }

  /** The walk that this answer belongs to, taken out; undefined for what nobody asked. */
  answered(sequence: number, from: Address): Walk | undefined {
    const walk = this.#bySequence.get(sequence)
    if (!walk || !sameAddress(walk.address, from)) return undefined
    this.#bySequence.delete(sequence)
    return walk
  }

  expire(now: number): void {
    for (const [sequence, walk] of this.#bySequence) if (walk.endsAt <= now) this.#bySequence.delete(sequence)
  }
}
