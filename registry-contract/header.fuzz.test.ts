import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { encodeHeader, readHeader } from './header.ts'
import { decodeProof } from './proof-codec.ts'
import { specimen, specimenHash } from './proof-specimens.ts'

const { header } = decodeProof(specimen('mysite').bytes)

function read(bytes: Uint8Array): ReturnType<typeof readHeader> | undefined {
  try {
    return readHeader(bytes)
  } catch (error) {
    assert(isFault(error), String(error))
    return undefined
  }
}

test('any bytes, any change and deep nesting: a header or a Fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), bytes => void read(bytes)),
    { numRuns: 300, seed: 7 },
  )
  fc.assert(
    fc.property(fc.nat(header.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = header.slice()
      bytes[at]! ^= mask
      assert.notEqual(read(bytes)?.hash, specimenHash)
    }),
    { numRuns: 500, seed: 7 },
  )
  assert.equal(read(new Uint8Array(2000).fill(0xc1)), undefined)
})

test('any JSON: bytes or a Fault, and bytes are read again as they were described', () => {
  const quantity = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }).map(n => `0x${n.toString(16)}`)
  const data = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(b => `0x${Buffer.from(b).toString('hex')}`)
  const hash = data(32)
  const block = fc.record({
    ...{ parentHash: hash, sha3Uncles: hash, miner: data(20), stateRoot: hash, transactionsRoot: hash },
    ...{ receiptsRoot: hash, logsBloom: data(256), difficulty: quantity, number: quantity },
    ...{ gasLimit: quantity, gasUsed: quantity, timestamp: quantity, extraData: data(9), mixHash: hash },
    ...{ nonce: data(8), baseFeePerGas: fc.option(quantity) },
  })
  fc.assert(
    fc.property(block, given => {
      const bytes = encodeHeader(given)
      const header = readHeader(bytes)
      assert.deepEqual([header.stateRoot, header.number], [given.stateRoot, Number(given.number)])
      assert(equalBytes(bytes, encodeHeader(given)))
    }),
    { numRuns: 100, seed: 7 },
  )
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      try {
        encodeHeader(value)
      } catch (error) {
        assert(isFault(error), String(error))
      }
    }),
    { numRuns: 200, seed: 7 },
  )
})
