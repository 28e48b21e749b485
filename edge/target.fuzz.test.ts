import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { formatPath, parseTarget, type Target } from './target.ts'

function read(text: string): Target | undefined {
  try {
    return parseTarget('GET', text)
  } catch (error) {
    assert.ok(isFault(error))
    return undefined
  }
}

test('only a Fault comes out, and never a segment that climbs, hides a slash or a NUL', () => {
  const hostile = fc.oneof(
    fc.string().map(text => `/${text}`),
    fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'f', '0', 'c', '\\', '?'), maxLength: 30 }),
    fc.webUrl({ withQueryParameters: true }),
  )
  fc.assert(
    fc.property(hostile, text => {
      for (const segment of read(text)?.segments ?? []) {
        assert.ok(segment !== '..' && segment !== '.' && !/[/\0]/.test(segment), segment)
      }
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('writing and reading again gives the same segments', () => {
  const segment = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter(text => !/^\.\.?$|[/\0]/.test(text))
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), fc.boolean(), (segments, slash) => {
      const directory = slash || segments.length === 0
      const target = read(formatPath(segments, directory))
      assert.deepEqual([target?.segments, target?.directory], [segments, directory])
    }),
    { numRuns: 1000, seed: 1 },
  )
})
