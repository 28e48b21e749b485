import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/random.ts'
import { Network } from './network.ts'
import { mean } from './scenario.ts'

test('frames are lost, doubled, delayed and overtaken as often as was said', () => {
  const network = new Network(seededRandom(1), {
    latencyMs: 10,
    jitterMs: 5,
    lossShare: 0.1,
    duplicateShare: 0.05,
  })
  const frames = Array.from({ length: 20_000 }, () => network.delays(0, 1))
  const share = (of: number): number => frames.filter(delays => delays.length === of).length / frames.length
  assert.ok(Math.abs(share(0) - 0.1) < 0.01)
  assert.ok(Math.abs(share(2) - 0.9 * 0.05) < 0.01)
  const delays = frames.flat()
  assert.ok(Math.min(...delays.slice(0, 5000)) >= 10)
  assert.ok(Math.abs(mean(delays) - 15) < 0.2)
  assert.ok(delays.slice(1).some((delay, i) => delay < delays[i]!))
})

test('a cut may be one way, and heals', () => {
  const network = new Network(seededRandom(1), { latencyMs: 1, jitterMs: 0, lossShare: 0, duplicateShare: 0 })
  const heal = network.cut((from, to) => from === 0 && to === 1)
  assert.deepEqual(network.delays(0, 1), [])
  assert.deepEqual(network.delays(1, 0), [1])
  heal()
  assert.deepEqual(network.delays(0, 1), [1])
})
