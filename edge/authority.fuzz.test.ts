import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { type Authority, formatAuthority, parseAuthority } from './authority.ts'

const hostile = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...'aA-_.:[]%@/\\019'), maxLength: 300 }),
  fc.webAuthority({ withPort: true }),
)

test('only a Fault comes out, and a second reading changes nothing', () => {
  const read = (text: string): Authority | undefined => {
    try {
      return parseAuthority(text)
    } catch (error) {
      assert.ok(isFault(error, 'bytes/malformed'))
      return undefined
    }
  }
  fc.assert(
    fc.property(hostile, text => {
      const authority = read(text)
      if (authority === undefined) return
      assert.match(authority.host, /^[a-z0-9_.:[\]-]+$/)
      assert.deepEqual(parseAuthority(formatAuthority(authority)), authority)
    }),
    { numRuns: 3000, seed: 1 },
  )
})
