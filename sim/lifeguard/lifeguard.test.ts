import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { playInterval } from './experiment.ts'
import { playFaulty } from './faulty.ts'
import { playScale } from './scale.ts'
import { cells, configurations, gridSize } from './table.ts'

describe('lifeguard', () => {
  test('where SWIM condemns the healthy by the hundred, Lifeguard hardly does', () => {
    const cell = { frozen: 16, durationMs: 16_384, gapMs: 64, seed: 1 }
    const swim = playInterval(cell, configurations.swim)
    const inxt = playInterval(cell, configurations.inxt)
    assert.ok(swim.fp > 100)
    assert.ok(inxt.fp <= swim.fp * 0.0153)
    assert.ok(inxt.fpHealthy <= swim.fpHealthy * 0.0189)
    assert.ok(inxt.frames <= swim.frames * 1.106)
  })

  for (const fault of ['lossy', 'flapping'] as const)
    test(`one ${fault} member of a hundred leaves the routing view, and nobody else`, () => {
      const views = playFaulty(fault, 100, 1, 160_000, 1)
      assert.equal(views.exact, views.observers)
      assert.equal(views.wronged, 0)
    })

  test('what a member sends does not grow with the group', () => {
    const [small, large] = [playScale(100, 6, 1), playScale(400, 6, 1)]
    assert.ok(large.frames < small.frames * 1.1)
  })

  test('a share of the grid has every count, duration and gap in it', () => {
    assert.equal(cells(1, 1).length, gridSize)
    const some = cells(1 / 24, 1)
    assert.equal(some.length, 18)
    for (const [key, count] of [
      ['frozen', 9],
      ['durationMs', 6],
      ['gapMs', 8],
    ] as const)
      assert.equal(new Set(some.map(cell => cell[key])).size, count, key)
  })
})
