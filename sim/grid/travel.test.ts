// Small cuts of what `npm run sim -- grid` plays of ranges, updates and look-ups, and Beehive's own example.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syntheticRtts } from '../io/latency.ts'
import { everywhereShareOf, namesPerPeer, sharesOf } from './beehive.ts'
import { lookups } from './lookups.ts'
import { showers } from './showers.ts'
import { updates } from './updates.ts'

for (const section of [showers, updates, lookups(syntheticRtts)])
  test(`${section.name}: ${section.story}`, () => {
    const { figures } = section.play(1, 'small')
    for (const { max, min, name, value } of figures)
      assert.ok(value >= min && value <= max, `${name} is ${value}, not ${min} to ${max}`)
  })

test('the same seed has the same figures', () => {
  assert.deepEqual(updates.play(2, 'small'), updates.play(2, 'small'))
})

test('the closed form gives what the paper has for its example', () => {
  const load = { base: 32, exponent: 0.9, names: 1e6, peers: 1e4, hops: 1 }
  const [first, second] = sharesOf(load)
  assert.ok(Math.abs(first! - 0.0011) < 0.0001 && Math.abs(second! - 0.052) < 0.001)
  assert.ok(Math.abs(namesPerPeer(load) - 3641) < 1)
  const ours = { base: 4, exponent: 0.91, names: 40_960, peers: 1000, hops: 1 }
  assert.ok(Math.abs(everywhereShareOf(ours) - 1.5e-4) < 1e-5, 'what the knob says of it')
})
