import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../base/bytes.ts'
import { createFramer, frame } from './frame.ts'

describe('frames', () => {
  test('whatever the chunks, the messages come out as they went in', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 400 }), (sent, chunkBytes) => {
        const stream = concatBytes(sent.map(frame))
        const framer = createFramer()
        const received: Uint8Array[] = []
        for (let at = 0; at < stream.length; at += chunkBytes) {
          framer.push(stream.subarray(at, at + chunkBytes))
          for (let next = framer.next(); next !== undefined; next = framer.next()) received.push(next)
        }
        assert.deepEqual(
          received.map(bytes => [...bytes]),
          sent.map(bytes => [...bytes]),
        )
      }),
      { seed: 1, numRuns: 300 },
    )
  })
  test('the longest message, octet by octet', () => {
    const framer = createFramer()
    const stream = frame(new Uint8Array(65_535).fill(7))
    for (const octet of stream.subarray(0, -1)) framer.push(Uint8Array.of(octet))
    assert.equal(framer.next(), undefined)
    framer.push(Uint8Array.of(7))
    assert.equal(framer.next()?.length, 65_535)
    assert.equal(framer.next(), undefined)
  })
  test('an empty message is a message', () => {
    const framer = createFramer()
    framer.push(Uint8Array.of(0, 0, 0))
    assert.equal(framer.next()?.length, 0)
    assert.equal(framer.next(), undefined)
  })
  test('a message that is too long is a bug of ours', () => {
    assert.throws(() => frame(new Uint8Array(65_536)), /assertion/)
  })
})
