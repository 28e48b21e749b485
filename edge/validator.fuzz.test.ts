import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTags, parseTags } from './validator.ts'

test('never throws, and what was understood survives a round trip', () => {
  const hostile = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'W/"a, \t*'), maxLength: 60 }))
  fc.assert(
    fc.property(hostile, value => {
      const tags = parseTags(value)
      if (typeof tags === 'object') assert.deepEqual(parseTags(formatTags(tags)), tags)
    }),
    { numRuns: 3000, seed: 1 },
  )
})
