import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalCid } from './names.ts'

test('no text makes it throw, and one CID has one spelling', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc
      .string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'), maxLength: 80 })
      .map(text => `b${text}`),
    fc.string({ maxLength: 60 }).map(text => `Qm${text}`),
  )
  fc.assert(
    fc.property(hostile, text => {
      const cid = canonicalCid(text)
      if (cid !== undefined) assert.equal(canonicalCid(cid), cid)
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('version 0 becomes version 1', () => {
  const cid = canonicalCid('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn')
  assert.equal(cid, 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
})
