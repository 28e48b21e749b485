import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { decodeEvent, encodeEvent, salvage } from './events.ts'
import { sources, topics } from './signatures.ts'
import { hexBytes, log } from './specimens.ts'

test('hostile logs: only Fault comes out, and what is decoded is canonical', () => {
  const topic = fc.oneof(hexBytes(32), hexBytes(3), fc.constantFrom(...topics))
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(bytes => `0x${toHex(bytes)}`),
    fc
      .array(fc.nat(128), { maxLength: 10 })
      .map(words => `0x${words.map(w => w.toString(16).padStart(64, '0')).join('')}`),
  )
  const hostile = fc.record({ topics: fc.array(topic, { maxLength: 4 }), data })
  fc.assert(
    fc.property(fc.oneof(hostile, log), fc.constantFrom(...sources), (log, source) => {
      salvage(log)
      try {
        const event = decodeEvent(source, log)
        if (event) assert.deepEqual(encodeEvent(event), { topics: log.topics, data: log.data })
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
    }),
    { numRuns: 3000, seed: 2 },
  )
})
