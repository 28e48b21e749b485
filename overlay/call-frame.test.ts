import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { type CallFrame, CallSplitter, callBytesMax, decodeCall, encodeCall } from './call-frame.ts'

const body = Uint8Array.of(1, 2, 3)
const frames: CallFrame[] = [
  { kind: 'request', call: 1, method: 'records/get', body },
  { kind: 'request', call: 2, method: 'x', body: new Uint8Array(0) },
  { kind: 'reply', call: 0xffff_ffff, body },
  { kind: 'refusal', call: 3, reason: 'no such method' },
]

test('frames come back as they were, however the stream is cut', () => {
  const bytes = concatBytes(frames.map(encodeCall))
  for (const step of [1, 2, 3, 7, 1000]) {
    const splitter = new CallSplitter()
    const out: CallFrame[] = []
    for (let at = 0; at < bytes.length; at += step)
      out.push(...splitter.push(bytes.slice(at, at + step)).map(decodeCall))
    assert.deepEqual(out, frames)
  }
})

test('a length over the bound ends it before anything is collected', () => {
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, callBytesMax + 1)
  assert.throws(
    () => new CallSplitter().push(head),
    error => isFault(error, 'bytes/too-large'),
  )
  const large: CallFrame = { kind: 'reply', call: 1, body: new Uint8Array(callBytesMax) }
  assert.throws(
    () => encodeCall(large),
    error => isFault(error, 'bytes/too-large'),
  )
})

test('a reason is printable and short, whatever it was', () => {
  const [bytes] = new CallSplitter().push(
    encodeCall({ kind: 'refusal', call: 1, reason: `a\n${'é'.repeat(500)}` }),
  )
  const frame = decodeCall(bytes!)
  assert.ok(frame.kind === 'refusal' && frame.reason === `a?${'?'.repeat(198)}`)
})

const bad: [what: string, bytes: number[]][] = [
  ['nothing', []],
  ['an unknown kind', [3, 0, 0, 0, 1]],
  ['a cut head', [0, 0, 0]],
  ['a request without a method', [0, 0, 0, 0, 1]],
  ['a method longer than the frame', [0, 0, 0, 0, 1, 5, 120]],
  ['a method of other letters', [0, 0, 0, 0, 1, 1, 0]],
  ['an unprintable reason', [2, 0, 0, 0, 1, 10]],
]
for (const [what, bytes] of bad)
  test(`refuses ${what}`, () => {
    assert.throws(
      () => decodeCall(Uint8Array.from(bytes)),
      error => isFault(error, 'bytes/malformed'),
    )
  })
