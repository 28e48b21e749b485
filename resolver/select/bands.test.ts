import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bandsOf, inProportion } from './bands.ts'

test('the nearest come first, those about as near are together, and the unknown come last', () => {
  const rows: [rtts: (number | undefined)[], want: number[][]][] = [
    [
      [80, 1, 300, 2],
      [[1, 3], [0], [2]],
    ],
    [
      [undefined, 7000, 4.9],
      [[2], [1], [0]],
    ],
    [[100, 101, 99], [[0, 1, 2]]],
    [[undefined, undefined], [[0, 1]]],
    [[], []],
  ]
  for (const [rtts, want] of rows)
    assert.deepEqual(
      bandsOf([...rtts.keys()], i => rtts[i]),
      want,
    )
})

test('everybody is named once, band after band, up to as many as are wanted', () => {
  const bands = [[1, 2, 3], [4], [5, 6]]
  for (let turn = 0; turn < 20; turn++) {
    const all = inProportion(bands, turn, 9)
    assert.deepEqual([all.slice(0, 3).sort(), all[3], all.slice(4).sort()], [[1, 2, 3], 4, [5, 6]])
    assert.deepEqual(inProportion(bands, turn, 2), all.slice(0, 2))
  }
  assert.deepEqual(inProportion([], 1, 4), [])
})

test('answers begin with each as its weight says, also for who takes every second turn', () => {
  const weights = new Map([
    ['a', 1],
    ['b', 3],
    ['c', 6],
  ])
  const turns = 1000
  for (const [step, start] of [
    [1, 0],
    [2, 0],
    [2, 1],
    [5, 3],
  ] as const) {
    const firsts = new Map([...weights.keys()].map(item => [item, 0]))
    for (let i = 0; i < turns; i++) {
      const [first] = inProportion([['a', 'b', 'c']], start + i * step, 1, item => weights.get(item)!)
      firsts.set(first!, firsts.get(first!)! + 1)
    }
    for (const [item, weight] of weights)
      assert.ok(Math.abs(firsts.get(item)! - (turns * weight) / 10) < 10, `${item}: ${firsts.get(item)}`)
  }
})
