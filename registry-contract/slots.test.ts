import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSlots } from './slots.ts'

test('as a Map would answer, also when everything collides', () => {
  const step = fc.record({ row: fc.nat(60), add: fc.boolean() })
  for (const hashOf of [(row: number) => row * 7, () => 1023, (row: number) => 1020 + (row % 3)]) {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const slots = createSlots()
        const model = new Set<number>()
        for (const { row, add } of steps) {
          if (add && !model.has(row)) {
            slots.add(hashOf(row), row)
            model.add(row)
          }
          if (!add) {
            slots.remove(hashOf(row), row)
            model.delete(row)
          }
        }
        for (let row = 0; row <= 60; row++) {
          const found = slots.find(hashOf(row), other => other === row)
          assert.equal(found, model.has(row) ? row : -1)
        }
      }),
      { numRuns: 60, seed: 11 },
    )
  }
})

test('it grows past its first size and shrinks to nothing', () => {
  const hashOf = (row: number): number => Math.imul(row, 0x9e3779b1) >>> 0
  const slots = createSlots()
  for (let row = 0; row < 5000; row++) slots.add(hashOf(row), row)
  for (let row = 0; row < 5000; row++)
    assert.equal(
      slots.find(hashOf(row), one => one === row),
      row,
    )
  for (let row = 0; row < 5000; row += 2) slots.remove(hashOf(row), row)
  for (let row = 0; row < 5000; row++) {
    assert.equal(
      slots.find(hashOf(row), one => one === row),
      row % 2 ? row : -1,
    )
  }
})
