// Ranges on a standing trie: frames for a shower and for a min-max traversal (P-Grid, Datta 2005 §5), real machines.
//
// Counted are the questions sent, as in the paper; each has an answer that comes back along the same line. The trie is
// full, with one peer for each partition and ten references a level; ranges begin at random partitions.

import { integerBelow, seededRandom } from '../../base/random.ts'
import { wideQueries } from '../../overlay/grid/ground.ts'
import { evenPaths, hashedGridKey, Trie } from '../../overlay/grid/testing-trie.ts'
import { type Figure, mean } from '../scenario.ts'
import type { Section, Size } from './section.ts'

const still = { ...wideQueries, compareIntervalMs: 1e12, newcomersMax: 0, popularityIntervalMs: 1e12 }

const rounds: { readonly [size in Size]: number } = { small: 20, default: 200, full: 1000 }

export const showers: Section = {
  name: 'ranges',
  story: 'Ranges over 16 of 256 and 64 of 4096 partitions, from random peers.',
  play(seed, size) {
    const small = play(seed, 8, 16, rounds[size])
    const figures: Figure[] = [
      { name: 'shower, 16 of 256: frames', value: small.shower, min: 16, max: 18.9, paper: '18.9 (re-run)' },
      { name: 'shower, 16 of 256: round trips', value: small.depth, min: 1, max: 8, paper: '6 to 9 hops' },
      {
        name: 'min-max, 16 of 256: frames',
        value: small.inOrder,
        min: 16,
        max: 26.3,
        paper: '26.3 (re-run)',
      },
      { name: '16 of 256: partitions missed', value: small.missed, min: 0, max: 0 },
    ]
    if (size === 'small') return { figures }
    const large = play(seed, 12, 64, 50)
    figures.push(
      { name: 'shower, 64 of 4096: frames', value: large.shower, min: 64, max: 69, paper: '69.0 (re-run)' },
      { name: 'min-max, 64 of 4096: frames', value: large.inOrder, min: 64, max: 100, paper: '100 (re-run)' },
      { name: '64 of 4096: partitions missed', value: large.missed, min: 0, max: 0 },
    )
    return { figures }
  },
}

function play(seed: number, depth: number, width: number, count: number) {
  const roundTripMs = 10
  const trie = new Trie({
    ...{ seed, paths: evenPaths(2 ** depth, depth), tuning: still, gridKeyOf: hashedGridKey },
    rttMs: () => roundTripMs,
  })
  const random = seededRandom(seed)
  let frames = 0
  let missed = 0
  let endedAt = 0
  trie.onSent = (_from, _to, { kind }) => void (kind === 'sweep' && frames++)
  trie.onTold = (_, event) => {
    if (event.kind !== 'ranged') return
    endedAt = trie.now
    missed += width - event.partitions
  }
  const bound = (partition: number): string =>
    partition === 2 ** depth ? '' : partition.toString(2).padStart(depth, '0')
  const ask = (isInOrder: boolean): { frames: number; tookMs: number } => {
    const first = integerBelow(random, 2 ** depth - width + 1)
    const asker = trie.peers[integerBelow(random, trie.peers.length)]!
    const range = { from: bound(first), to: bound(first + width), countMax: 500, isInOrder }
    const startAt = trie.now
    frames = 0
    trie.do(asker, asker.queries.range(1, range, trie.now))
    trie.run(10_000)
    return { frames, tookMs: endedAt - startAt }
  }
  const showered = Array.from({ length: count }, () => ask(false))
  const walked = Array.from({ length: count }, () => ask(true))
  return {
    shower: mean(showered.map(one => one.frames)),
    depth: mean(showered.map(one => one.tookMs)) / roundTripMs,
    inOrder: mean(walked.map(one => one.frames)),
    missed,
  }
}
