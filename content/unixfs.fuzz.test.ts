import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { cidOf, dagPbCodec } from './identifier.ts'
import { decodeNode } from './node.ts'
import { decodeUnixfs, encodeUnixfs, type Unixfs } from './unixfs.ts'

const runs = { seed: 1, numRuns: 2000 }
const size = fc.maxSafeNat()

const unixfs: fc.Arbitrary<Unixfs> = fc.record(
  {
    kind: fc.constantFrom('raw', 'directory', 'file', 'symlink', 'shard'),
    data: fc.uint8Array({ maxLength: 300 }),
    blockSizes: fc.array(size, { maxLength: 20 }),
    sizeBytes: size,
    hashType: size,
    fanout: size,
  },
  { requiredKeys: ['kind', 'data', 'blockSizes'], noNullPrototype: true },
)

function onlyFaults(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    assert.ok(isFault(error), `not a Fault: ${error}`)
  }
}

test('decode of encode is the value', () => {
  fc.assert(
    fc.property(unixfs, value => assert.deepEqual(decodeUnixfs(encodeUnixfs(value)), value)),
    runs,
  )
})

test('only Faults come out of any bytes, as UnixFS or as a node', () => {
  const name = cidOf(dagPbCodec, new Uint8Array(0))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
      onlyFaults(() => decodeUnixfs(bytes))
      onlyFaults(() => decodeNode(name, bytes))
      // Wrapped as the Data field of a dag-pb node without links, so that the UnixFS decoder is reached.
      onlyFaults(() => decodeNode(name, Uint8Array.from([0x0a, bytes.length, ...bytes])))
    }),
    runs,
  )
})

test('only Faults come out of damaged encodings', () => {
  fc.assert(
    fc.property(unixfs, fc.nat(), fc.nat(255), (value, at, byte) => {
      const bytes = encodeUnixfs(value)
      onlyFaults(() => decodeUnixfs(bytes.with(at % bytes.length, byte)))
      onlyFaults(() => decodeUnixfs(bytes.subarray(0, at % bytes.length)))
    }),
    runs,
  )
})
