import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { peerIdOf } from '../peer.ts'
import { decodeRecord, decodeRecords, encodeRecord, type Record } from './record.ts'

const uint48 = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const record: fc.Arbitrary<Record> = fc.record({
  key: fc.string({
    unit: fc.integer({ min: 33, max: 126 }).map(c => String.fromCharCode(c)),
    minLength: 1,
    maxLength: 256,
  }),
  value: fc.uint8Array({ maxLength: 1024 }),
  publisher: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf),
  sequence: uint48,
  expiresAt: uint48,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
})

test('decode after encode is the identity', () => {
  fc.assert(
    fc.property(record, value => {
      assert.deepEqual(decodeRecord(encodeRecord(value)), { ...value })
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('of changed bytes, only a Fault or a record that encodes to them comes out', () => {
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(record, changes, (value, list) => {
      const bytes = Uint8Array.from(encodeRecord(value))
      for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte
      try {
        assert.deepEqual(Buffer.from(encodeRecord(decodeRecord(bytes))), Buffer.from(bytes))
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 800, seed: 2 },
  )
})

test('of any list of bytes, only a Fault or records come out', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
      try {
        decodeRecords(bytes, 8)
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 500, seed: 3 },
  )
})
