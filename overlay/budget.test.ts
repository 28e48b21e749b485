import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from './budget.ts'

test('a second’s worth at once, then as fast as it fills', () => {
  const budget = new Budget(10, 0)
  const take = (times: number, now: number): number =>
    Array.from({ length: times }, () => budget.take(now)).filter(Boolean).length
  assert.equal(take(20, 0), 10)
  assert.equal(take(20, 500), 5)
  assert.equal(take(20, 400), 0) // a clock that steps back gives nothing
  assert.equal(take(20, 60_000), 10)
})
