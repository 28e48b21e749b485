import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { createVerify } from '../signature.ts'
import { testKey, testMember } from '../testing.ts'
import { sealAccusation } from './accusation.ts'
import {
  decodeFrame,
  encodeFrame,
  frameBytes,
  frameBytesMax,
  type Message,
  membersPerFrameMax,
  stampMax,
} from './wire.ts'

const { sign } = testKey(1)
const verify = createVerify()
const sender = testMember(1)
const frame = { sender, to: { host: '10.0.0.9', port: 7009 }, stamp: 1_800_000_000_000 }
const bare = { coordinate: new Uint8Array(0), accusations: [] }
const updates = [{ ...testMember(2, 7, 'suspect'), accusers: [1, 0xffff_ffff] }, testMember(3, 9, 'left')]
const listed = [testMember(2, 7, 'suspect'), testMember(3, 9, 'left')]
const target = testKey(4).id
const accusation = sealAccusation({ id: target, incarnation: 3, accuser: testKey(5).id }, testKey(5).sign)

const messages: Message[] = [
  { kind: 'ping', ...frame, sequence: 0, updates: [], ...bare },
  { kind: 'ack', ...frame, sequence: 0xffff_ffff, updates, ...bare, coordinate: Uint8Array.of(1, 2, 3) },
  { kind: 'ping', ...frame, sequence: 0, updates, coordinate: new Uint8Array(64), accusations: [accusation] },
  { kind: 'ask', ...frame, sequence: 1, updates, target },
  { kind: 'vouch', ...frame, sequence: 1, updates: [], target },
  { kind: 'nack', ...frame, stamp: stampMax, sequence: 1, updates: [], target },
  { kind: 'sync', ...frame, sequence: 1, updates: listed, after: '', room: membersPerFrameMax },
  { kind: 'sync', ...frame, sequence: 1, updates: listed, after: target, room: 2 },
  { kind: 'synced', ...frame, sender: testMember(1, 3, 'left'), sequence: 1, updates: listed, more: true },
]

describe('membership frame', () => {
  for (const message of messages)
    test(`${message.kind} comes back as it was`, () => {
      const bytes = encodeFrame(message, sign)
      assert.deepEqual(decodeFrame(bytes, verify), { ...message })
      assert.equal(bytes.length, frameBytes(message))
      assert.ok(bytes.length <= frameBytesMax)
    })

  test('a full synced is no larger than the sync that asked for it', () => {
    const full = Array.from({ length: membersPerFrameMax }, (_, i) => testMember(10 + i))
    const asked = encodeFrame(
      { kind: 'sync', ...frame, sequence: 1, updates: [], after: '', room: full.length },
      sign,
    )
    const replied = encodeFrame({ kind: 'synced', ...frame, sequence: 1, updates: full, more: true }, sign)
    assert.ok(replied.length <= asked.length)
    assert.ok(asked.length <= frameBytesMax)
  })

  const good = encodeFrame(messages[6]!, sign)
  const changed = (at: number, value: number): Uint8Array =>
    Uint8Array.from(good, (b, i) => (i === at ? value : b))
  const bad: [what: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['foreign magic', changed(0, 0)],
    ['an unknown version', changed(2, 1)],
    ['an unknown kind', changed(3, 7)],
    ['another sequence than was signed', changed(7, 99)],
    ['a count over the room', changed(20 + 107 + 33, 12)],
    ['another address than was signed', changed(17, 8)],
    ['another stamp than was signed', changed(13, 1)],
    ['a sender under suspicion', changed(20 + 42, 1)],
    ['one byte more', Uint8Array.from([...good, 0])],
    ['one byte less', good.slice(0, -1)],
    ['a sender it is not signed by', encodeFrame(messages[6]!, testKey(2).sign)],
  ]
  for (const [what, bytes] of bad)
    test(`refuses ${what}`, () => {
      assert.throws(
        () => decodeFrame(bytes, verify),
        error => isFault(error, 'bytes/malformed'),
      )
    })
  test('refuses what is too large before looking at it', () => {
    assert.throws(
      () => decodeFrame(new Uint8Array(1401), verify),
      error => isFault(error, 'bytes/too-large'),
    )
  })
})
