import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Allowance } from './allowance.ts'

test('an allowance is given back by halves, and nobody may take more', () => {
  const allowance = new Allowance(100)
  assert.ok(allowance.take(70))
  assert.ok(!allowance.take(31), 'one more than is left')
  assert.equal(allowance.giveBack(49), 0, 'not half of it yet')
  assert.equal(allowance.giveBack(1), 50, 'all that was read until now')
  assert.ok(!allowance.take(81))
  assert.ok(allowance.take(80))
  assert.equal(allowance.giveBack(20), 0)
  assert.equal(allowance.giveBack(80), 100)
  assert.ok(allowance.take(100))
})
