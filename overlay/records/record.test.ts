import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { createVerify } from '../signature.ts'
import { testKey } from '../testing.ts'
import {
  decodeRecord,
  decodeRecords,
  encodeRecord,
  encodeRecords,
  hasGoodSignature,
  signRecord,
} from './record.ts'

const { id, sign } = testKey(1)
const verify = createVerify()
const record = signRecord(
  {
    key: 'holder/bafy',
    value: Uint8Array.of(1, 2),
    publisher: id,
    sequence: 2 ** 40 + 5,
    expiresAt: 2 ** 41 + 7,
  },
  sign,
)

test('a record comes back as it was, and its signature covers all of it', () => {
  assert.deepEqual(decodeRecord(encodeRecord(record)), record)
  assert.ok(hasGoodSignature(record, verify))
  const changes = [{ key: 'holder/x' }, { value: Uint8Array.of(1) }, { sequence: 1 }, { expiresAt: 1 }]
  for (const change of changes) assert.ok(!hasGoodSignature({ ...record, ...change }, verify))
  assert.ok(!hasGoodSignature({ ...record, publisher: testKey(2).id }, verify))
})

test('a list is cut where it would pass its bound', () => {
  const size = encodeRecord(record).length + 2
  const three = encodeRecords([record, record, record, record], 3 * size)
  assert.deepEqual(decodeRecords(three, 3), [record, record, record])
  assert.throws(
    () => decodeRecords(three, 2),
    error => isFault(error, 'bytes/too-large'),
  )
  assert.throws(
    () => decodeRecords(three.slice(0, -1), 3),
    error => isFault(error, 'bytes/malformed'),
  )
})

const bytes = encodeRecord(record)
const bad: [what: string, bytes: Uint8Array, code: 'bytes/malformed' | 'bytes/too-large'][] = [
  ['nothing', new Uint8Array(0), 'bytes/malformed'],
  ['an unknown version', Uint8Array.from(bytes, (b, i) => (i === 0 ? 2 : b)), 'bytes/malformed'],
  ['a key with a space', Uint8Array.from(bytes, (b, i) => (i === 4 ? 32 : b)), 'bytes/malformed'],
  ['a byte too few', bytes.slice(0, -1), 'bytes/malformed'],
  ['a byte too many', Uint8Array.from([...bytes, 0]), 'bytes/malformed'],
  ['too many bytes', new Uint8Array(33_000), 'bytes/too-large'],
]
for (const [what, input, code] of bad)
  test(`refuses ${what}`, () => {
    assert.throws(
      () => decodeRecord(input),
      error => isFault(error, code),
    )
  })
