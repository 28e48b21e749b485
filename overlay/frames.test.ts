import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { concatBytes } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { encodeStreamFrame, FrameSplitter, streamFrameBytesMax } from './frames.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(streamFrameBytesMax).fill(7)]

test('frames come back as they were, however the stream is cut', () => {
  const bytes = concatBytes(frames.map(encodeStreamFrame))
  for (const step of [1, 2, 3, 7, 1000, 100_000]) {
    const splitter = new FrameSplitter()
    const out: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += step) {
      const chunk = Buffer.from(bytes.subarray(at, at + step))
      out.push(...splitter.push(chunk))
      chunk.fill(0xff) // the muxer's, who may use it again
    }
    assert.deepEqual(
      out.map(frame => frame.length),
      frames.map(frame => frame.length),
    )
    assert.deepEqual(Buffer.concat(out), Buffer.concat(frames))
  }
})

test('a frame that comes octet by octet costs about its size until it is whole', () => {
  const splitters = Array.from({ length: 20 }, () => new FrameSplitter())
  const head = encodeStreamFrame(new Uint8Array(streamFrameBytesMax)).subarray(0, 4)
  const held = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = held()
  for (const splitter of splitters) {
    splitter.push(head)
    for (let i = 0; i < 10_000; i++) splitter.push(Uint8Array.of(i))
  }
  const perOctet = (held() - before) / (splitters.length * 10_000)
  assert.ok(perOctet < 10, `${perOctet} octets for one`)
  assert.equal(splitters.at(-1)?.push(new Uint8Array(streamFrameBytesMax - 10_000))[0]?.[9999], 9999 & 255)
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
