// Whatever the octets: a message or a Fault. And a message, written again, is the same message.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { decodeMessage, encodeMessage, type Message } from './message.ts'
import { nameText, parseName } from './name.ts'
import { messageText } from './presentation.ts'

function decodeOrFault(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes)
  } catch (error) {
    if (isFault(error, 'bytes/malformed')) return undefined
    throw error
  }
}

/** Records that are right, or nearly: pointers, an unfinished name, a length that is one too small. */
const record = fc.constantFrom(
  [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1],
  [0xc0, 13, 0, 1, 0, 3, 0, 0, 0, 5, 0, 1, 127],
  [3, 97, 46, 255, 0, 0, 28, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1],
  [0, 0, 2, 0, 1, 0, 0, 0, 5, 0, 2, 0xc0, 12],
  [1, 98, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, 4, 1, 99, 0xc0, 12],
  [0, 0, 16, 0, 1, 0, 0, 0, 5, 0, 4, 1, 97, 1, 34],
  [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 10, 0, 0],
  [0, 0, 99, 0, 1, 0, 0, 0, 5, 0, 1, 0],
)
const sections = fc.tuple(
  fc.array(fc.constantFrom([1, 97, 0, 0, 1, 0, 1], [1, 65, 1, 46, 0, 0, 1, 0, 1]), { maxLength: 2 }),
  ...[0, 1, 2].map(() => fc.array(record, { maxLength: 2 })),
)
const packet = fc
  .tuple(fc.nat(255), fc.nat(255), sections, fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 }))
  .map(([high, low, parts, mutations]) => {
    const counts = parts.flatMap(part => [0, part.length])
    const bytes = Uint8Array.from([0x12, 0x34, high, low, ...counts, ...parts.flat(2)])
    for (const [at, octet] of mutations) bytes[at % bytes.length] = octet
    return bytes
  })

test('only a Fault comes out, and what is read survives being written', () => {
  let read = 0
  fc.assert(
    fc.property(fc.oneof(packet, fc.uint8Array({ maxLength: 80 })), bytes => {
      const message = decodeOrFault(bytes)
      if (message === undefined) return
      read++
      assert.deepEqual(decodeMessage(encodeMessage(message)), message)
      assert.ok(messageText(message).length > 0)
      for (const { name } of message.questions) assert.equal(parseName(nameText(name)), name)
    }),
    { seed: 1, numRuns: 4000 },
  )
  assert.ok(read > 300, `the fuzzer made ${read} messages that could be read`)
})
