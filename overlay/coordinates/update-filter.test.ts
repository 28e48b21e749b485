import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadied } from './update-filter.ts'

const at = (x: number, error: number) => ({ point: [x, 0, 0, 0, 1], error })
const rows: [why: string, publishedError: number, fittedError: number, x: number][] = [
  ['a settled position moves a share of the way', 0.1, 0.1, 105],
  ['one that has not settled follows', 0.9, 0.1, 110],
  ['one that is lost follows', 0.1, 0.9, 110],
]
for (const [why, publishedError, fittedError, x] of rows)
  test(`update filter: ${why}`, () => {
    const { point, error } = steadied(at(100, publishedError), at(110, fittedError), 0.5)
    assert.deepEqual(point, [x, 0, 0, 0, 1])
    assert.equal(error, fittedError)
  })
