import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { distanceMs, type Position } from './coordinate.ts'
import { pulled } from './vivaldi.ts'

const random = seededRandom(1)
const at = (...point: number[]): Position => ({ point, error: 0.5 })

describe('Vivaldi', () => {
  const rows: [what: string, rttMs: number, moves: 'nearer' | 'farther'][] = [
    ['a short round trip pulls', 20, 'nearer'],
    ['a long round trip pushes', 200, 'farther'],
  ]
  for (const [what, rttMs, moves] of rows)
    test(what, () => {
      const [self, other] = [at(50, 0, 1), at(0, 0, 1)]
      const moved = pulled(self, other, rttMs, random)
      const gap = distanceMs(moved.point, other.point) - distanceMs(self.point, other.point)
      assert(moves === 'nearer' ? gap < 0 : gap > 0, `${gap}`)
    })

  test('points that coincide part in some direction', () => {
    const moved = pulled(at(0, 0, 0), at(0, 0, 0), 30, random)
    assert(Math.hypot(moved.point[0]!, moved.point[1]!) > 0)
  })

  test('who is sure moves less towards one who is not', () => {
    const unsure = { ...at(0, 0, 1), error: 1 }
    const step = (error: number): number =>
      Math.abs(pulled({ ...at(50, 0, 1), error }, unsure, 20, random).point[0]! - 50)
    assert(step(0.1) < step(1) / 3)
  })
})
