import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { devnetTuning } from '../../overlay/membership/options.ts'
import { complaintsOf, type Scenario } from '../scenario.ts'
import { storybook } from '../storybook.ts'
import { Swarm } from '../swarm.ts'
import { devnet } from './devnet.ts'

describe('scenarios keep their bounds', () => {
  for (const scenario of storybook)
    test(`${scenario.name}: ${scenario.story}`, () => {
      assert.deepEqual(complaintsOf(scenario, 1).complaints, [])
    })

  test('five devnet members drop a crashed one and take it back, in under 5 s, on each of 200 seeds', () => {
    for (let seed = 1; seed <= 200; seed++) assert.deepEqual(complaintsOf(devnet, seed).complaints, [])
  })
})

describe('the simulator', () => {
  test('tells the same story for the same seed and another for another', () => {
    assert.equal(devnet.play(7).hash, devnet.play(7).hash)
    assert.notEqual(devnet.play(7).hash, devnet.play(8).hash)
  })

  test('survives every kind of weather at once, and all agree when it is over', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const weather = { latencyMs: 5, jitterMs: 20, lossShare: 0.2, duplicateShare: 0.2 }
      const swarm = new Swarm({ seed, size: 10, tuning: devnetTuning, weather })
      for (const peer of swarm.peers) swarm.start(peer.index)
      swarm.run(5000)
      swarm.crash(3)
      swarm.freeze(4, 3000)
      swarm.run(5000)
      swarm.start(3)
      swarm.leave(5)
      swarm.run(5000)
      swarm.network.weather = { ...weather, lossShare: 0, duplicateShare: 0 }
      assert.ok(swarm.runUntil(() => swarm.agrees(), 30_000) < 30_000)
    }
  })

  test('names the line that replays a figure out of bounds or a broken check', () => {
    const outOfBounds: Scenario = {
      ...{ name: 'x', story: '' },
      play: () => ({ figures: [{ name: 'f', value: Number.NaN, min: 0, max: 1 }], hash: '' }),
    }
    const broken: Scenario = {
      ...{ name: 'y', story: '' },
      play() {
        throw new Error('broken')
      },
    }
    assert.match(complaintsOf(outOfBounds, 3).complaints[0]!, /npm run sim -- swim --scenario x --seed 3$/)
    assert.match(complaintsOf(broken, 4).complaints[0]!, /broken; replay: .* --scenario y --seed 4$/)
  })
})
