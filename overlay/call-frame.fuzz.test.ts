import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { CallSplitter, decodeCall, encodeCall } from './call-frame.ts'

test('of any bytes, only a Fault or a frame that encodes to them comes out', () => {
  const input = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.uint8Array({ maxLength: 80 }))
  fc.assert(
    fc.property(input, ([kind, rest]) => {
      const bytes = Uint8Array.of(kind, ...rest)
      try {
        const again = encodeCall(decodeCall(bytes)).slice(4)
        assert.deepEqual(Buffer.from(again), Buffer.from(bytes))
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('of a stream of any bytes, only a Fault or frames come out', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), chunks => {
      const splitter = new CallSplitter()
      try {
        for (const chunk of chunks) for (const frame of splitter.push(chunk)) decodeCall(frame)
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 500, seed: 2 },
  )
})
