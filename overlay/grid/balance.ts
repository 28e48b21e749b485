// Who moves where when partitions have unequal numbers of peers (P-Grid's "ChangePath").
//
// Every peer met at random is counted, level by level: on this side of the level or on the other, as 2^-(bits of its
// path below the level), for a subtree that is divided more finely has more peers without having more copies. Where
// this side has clearly more, a peer moves over with a chance that is small enough that not everybody moves at once.

import type { Random } from '../../base/random.ts'
import { commonBits, type Path } from './path.ts'

const samplesMin = 10
/** Sides that differ by less than this share of a peer are left alone. */
const slack = 0.1

type Sides = { own: number; other: number; samples: number }

export class Balance {
  #levels: Sides[] = []

  /** A peer met at random, seen from `path`. */
  see(path: Path, other: Path): void {
    const common = commonBits(path, other)
    for (let level = 1; level <= Math.min(path.length, common + 1); level++) {
      const sides = (this.#levels[level - 1] ??= { own: 0, other: 0, samples: 0 })
      const weight = 2 ** -Math.max(0, other.length - level)
      if (level <= common) sides.own += weight
      else sides.other += weight
      sides.samples++
    }
  }

  /** The level to whose other side to move; 0: stay. */
  choose(random: Random): number {
    const chances = this.#levels.map(({ own, other, samples }, i) => ({
      level: i + 1,
      chance: samples < samplesMin || own === 0 ? 0 : (0.25 * Math.max(own - other - slack, 0)) / (2 * own),
    }))
    chances.sort((a, b) => b.chance - a.chance)
    return chances.find(({ chance }) => random.next() < chance)?.level ?? 0
  }

  /** The level that lacks most peers; 0: none. What a newcomer is told. */
  crowded(): number {
    let worst = { level: 0, lack: 0 }
    this.#levels.forEach(({ own, other, samples }, i) => {
      const lack = own === 0 ? 0 : (own - other - slack) / own
      if (samples >= samplesMin && lack > Math.max(worst.lack, 0.25)) worst = { level: i + 1, lack }
    })
    return worst.level
  }

  clear(): void {
    this.#levels = []
  }
}
