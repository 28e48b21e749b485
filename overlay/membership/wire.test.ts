import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { createVerify } from '../signature.ts'
import { testKey, testMember } from '../testing.ts'
import { decodeFrame, encodeFrame, frameBytesMax, type Message, membersPerFrameMax } from './wire.ts'

const { sign } = testKey(1)
const verify = createVerify()
const sender = testMember(1)
const updates = [testMember(2, 7, 'suspect'), testMember(3, 9, 'left')]
const target = testKey(4).id

const messages: Message[] = [
  { kind: 'ping', sender, sequence: 0, updates: [] },
  { kind: 'ack', sender, sequence: 0xffff_ffff, updates },
  { kind: 'ask', sender, sequence: 1, updates, target },
  { kind: 'vouch', sender, sequence: 1, updates: [], target },
  { kind: 'sync', sender, sequence: 1, updates, after: '', room: membersPerFrameMax },
  { kind: 'sync', sender, sequence: 1, updates, after: target, room: 2 },
  { kind: 'synced', sender: testMember(1, 3, 'left'), sequence: 1, updates, more: true },
]

describe('membership frame', () => {
  for (const message of messages)
    test(`${message.kind} comes back as it was`, () => {
      const bytes = encodeFrame(message, sign)
      assert.deepEqual(decodeFrame(bytes, verify), { ...message })
      assert.ok(bytes.length <= frameBytesMax)
    })

  test('a full synced is no larger than the sync that asked for it', () => {
    const full = Array.from({ length: membersPerFrameMax }, (_, i) => testMember(10 + i))
    const asked = encodeFrame(
      { kind: 'sync', sender, sequence: 1, updates: [], after: '', room: full.length },
      sign,
    )
    const replied = encodeFrame({ kind: 'synced', sender, sequence: 1, updates: full, more: true }, sign)
    assert.ok(replied.length <= asked.length)
    assert.ok(asked.length <= frameBytesMax)
  })

  const good = encodeFrame(messages[4]!, sign)
  const changed = (at: number, value: number): Uint8Array =>
    Uint8Array.from(good, (b, i) => (i === at ? value : b))
  const bad: [what: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['foreign magic', changed(0, 0)],
    ['an unknown version', changed(2, 2)],
    ['an unknown kind', changed(3, 6)],
    ['another sequence than was signed', changed(7, 99)],
    ['a count over the room', changed(8 + 107 + 32, 12)],
    ['one byte more', Uint8Array.from([...good, 0])],
    ['one byte less', good.slice(0, -1)],
    ['a sender it is not signed by', encodeFrame(messages[4]!, testKey(2).sign)],
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
