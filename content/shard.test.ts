import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex, utf8 } from '../base/bytes.ts'
import { murmur3 } from './murmur3.ts'
import { buildTrie, isTrie, slotBits, slotLabel } from './shard.ts'

test('murmur3 of every kind of tail, as the reference gives it', () => {
  const rows: [length: number, hex: string][] = [
    [0, '0000000000000000'],
    [1, '932fc7cce617f1e7'],
    [7, '1e82399714d88544'],
    [8, 'd66171fb798abfe8'],
    [9, '5c341426a83a4c2d'],
    [15, '8a8aefe006382042'],
    [16, 'c1cd21bbd7457071'],
    [17, '8f76df6e069ae0e2'],
    [31, 'd1fa6ed28d7fc0a4'],
    [32, 'eb58374563690207'],
    [40, '86e2e355878c3b83'],
  ]
  for (const [length, hex] of rows) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length * 11) % 256)
    assert.equal(toHex(murmur3(bytes)), hex, `${length} bytes`)
  }
})

test('the bits of the taken slots, leading zero bytes left out', () => {
  const rows: [slots: number[], hex: string][] = [
    [[0], '01'],
    [[7], '80'],
    [[8], '0100'],
    [[0, 1, 15], '8003'],
    [[255], `80${'00'.repeat(31)}`],
  ]
  for (const [slots, hex] of rows) assert.equal(toHex(slotBits(slots)), hex)
  assert.equal(slotLabel(10), '0A')
})

test('a trie holds every entry once, whatever the order of insertion', () => {
  const names = (trie: ReturnType<typeof buildTrie<{ name: string }>>): string[] =>
    [...trie.slots]
      .sort(([a], [b]) => a - b)
      .flatMap(([, there]) => (isTrie(there) ? names(there) : [there.name]))
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 200 }), all => {
      const there = names(buildTrie(all.map(name => ({ name }))))
      const reverse = names(buildTrie(all.toReversed().map(name => ({ name }))))
      assert.deepEqual(there, reverse)
      assert.deepEqual(there.toSorted(), all.toSorted())
      assert.equal(utf8(there.join('')).length, utf8(all.join('')).length)
    }),
    { seed: 1, numRuns: 100 },
  )
})
