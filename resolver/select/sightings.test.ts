import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sightings } from './sightings.ts'
import { prefixText } from './subnet.ts'

const textOf = (sightings: Sightings, countMin: number, countMax = 9): string[] =>
  sightings
    .best(countMin, countMax)
    .map(({ prefix, rttMs, count }) => `${prefixText(prefix)} ${rttMs} ${count}`)

test('the least round trip of a network counts, and only of networks that come often', () => {
  const sightings = new Sightings(100)
  for (const [address, rttMs] of [
    ['203.0.113.5', 30],
    ['203.0.113.77', 20],
    ['::ffff:203.0.113.9', 25],
    ['2a00:1:2:3::4', 9],
    ['2a00:1:2:ffff::', 8],
    ['198.51.100.1', 1],
    ['203.0.113.5', Number.NaN],
    ['203.0.113.5', -1],
  ] as const)
    sightings.see(address, rttMs)
  assert.deepEqual(textOf(sightings, 2), ['203.0.113.0/24 20 3', '2a00:1:2::/48 8 2'])
  assert.deepEqual(textOf(sightings, 1, 1), ['203.0.113.0/24 20 3'])
})

test('what was seen two generations ago is gone', () => {
  const sightings = new Sightings(100)
  sightings.see('203.0.113.5', 5)
  sightings.age()
  sightings.see('203.0.113.5', 7)
  assert.deepEqual(textOf(sightings, 1), ['203.0.113.0/24 5 2'])
  sightings.age()
  assert.deepEqual(textOf(sightings, 1), ['203.0.113.0/24 7 1'])
  sightings.age()
  assert.deepEqual(textOf(sightings, 1), [])
})

test('a generation is bounded, and who was seen last stays', () => {
  const sightings = new Sightings(3)
  for (let i = 0; i < 100; i++) {
    sightings.see('203.0.113.5', 5)
    sightings.see(`9.9.${i}.1`, 5)
  }
  assert.deepEqual(textOf(sightings, 1).sort(), [
    '203.0.113.0/24 5 100',
    '9.9.98.0/24 5 1',
    '9.9.99.0/24 5 1',
  ])
})
