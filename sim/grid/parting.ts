// How a group divides, against the closed forms: 200,000 peers with one split to make (overlay/grid/partition.ts).
//
// A meeting is one undecided peer that meets any other. With a sample, each meeting estimates the share anew from
// that many records, as peers do that see only their own; there the mean of the chances counts, not their chance at
// the mean, and the correction has to show.

import { integerBelow, type Random, seededRandom } from '../../base/random.ts'
import {
  eagerPartition,
  estimatedPartition,
  type Partition,
  partition,
} from '../../overlay/grid/partition.ts'
import type { Figure } from '../scenario.ts'
import type { Section } from './section.ts'

const peersBy = { small: 20_000, default: 200_000, full: 200_000 }
const samples = 20
const shares = [0.5, 0.4, 0.3069, 0.2, 0.1]

export const parting: Section = {
  name: 'parting',
  story: 'A group divides in the proportion of its load, knowing it exactly or from 20 records at a time.',
  play(seed, size) {
    const peers = peersBy[size]
    const slack = size === 'small' ? 1.5 : 0.4
    const figures = shares.flatMap((share): Figure[] => {
      const random = seededRandom(seed)
      const exact = partition(share)
      const cost = meetingsOf(exact.both)
      const eager = divide(peers, random, () => eagerPartition(share))
      const known = divide(peers, random, () => exact)
      const drawn = (chances: (share: number) => Partition): number => {
        const table = Array.from({ length: samples + 1 }, (_, hits) => chances(hits / samples))
        return divide(peers, random, () => table[hitsOf(random, share)]!).share * 100
      }
      const percent = share * 100
      const within = (name: string, value: number, by: number): Figure => {
        return { name, value, min: Math.floor(percent - by), max: Math.ceil(percent + by) }
      }
      return [
        { ...within(`${percent} %: reached`, known.share * 100, slack), paper: `${percent}` },
        {
          ...{ name: '  meetings per peer', value: known.meetings, paper: cost.toFixed(3) },
          ...{ min: Number((cost - 0.03).toFixed(2)), max: Number((cost + 0.03).toFixed(2)) },
        },
        within('  reached without waiting', eager.share * 100, slack),
        {
          ...{ name: '  meetings per peer', value: eager.meetings, paper: '0.693' },
          ...{ min: 0.66, max: 0.72 },
        },
        within('  from samples, uncorrected', drawn(partition), 4),
        within(
          '  from samples',
          drawn(estimate => estimatedPartition(estimate, samples)),
          2,
        ),
      ]
    })
    return { figures }
  },
}

/** Per peer, by the closed form; its limit at alpha = 1/2 is 1. */
export function meetingsOf(alpha: number): number {
  return alpha === 0.5 ? 1 : Math.log(2 * alpha) / (2 * alpha - 1)
}

function hitsOf(random: Random, share: number): number {
  let hits = 0
  for (let i = 0; i < samples; i++) if (random.next() < share) hits++
  return hits
}

function divide(
  count: number,
  random: Random,
  chances: () => Partition,
): { share: number; meetings: number } {
  const sides = new Int8Array(count).fill(-1)
  const undecided = Int32Array.from({ length: count }, (_, i) => i)
  const places = Int32Array.from(undecided)
  let left = count
  let meetings = 0
  const decide = (peer: number, side: number): void => {
    const last = undecided[--left]!
    undecided[places[peer]!] = last
    places[last] = places[peer]!
    sides[peer] = side
  }
  while (left > 0) {
    const peer = undecided[integerBelow(random, left)]!
    const other = integerBelow(random, count)
    if (other === peer) continue
    meetings++
    const { both, alike, toZero, toOne } = chances()
    if (sides[other] === -1) {
      if (random.next() >= both) {
        if (alike !== undefined) for (const one of [peer, other]) decide(one, Number(alike))
        continue
      }
      const side = integerBelow(random, 2)
      decide(peer, side)
      decide(other, 1 - side)
    } else if (sides[other] === 0) decide(peer, random.next() < toOne ? 1 : 0)
    else decide(peer, random.next() < toZero ? 0 : 1)
  }
  return {
    share: sides.reduce((zeros, side) => zeros + (side === 0 ? 1 : 0), 0) / count,
    meetings: meetings / count,
  }
}
