import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { encodeStreamFrame, FrameSplitter, streamFrameBytesMax } from './frames.ts'

const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(streamFrameBytesMax).fill(7)]

test('frames come back as they were, however the stream is cut', () => {
  const bytes = concatBytes(frames.map(encodeStreamFrame))
  for (const step of [1, 2, 3, 7, 1000, 100_000]) {
    const splitter = new FrameSplitter()
    const out: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += step) out.push(...splitter.push(bytes.slice(at, at + step)))
    assert.deepEqual(
      out.map(frame => frame.length),
      frames.map(frame => frame.length),
    )
    assert.deepEqual(Buffer.concat(out), Buffer.concat(frames))
  }
})

test('a length over the bound ends it before anything is collected', () => {
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, streamFrameBytesMax + 1)
  assert.throws(
    () => new FrameSplitter().push(head),
    error => isFault(error, 'bytes/too-large'),
  )
})

test('of a stream of any bytes, only a Fault or frames come out', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), chunks => {
      const splitter = new FrameSplitter()
      try {
        for (const chunk of chunks) splitter.push(chunk)
      } catch (error) {
        if (!isFault(error, 'bytes/too-large')) throw error
      }
    }),
    { numRuns: 500, seed: 2 },
  )
})
