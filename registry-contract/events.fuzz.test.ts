import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { decodeEdgeEvent, decodeNameEvent, encodeEvent } from './events.ts'
import { decodeRevert } from './revert.ts'
import { edgeEvents, nameEvents } from './signatures.ts'
import { hexBytes } from './specimens.ts'

test('hostile logs and reverts: only Fault comes out', () => {
  const topic = fc.oneof(hexBytes(32), hexBytes(3), fc.string(), fc.constantFrom(...nameEventHashes()))
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(bytes => `0x${toHex(bytes)}`),
    fc.string(),
    fc
      .array(fc.nat(128), { maxLength: 8 })
      .map(words => words.map(w => w.toString(16).padStart(64, '0')).join('')),
  )
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 4 }), data, (topics, data) => {
      for (const decode of [decodeNameEvent, decodeEdgeEvent]) {
        try {
          const event = decode({ topics, data })
          // What is decoded is canonical: it encodes to the same bytes.
          assert.equal(encodeEvent(event).data.slice(2), data.replace(/^0x/, '').toLowerCase())
        } catch (error) {
          if (!(error instanceof Fault)) throw error
        }
      }
      decodeRevert(data)
    }),
    { numRuns: 1000, seed: 2 },
  )
})

function nameEventHashes(): string[] {
  return ['NameRenewed', 'ContenthashChanged', 'EdgeRemoved'].map(
    name => nameEvents.get(name)?.hash ?? edgeEvents.get(name)!.hash,
  )
}
