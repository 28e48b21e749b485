import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { distanceMs, type Point } from './coordinate.ts'
import { borneOut, placeForeign } from './foreign.ts'

const random = seededRandom(1)
const west: Point = [0, 0, 0, 0, 2]
const east: Point = [100, 0, 0, 0, 2]
const south: Point = [50, -80, 0, 0, 2]
const peers = [west, east, south]

test('a client far from the one that saw it is beside another, whom it would fit', () => {
  const client = placeForeign([{ point: west, rttMs: 112 }], peers, random)!
  assert.ok(distanceMs(client, east) < 20 && distanceMs(client, west) > 100)
})

test('a client near to the one that saw it stays there', () => {
  const client = placeForeign([{ point: west, rttMs: 9 }], peers, random)!
  assert.ok(distanceMs(client, west) < 15 && distanceMs(client, east) > 90)
})

test('several round trips are all met', () => {
  const truth: Point = [60, -20, 0, 0, 5]
  const sights = peers.map(point => ({ point, rttMs: distanceMs(truth, point) }))
  const client = placeForeign(sights, peers, random)!
  for (const { point, rttMs } of sights) assert.ok(Math.abs(distanceMs(client, point) - rttMs) < 5)
})

test('nothing comes of nothing, and hostile round trips leave a point of numbers', () => {
  assert.equal(placeForeign([], peers, random), undefined)
  for (const rttMs of [0, 6553.5])
    for (const value of placeForeign([{ point: west, rttMs }], [], random)!) assert.ok(Number.isFinite(value))
})

test('a claim to be near that the others do not bear out is left out, and an honest one is not', () => {
  const honest = [
    { point: east, rttMs: 9 },
    { point: south, rttMs: 100 },
  ]
  const liar = { point: west, rttMs: 1 }
  assert.deepEqual(borneOut([liar, ...honest], peers), honest)
  assert.deepEqual(borneOut([{ ...liar, rttMs: 112 }, ...honest], peers).length, 3)
  assert.deepEqual(borneOut([liar], peers), [liar], 'there is nobody else to ask')
})
