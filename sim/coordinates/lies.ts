// Two ways to lie about a coordinate, as in the attacks that the reference measured.
//
// Both kinds claim the smallest error, wear the label of whoever asks, and answer late, which nobody can tell from a
// long way. `random` stands somewhere else each time; `repulsion` always at one far place, pushing all others off.

import type { Random } from '../../base/random.ts'
import { decodeCoordinate, dimensions, encodeCoordinate } from '../../overlay/coordinates/coordinate.ts'

export type Lies = {
  readonly liars: number
  delayMs(random: Random): number
  /** What liar `from` tells a peer whose coordinate is `victim`. */
  coordinate(from: number, victim: Uint8Array, now: number, random: Random): Uint8Array
}

const reachMs = 1000
const claimed = 0.01

export function lies(kind: 'random' | 'repulsion', liars: number): Lies {
  const somewhere = (random: Random): number[] =>
    Array.from({ length: dimensions }, () => reachMs * (2 * random.next() - 1))
  const places = new Map<number, number[]>()
  const placeOf = (from: number, random: Random): number[] => {
    if (kind === 'random') return somewhere(random)
    if (!places.has(from)) places.set(from, somewhere(random))
    return places.get(from)!
  }
  return {
    liars,
    delayMs: random => (kind === 'random' ? reachMs * random.next() : reachMs * (0.5 + random.next() / 2)),
    coordinate: (from, victim, now, random) => {
      const position = { point: [...placeOf(from, random), 0], error: claimed }
      const { label } = decodeCoordinate(victim)
      return encodeCoordinate({ madeAtS: Math.floor(now / 1000), label, base: position, local: position })
    },
  }
}
