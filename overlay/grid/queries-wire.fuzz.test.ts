import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { peerIdOf } from '../peer.ts'
import { frameBytesMax } from './fields.ts'
import { decodeQuery, encodeQuery, outcomes, type QueryMessage } from './queries-wire.ts'

const uint = (bytes: number) => fc.integer({ min: 0, max: 256 ** bytes - 1 })
const bits = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 128 })
const sign = fc.integer({ min: 33, max: 126 }).map(code => String.fromCharCode(code))
const key = fc.string({ unit: sign, minLength: 1, maxLength: 256 })
const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf)
const bareRecord = fc.record({
  ...{ key, value: fc.uint8Array({ maxLength: 1024 }), publisher: peer },
  ...{ sequence: uint(6), expiresAt: uint(6), signature: fc.uint8Array({ minLength: 64, maxLength: 64 }) },
})
const record = bareRecord.map(fields => ({ ...fields }))
const records = fc.array(record, { maxLength: 4 })
const one = fc.array(record, { minLength: 1, maxLength: 1 })
const outcome = fc.constantFrom(...outcomes)
const units = (size: number) =>
  fc
    .array(fc.uint8Array({ minLength: size, maxLength: size }), { maxLength: 9 })
    .map(parts => Uint8Array.from(parts.flatMap(part => [...part])))
const leg = { id: uint(6), matched: fc.nat(128), fuel: uint(2), waitMs: uint(2) }
const flag = fc.boolean()

const kinds: { [Kind in QueryMessage['kind']]: fc.Arbitrary<unknown> } = {
  ask: fc.record({ ...leg, kind: fc.constant('ask'), key, isFinal: flag, isAside: flag }),
  store: fc.record({ ...leg, kind: fc.constant('store'), isAside: flag, records: one }),
  sweep: fc.record({
    ...{
      ...leg,
      kind: fc.constant('sweep'),
      prefix: bits,
      from: bits,
      to: bits,
      countMax: uint(2),
      isInOrder: flag,
    },
  }),
  answer: fc.record({
    ...{ kind: fc.constant('answer'), id: uint(6), outcome, hops: uint(1), heldMs: uint(2), records },
    ...{ homes: fc.array(peer, { maxLength: 8 }), next: bits, partitions: uint(2), isComplete: flag },
  }),
  rumour: fc.record({ kind: fc.constant('rumour'), id: uint(6), from: uint(4), to: uint(4), records: one }),
  heard: fc.record({ kind: fc.constant('heard'), id: uint(6), outcome }),
  summary: fc.record({
    ...{ kind: fc.constant('summary'), id: uint(6), from: bits, to: bits },
    hash: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  }),
  items: fc.record({ kind: fc.constant('items'), id: uint(6), to: bits, isSame: flag, items: units(14) }),
  trade: fc.record({
    ...{
      kind: fc.constant('trade'),
      id: uint(6),
      from: bits,
      to: bits,
      isReply: flag,
      wants: units(8),
      records,
    },
  }),
  copy: fc.record({
    ...{ kind: fc.constant('copy'), level: fc.nat(128), matched: fc.nat(128), isLast: flag, key, records },
  }),
  hits: fc.record({
    ...{
      kind: fc.constant('hits'),
      asked: uint(2),
      counts: fc.array(fc.tuple(key, uint(2)), { maxLength: 20 }),
    },
  }),
}
const message = fc.oneof(...Object.values(kinds)) as fc.Arbitrary<QueryMessage>

test('decode after encode is the identity', () => {
  fc.assert(
    fc.property(message, value => {
      assert.deepEqual({ ...decodeQuery(encodeQuery(value)) }, { ...value })
    }),
    { numRuns: 400, seed: 1 },
  )
})

test('of changed bytes, only a Fault or a message that encodes to them comes out', () => {
  const changes = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(message, changes, (value, list) => {
      const bytes = Uint8Array.from(encodeQuery(value))
      for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte
      expectFaultOrIdentity(bytes)
    }),
    { numRuns: 800, seed: 2 },
  )
})

test('of any bytes, only a Fault or a message comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(11), (bytes, kind) => {
      expectFaultOrIdentity(Uint8Array.of(kind, ...bytes))
    }),
    { numRuns: 800, seed: 3 },
  )
  assert.throws(
    () => decodeQuery(new Uint8Array(frameBytesMax + 1)),
    error => isFault(error, 'bytes/too-large'),
  )
})

function expectFaultOrIdentity(bytes: Uint8Array): void {
  try {
    assert.deepEqual(Buffer.from(encodeQuery(decodeQuery(bytes))), Buffer.from(bytes))
  } catch (error) {
    if (!isFault(error)) throw error
  }
}
