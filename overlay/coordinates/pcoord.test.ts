import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Random, seededRandom } from '../../base/random.ts'
import { distanceMs, type Point, type Position } from './coordinate.ts'
import { PCoord, type Reference } from './pcoord.ts'

const truth: Point = [20, -30, 10, 5, 4]
const unplaced: Position = { point: [0.1, -0.2, 0.3, 0.1, 1], error: 1 }

function references(random: Random, count: number): Reference[] {
  return Array.from({ length: count }, () => {
    const point = Array.from({ length: 5 }, (_, d) => (d < 4 ? 200 * random.next() - 100 : 5 * random.next()))
    return { position: { point, error: 0.1 }, rttMs: distanceMs(truth, point) }
  })
}

function settled(count: number, spoil: (reference: Reference, i: number) => Reference): Position {
  const random = seededRandom(1)
  const pcoord = new PCoord(random, 5)
  const all = references(random, count).map(spoil)
  let position = unplaced
  for (let update = 0; update < 10; update++) position = pcoord.refit(position, all)
  return position
}

describe('PCoord', () => {
  test('finds where it stands', () => {
    const { point, error } = settled(16, reference => reference)
    assert(Math.hypot(...point.map((value, d) => value - truth[d]!)) < 4, `${point}`)
    assert(error < 0.05, `${error}`)
  })

  test('a fifth of wild references hardly moves it', () => {
    const { point } = settled(30, (reference, i) =>
      i % 5 === 0 ? { position: { point: [900, 900, 900, 900, 0], error: 0 }, rttMs: 1500 } : reference,
    )
    assert(Math.hypot(...point.map((value, d) => value - truth[d]!)) < 10, `${point}`)
  })

  test('stays where it is when there is nothing to go by', () => {
    assert.equal(new PCoord(seededRandom(1), 5).refit(unplaced, []), unplaced)
  })

  test('whatever references claim, it stays where others believe in it', () => {
    const corner = [1e4, -1e4, 1e4, -1e4, 1e4]
    const far = Array.from({ length: 8 }, () => ({ position: { point: corner, error: 0 }, rttMs: 1e4 }))
    const pcoord = new PCoord(seededRandom(1), 5)
    let position = unplaced
    for (let update = 0; update < 200; update++) position = pcoord.refit(position, far)
    assert(
      position.point.every(value => Math.abs(value) <= 1e4) && position.point[4]! >= 0,
      `${position.point}`,
    )
  })

  test('one reference is enough to be placed, and no height is negative', () => {
    const one = [{ position: { point: [1, 1, 1, 1, 0], error: 1 }, rttMs: 0.05 }]
    const { point, error } = new PCoord(seededRandom(1), 5).refit(unplaced, one)
    assert(point.every(Number.isFinite) && point[4]! >= 0 && error <= 1)
  })
})
