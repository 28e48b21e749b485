import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { accuracyOf } from './accuracy.ts'
import { syntheticMatrix } from './matrix.ts'

describe('accuracy', () => {
  const matrix = syntheticMatrix(40, 1)
  const judge = (predict: (i: number, j: number) => number | undefined) =>
    accuracyOf(matrix, predict, seededRandom(1))

  test('the truth has no error and finds every best replica', () => {
    const { median, p90, hit20 } = judge((i, j) => matrix.rttMs(i, j))
    assert(median < 0.001 && p90 < 0.001 && hit20 === 1)
  })

  test('half and double are both an error of 1', () => {
    for (const factor of [0.5, 2])
      assert(Math.abs(judge((i, j) => factor * matrix.rttMs(i, j)).median - 1) < 0.01)
  })

  test('no prediction is very wrong, and finds the best one time in twenty', () => {
    const { median, hit20 } = judge(() => undefined)
    assert(median > 100 && hit20 < 0.2)
  })
})
