// The virtual network: how long a frame takes, whether it arrives, and how often; all of it drawn from the seed.
//
// The delay of a frame is a base and an exponential tail. Frames overtake each other whenever two draws of the tail
// say so, which is what reordering is; no separate knob is needed. Cuts are predicates over (from, to), so a cable
// that works in one direction only is as easy to say as a partition.

import type { Random } from '../base/random.ts'

export type Weather = {
  /** One way, before the tail. */
  latencyMs: number
  /** Mean of the exponential tail. */
  jitterMs: number
  /** Of frames that vanish, 0 to 1. */
  lossShare: number
  /** Of frames that arrive twice, 0 to 1. */
  duplicateShare: number
}

/** A calm local network: what the SWIM paper's Ethernet was. */
export const calm: Weather = { latencyMs: 1, jitterMs: 0.5, lossShare: 0, duplicateShare: 0 }

export type Cut = (from: number, to: number) => boolean

export class Network {
  weather: Weather
  readonly #random: Random
  readonly #cuts = new Set<Cut>()

  constructor(random: Random, weather: Weather) {
    this.#random = random
    this.weather = weather
  }

  /** Frames for which `isCut` holds vanish until the returned function is called. */
  cut(isCut: Cut): () => void {
    this.#cuts.add(isCut)
    return () => this.#cuts.delete(isCut)
  }

  /** The delays in ms after which copies of one frame arrive: none, one or two. */
  delays(from: number, to: number): number[] {
    const { lossShare, duplicateShare } = this.weather
    // Always the same number of draws, so that a cut does not change the weather of everybody else.
    const lost = this.#random.next() < lossShare
    const twice = this.#random.next() < duplicateShare
    const delays = [this.#delay(), this.#delay()].slice(0, lost ? 0 : twice ? 2 : 1)
    for (const isCut of this.#cuts) if (isCut(from, to)) return []
    return delays
  }

  #delay(): number {
    const { latencyMs, jitterMs } = this.weather
    return latencyMs - Math.log(1 - this.#random.next()) * jitterMs
  }
}
