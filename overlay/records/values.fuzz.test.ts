import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { peerIdOf } from '../peer.ts'
import {
  coordinateBytesMax,
  decodeAddress,
  decodeCertificate,
  decodeClient,
  decodeHolder,
  decodeTrust,
  encodeAddress,
  encodeCertificate,
  encodeClient,
  encodeHolder,
  encodeTrust,
} from './values.ts'

const plain = { noNullPrototype: true } as const
const bit = fc.constantFrom('0', '1')
const holder = fc.record(
  {
    holder: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf),
    isComplete: fc.boolean(),
    coordinate: fc.uint8Array({ maxLength: coordinateBytesMax }),
  },
  plain,
)
const client = fc.record(
  {
    prefix: fc.string({ unit: bit, maxLength: 128 }),
    rttMs: fc.integer({ min: 1, max: 0xffff }).map(tenths => tenths / 10),
    coordinate: fc.uint8Array({ minLength: 1, maxLength: coordinateBytesMax }),
  },
  plain,
)
const address = fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65535 }) }, plain)
const word = (minLength: number, maxLength: number) =>
  fc.stringMatching(new RegExp(`^[\\w-]{${minLength},${maxLength}}$`))
const certificate = fc.oneof(
  fc.constant(''),
  fc.tuple(word(1, 128), word(43, 43)).map(words => words.join('.')),
)
const trust = fc.nat(65535).map(steps => steps / 65535)

// biome-ignore lint/suspicious/noExplicitAny: each row has a type of its own
const codecs: [string, fc.Arbitrary<any>, (value: any) => Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['holder', holder, encodeHolder, decodeHolder],
  ['client', client, encodeClient, decodeClient],
  ['address', address, encodeAddress, decodeAddress],
  ['certificate', certificate, encodeCertificate, decodeCertificate],
  ['trust', trust, encodeTrust, decodeTrust],
]

for (const [what, values, encode, decode] of codecs) {
  test(`${what}: decode after encode is the identity`, () => {
    fc.assert(
      fc.property(values, value => assert.deepEqual(decode(encode(value)), value)),
      { numRuns: 200, seed: 1 },
    )
  })
  test(`${what}: of any bytes, only a Fault or a value that encodes to them comes out`, () => {
    const bytes = fc.tuple(fc.constantFrom(0, 1, 1, 1, 2), fc.uint8Array({ maxLength: 90 }))
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          fc.tuple(
            fc.constant(1),
            values.map(encode).map(all => all.slice(1)),
          ),
        ),
        pair => {
          const input = Uint8Array.of(pair[0], ...pair[1])
          try {
            assert.deepEqual(Buffer.from(encode(decode(input))), Buffer.from(input))
          } catch (error) {
            if (!isFault(error, 'bytes/malformed')) throw error
          }
        },
      ),
      { numRuns: 500, seed: 2 },
    )
  })
}
