import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatRange, parseRange } from './range.ts'

const spec = fc.oneof(
  fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => `${a}-${b}`),
  fc.nat(120).map(a => `${a}-`),
  fc.nat(120).map(a => `-${a}`),
  fc.string({ maxLength: 5, unit: fc.constantFrom('0', '9', '-', ',', ' ', 'e', '+') }),
)

test('whatever the field says, the ranges lie inside the file, apart, and survive a round trip', () => {
  const field = fc.array(spec, { maxLength: 20 }).map(specs => `bytes=${specs.join(',')}`)
  fc.assert(
    fc.property(fc.oneof(field, fc.string()), fc.nat(100), (value, sizeBytes) => {
      const ranges = parseRange(value, sizeBytes)
      if (typeof ranges === 'string') return
      assert.ok(ranges.length > 0 && ranges.length <= 16)
      for (const { start, end } of ranges) assert.ok(0 <= start && start < end && end <= sizeBytes)
      const total = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
      assert.ok(total <= sizeBytes, 'no byte goes out twice')
      assert.deepEqual(parseRange(formatRange(ranges), sizeBytes), ranges)
    }),
    { numRuns: 2000, seed: 1 },
  )
})
