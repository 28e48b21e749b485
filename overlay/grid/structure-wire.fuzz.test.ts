import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { peerIdOf } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { pathBitsMax } from './path.ts'
import { decodeStructure, encodeStructure, nameOf, type StructureMessage } from './structure-wire.ts'
import type { Reference } from './view.ts'

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const peer = bytesOf(32).map(peerIdOf)
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
const bits = (maxLength: number) => fc.string({ unit: fc.constantFrom('0', '1'), maxLength })
const reference: fc.Arbitrary<Reference> = fc.record({
  peer,
  host: bytesOf(4).map(bytes => bytes.join('.')),
  port: fc.integer({ min: 1, max: 0xffff }),
  revision: fc.maxSafeNat().map(number => number % 2 ** 48),
  path: bits(pathBitsMax),
})
const record: fc.Arbitrary<Record> = fc.record({
  key: fc.string({ unit: fc.constantFrom('a', '/', '~'), minLength: 1, maxLength: 9 }),
  value: fc.uint8Array({ maxLength: 20 }),
  publisher: peer,
  sequence: uint(32),
  expiresAt: uint(32),
  signature: bytesOf(64),
})
const records = fc.array(record, { maxLength: 5 })
const head = { call: uint(32), self: reference }
const cursor = { from: bits(128), skip: uint(16) }
const meeting = {
  ...{ ...head, zeros: uint(32), ones: uint(32), peers: fc.integer({ min: 2e5, max: 2 ** 32 - 1 }) },
  gone: fc.tuple(uint(16), uint(16)),
  ...{ isNew: fc.boolean(), known: fc.array(reference, { maxLength: 6 }) },
}
const kind = <Kind extends StructureMessage['kind']>(name: Kind) => fc.constant(name)
const message: fc.Arbitrary<StructureMessage> = fc.oneof(
  fc.record({ ...meeting, kind: kind('meet'), chance: uint(32) }),
  fc.record({ ...meeting, kind: kind('met'), isBusy: fc.boolean(), crowded: fc.nat(64) }),
  fc.record({ ...head, kind: kind('moved') }),
  fc.record({ ...head, kind: kind('ship'), records }),
  fc.record({ ...head, kind: kind('kept'), names: records.map(list => list.map(nameOf)) }),
  fc.record({ ...head, kind: kind('pull'), ...cursor, path: bits(64) }),
  fc.record({ ...head, kind: kind('pulled'), ...cursor, isLast: fc.boolean(), records }),
)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('decode after encode is the identity', () => {
  fc.assert(
    fc.property(message, value => {
      assert.deepEqual(plain(decodeStructure(encodeStructure(value))), plain(value))
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('of bytes that were changed anywhere, only a Fault or a frame that encodes to them comes out', () => {
  const changes = fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(message, changes, fc.nat(1000), (value, list, cut) => {
      const bytes = Uint8Array.from(encodeStructure(value).slice(0, cut < 200 ? cut : undefined))
      for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte
      try {
        assert.deepEqual(Buffer.from(encodeStructure(decodeStructure(bytes))), Buffer.from(bytes))
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 1000, seed: 2 },
  )
})

test('of any bytes, only a Fault comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
      assert.throws(() => decodeStructure(bytes), isFault)
    }),
    { numRuns: 500, seed: 3 },
  )
})

test('refuses what is too large, counts nobody or leads nowhere', () => {
  const self = {
    peer: peerIdOf(new Uint8Array(32).fill(7)),
    host: '10.0.0.1',
    port: 1,
    revision: 1,
    path: '01',
  }
  const meet: StructureMessage = {
    ...{
      kind: 'meet',
      call: 1,
      self,
      chance: 0,
      zeros: 0,
      ones: 0,
      peers: 1,
      gone: [0, 0] as const,
      isNew: false,
      known: [],
    },
  }
  const bytes = Uint8Array.from(encodeStructure(meet))
  const rows: [string, Uint8Array][] = [
    ['bytes/too-large', new Uint8Array(64 * 1024 + 1)],
    ['bytes/too-large', bytes.with(bytes.length - 2, 2)], // 512 references
    ['bytes/malformed', bytes.with(bytes.length - 8, 0)], // peers 0
    ['bytes/malformed', bytes.with(5 + 37, 0)], // port 0
    ['bytes/malformed', bytes.with(5 + 44, 65)], // a path of 65 bits
  ]
  for (const [code, frame] of rows)
    assert.throws(
      () => decodeStructure(frame),
      error => isFault(error) && error.code === code,
    )
})
