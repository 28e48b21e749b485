import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { peerIdOf } from '../peer.ts'
import type { Accusation } from './accusation.ts'
import { type Member, standings, type Update } from './member.ts'
import {
  coordinateBytesMax,
  decodeFrame,
  encodeFrame,
  type Message,
  membersPerFrameMax,
  stampMax,
} from './wire.ts'

const sign = (): Uint8Array => new Uint8Array(64)
const verify = (): boolean => true

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const id = bytesOf(32)
  .filter(key => key.some(byte => byte !== 0))
  .map(peerIdOf)
const member = (among: readonly Member['standing'][]): fc.Arbitrary<Member> =>
  fc.record({
    id,
    host: bytesOf(4).map(bytes => bytes.join('.')),
    port: fc.integer({ min: 1, max: 0xffff }),
    incarnation: fc.integer({ min: 0, max: 0xffff_ffff }),
    standing: fc.constantFrom(...among),
    seal: bytesOf(64),
  })
const update: fc.Arbitrary<Update> = fc.oneof(
  member(standings),
  fc
    .tuple(member(['suspect']), fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 15 }))
    .map(([accused, accusers]) => ({ ...accused, accusers })),
)
const accusation: fc.Arbitrary<Accusation> = fc.record({
  ...{ id, accuser: id, incarnation: fc.nat(0xffff_ffff), seal: bytesOf(64) },
})
const frame = {
  sender: member(['alive', 'left']),
  to: fc.record({
    host: bytesOf(4).map(bytes => bytes.join('.')),
    port: fc.integer({ min: 1, max: 0xffff }),
  }),
  stamp: fc.nat(stampMax),
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
}
const listed = fc.array(member(standings), { maxLength: membersPerFrameMax })
const updates = fc.array(update, { maxLength: 3 })
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    ...{ ...frame, updates, kind: fc.constantFrom('ping' as const, 'ack' as const) },
    coordinate: fc.uint8Array({ maxLength: coordinateBytesMax }),
    accusations: fc.array(accusation, { maxLength: 3 }),
  }),
  fc.record({
    ...frame,
    updates,
    kind: fc.constantFrom('ask' as const, 'vouch' as const, 'nack' as const),
    target: id,
  }),
  fc
    .record({
      ...{ ...frame, updates: listed, kind: fc.constant('sync' as const) },
      after: fc.oneof(id, fc.constant('')),
      extra: fc.nat(11),
    })
    .map(({ extra, ...rest }) => ({
      ...rest,
      room: Math.min(membersPerFrameMax, rest.updates.length + extra),
    })),
  fc.record({ ...frame, updates: listed, kind: fc.constant('synced' as const), more: fc.boolean() }),
)

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('decode after encode is the identity', () => {
  fc.assert(
    fc.property(message, value => {
      assert.deepEqual(plain(decodeFrame(encodeFrame(value, sign), verify)), plain(value))
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('of bytes that were changed anywhere, only a Fault or a frame that encodes to them comes out', () => {
  const changes = fc.array(fc.tuple(fc.nat(1399), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(message, changes, fc.nat(1400), (value, list, cut) => {
      const bytes = Uint8Array.from(encodeFrame(value, sign).slice(0, cut < 200 ? undefined : cut))
      for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte
      try {
        const decoded = decodeFrame(bytes, verify)
        const again = encodeFrame(decoded, () => bytes.slice(-64))
        assert.deepEqual(Buffer.from(again), Buffer.from(bytes))
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 1000, seed: 2 },
  )
})

test('of any bytes, only a Fault comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500 }), bytes => {
      assert.throws(() => decodeFrame(bytes, verify), isFault)
    }),
    { numRuns: 500, seed: 3 },
  )
})
