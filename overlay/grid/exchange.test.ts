import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { byData, byDepth, decide, type Meeter } from './exchange.ts'
import { estimatedPartition, fairShare, partition } from './partition.ts'

type Gone = Meeter['gone']
const at = (path: string, zeros = 100, ones = 100, peers = 30, gone: Gone = [0, 0]): Meeter => {
  return { path, zeros, ones, peers, gone }
}
const data = byData({ nMin: 5, deltaMax: 50, bitsMax: 8, replicasMax: 64 })

describe('a meeting', () => {
  const rows: [string, Meeter, Meeter, number, [string, string]][] = [
    ['parts two at one path', at('01'), at('01'), 0.1, ['010', '011']],
    ['the other way by the same chance', at('01'), at('01'), 0.9, ['011', '010']],
    ['leaves peers on different branches', at('00'), at('01'), 0.1, ['00', '01']],
    ['leaves those with too few peers', at('0', 100, 100, 10), at('0', 100, 100, 10), 0.1, ['0', '0']],
    ['leaves those with few records and peers', at('0', 10, 10, 15), at('0', 10, 10, 15), 0.1, ['0', '0']],
    ['parts those with far more peers than needed', at('0', 0, 0, 20), at('0', 0, 0, 20), 0.1, ['00', '01']],
    ['leaves the longest path', at('00000000'), at('00000000'), 0.1, ['00000000', '00000000']],
    ['sends the shorter to the other side', at('0'), at('01'), 0.5, ['00', '01']],
    ['also when it is the second', at('01'), at('0'), 0.5, ['01', '00']],
    [
      'lets the shorter follow to the heavier side',
      at('0', 5, 195, 99, [1, 1]),
      at('01'),
      0.99,
      ['01', '01'],
    ],
    ['keeps it where only that side is known', at('0', 5, 195), at('01'), 0.99, ['0', '01']],
    [
      'lets none wait where both sides are known',
      at('0', 10, 90, 99, [1, 1]),
      at('0', 9, 90, 99),
      0.99,
      ['01', '01'],
    ],
    ['fills the side that lacks', at('0', 50, 50, 20, [9, 5]), at('0', 40, 40, 9), 0.01, ['00', '01']],
    [
      'leaves those too few for two, whoever went',
      at('0', 90, 90, 9, [3, 4]),
      at('0', 90, 90, 9),
      0.1,
      ['0', '0'],
    ],
    ['and leaves the one that is full', at('0', 50, 50, 20, [10, 5]), at('0', 40, 40, 9), 0.01, ['01', '01']],
  ]
  for (const [name, a, b, chance, [x, y]] of rows)
    test(name, () => {
      assert.deepEqual(decide(a, b, chance, data), { a: x, b: y })
      if (a.path !== b.path) assert.deepEqual(decide(b, a, chance, data), { a: y, b: x })
    })

  test('by depth ends at the depth', () => {
    assert.deepEqual(decide(at('0'), at('0'), 0, byDepth(2)), { a: '00', b: '01' })
    assert.deepEqual(decide(at('00'), at('00'), 0, byDepth(2)), { a: '00', b: '00' })
  })
})

describe('a partition', () => {
  test('follows the closed forms at their ends', () => {
    assert.deepEqual(partition(0.5), { both: 1, toZero: 1 - 2 ** -40 / 2, toOne: 1 })
    const eager = partition(1 - Math.LN2)
    assert.ok(eager.both > 0.999 && eager.toZero < 0.001)
    assert.ok(partition(0.05).both < 0.05)
  })

  test('is the same from both sides, and stays within its bounds when estimated', () => {
    for (let i = 0; i <= 20; i++) {
      const { both, toZero, toOne } = partition(i / 20)
      const mirrored = partition(1 - i / 20)
      assert.ok(Math.abs(mirrored.both - both) < 1e-9)
      assert.ok(
        i === 10 || (Math.abs(mirrored.toZero - toOne) < 1e-9 && Math.abs(mirrored.toOne - toZero) < 1e-9),
      )
      const estimated = estimatedPartition(i / 20, 20)
      for (const chance of [estimated.both, estimated.toZero, estimated.toOne])
        assert.ok(chance >= 0 && chance <= 1)
    }
  })

  test('starves neither side', () => {
    assert.equal(fairShare(0, 100, 20, 5), 0.25)
    assert.equal(fairShare(100, 0, 20, 5), 0.75)
    assert.equal(fairShare(0, 100, 1000, 5), 0.2)
    assert.equal(fairShare(0, 0, 20, 5), 0.5)
    assert.equal(fairShare(0, 9, 4, 5), 0.5)
  })
})
