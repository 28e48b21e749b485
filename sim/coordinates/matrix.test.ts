import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { parseMatrix, syntheticMatrix } from './matrix.ts'

const text = '0,10,,0,7\n20,0,5,1,1\n,,0,1,-4\n0,1,1,0,1\n7,1,x,1,0\n'

describe('matrices', () => {
  const matrix = parseMatrix('m.csv', text)
  const rows: [what: string, i: number, j: number, rttMs: number][] = [
    ['two directions are averaged', 0, 1, 15],
    ['and are the same from both sides', 1, 0, 15],
    ['one direction is enough', 1, 2, 5],
    ['blank is not measured', 0, 2, Number.NaN],
    ['zero is not measured', 0, 3, Number.NaN],
    ['neither is what is negative or no number', 2, 4, Number.NaN],
    ['nor a peer with itself', 4, 4, Number.NaN],
  ]
  for (const [what, i, j, rttMs] of rows) test(what, () => assert.equal(matrix.rttMs(i, j), rttMs))

  test('others are those who can be measured', () => assert.deepEqual(matrix.others(0), [1, 4]))

  test('a part keeps the round trips of its members', () =>
    assert.equal(matrix.part([1, 0, 4]).rttMs(2, 1), 7))

  for (const [why, bad] of [
    ['too small', '0,1\n1,0\n'],
    ['ragged', text.replace('0,1,1,0,1', '0,1,1,0')],
    ['nothing', ''],
  ] as const)
    test(`refused: ${why}`, () =>
      assert.throws(
        () => parseMatrix('m.csv', bad),
        error => isFault(error, 'input/invalid'),
      ))

  test('a synthetic one says so and is the same for the same seed', () => {
    const [a, b] = [syntheticMatrix(20, 3), syntheticMatrix(20, 3)]
    assert.match(a.name, /synthetic/)
    for (let i = 1; i < 20; i++) assert(a.rttMs(i, 0) > 0 && a.rttMs(i, 0) === b.rttMs(0, i))
  })
})
