import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { peerIdOf } from '../peer.ts'
import { type Bearer, Clusters } from './clusters.ts'
import { type Label, labelOf, noLabel } from './coordinate.ts'

const self = peerIdOf(new Uint8Array(32).fill(7))
const tuning = { clustersMax: 4, clusterMin: 8 }
const at = (x: number, label: Label = noLabel): Bearer => ({
  label,
  base: { point: [x, 0, 0, 0, 1], error: 0.1 },
})
const many = (count: number, x: number, label: Label = noLabel): Bearer[] =>
  Array.from({ length: count }, (_, i) => at(x + i / count, label))
const own = (x: number, error = 0.1) => ({ point: [x, 0, 0, 0, 1], error })

describe('clusters', () => {
  const rows: [why: string, x: number, error: number, heard: Bearer[], known: number, label: Label][] = [
    ['joins the nearest', 90, 0.1, [...many(10, 0, 1), ...many(10, 100, 2)], 20, 2],
    ['joins the only one, however far', 90, 0.1, many(10, 0, 1), 100_000, 1],
    ['joins none while it does not know where it stands', 90, 0.9, many(20, 0, 1), 20, noLabel],
    ['joins none among too few for two', 90, 0.1, many(15, 90, 1), 15, noLabel],
    [
      'passes by a label that four others outnumber',
      50,
      0.1,
      [...[1, 2, 3, 4].flatMap(label => many(5, 100 * label, label)), ...many(2, 50, 9)],
      40,
      1,
    ],
  ]
  for (const [why, x, error, heard, known, label] of rows)
    test(why, () => {
      const clusters = new Clusters(self, seededRandom(1), tuning)
      clusters.review(own(x, error), heard, known)
      assert.equal(clusters.label, label)
    })

  test('a label is kept until another is clearly nearer, and lost in a network that shrank', () => {
    const clusters = new Clusters(self, seededRandom(1), tuning)
    const review = (x: number, known = 100_000): Label => {
      clusters.review(own(x), [...many(10, 0, 1), ...many(10, 100, 2)], known)
      return clusters.label
    }
    assert.deepEqual([review(40), review(52), review(60), review(48), review(48, 3)], [1, 1, 2, 2, noLabel])
  })

  test('somebody founds where most ways are short, nobody at the rim', () => {
    const heard = [...many(60, 0), ...many(6, 900)]
    const foundedAt = (x: number): number => {
      let founded = 0
      for (let seed = 0; seed < 100; seed++) {
        const clusters = new Clusters(self, seededRandom(seed), tuning)
        for (let review = 0; review < 20; review++) clusters.review(own(x), heard, heard.length)
        if (clusters.label === labelOf(self)) founded++
      }
      return founded
    }
    assert(foundedAt(0.5) > 20)
    assert(foundedAt(1500) < 3)
  })
})
