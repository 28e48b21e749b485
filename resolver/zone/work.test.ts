import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { atOnce, inOrder } from './work.ts'

const keyOf = ([key]: readonly [string, number]): string => key

test('what is put in order in pieces is in the order of a stable sort', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 6000, size: 'max' }), words => {
      const items = words.map((word, i) => [word, i] as const)
      const { keys, values } = atOnce(inOrder(items, keyOf))
      const wanted = items.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      assert.deepEqual(values, wanted)
      assert.deepEqual(keys, wanted.map(keyOf))
    }),
    { numRuns: 20 },
  )
})

test('no piece is long, whether there is order or none', () => {
  const count = 50_000
  for (const wordOf of [(i: number) => i, (i: number) => (i * 7919) % count, (i: number) => count - i]) {
    const items = Array.from({ length: count }, (_, i) => [String(wordOf(i)).padStart(6, '0'), i] as const)
    let pieces = 0
    for (const work = inOrder(items, keyOf); work.next().done !== true; ) pieces++
    assert.ok(pieces >= count / 1024, `${pieces} pieces`)
  }
})
