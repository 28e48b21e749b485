import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault, isFault } from '../base/fault.ts'
import { verifyProof } from './proof.ts'
import { parseProof } from './proof-answers.ts'
import { decodeProof } from './proof-codec.ts'
import { specimen, specimenHash } from './proof-specimens.ts'

/** Whether the bytes are accepted; only a Fault may say no. */
async function accepted(label: 'mysite' | 'everything', bytes: Uint8Array): Promise<boolean> {
  try {
    await verifyProof(decodeProof(bytes), specimen(label).target, specimenHash)
    return true
  } catch (error) {
    if (!isFault(error)) throw error
    return false
  }
}

test('any changed byte anywhere is refused', async () => {
  const { bytes } = specimen('mysite')
  assert(await accepted('mysite', bytes))
  const accepts: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    // Another bit or all of them, in turn, so that every place and every bit is met.
    changed[at]! ^= at % 9 === 8 ? 0xff : 1 << (at % 9)
    if (await accepted('mysite', changed)) accepts.push(at)
  }
  assert.deepEqual(accepts, [])
})

test('any change at all to a proof of many slots is refused: bits, cuts, bytes put in', async () => {
  const { bytes } = specimen('everything')
  const at = fc.nat(bytes.length - 1)
  const spoil = fc.oneof(
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const changed = bytes.slice()
      changed[at]! ^= mask
      return changed
    }),
    at.map(at => Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)])),
    fc
      .tuple(at, fc.nat(255))
      .map(([at, byte]) => Uint8Array.from([...bytes.subarray(0, at), byte, ...bytes.subarray(at)])),
    at.map(at => bytes.slice(0, at)),
  )
  await fc.assert(
    fc.asyncProperty(spoil, async changed => {
      const same = Buffer.compare(changed, bytes) === 0
      assert.equal(await accepted('everything', changed), same)
    }),
    { numRuns: 400, seed: 7 },
  )
})

test('answers of an endpoint are nodes or a Fault', () => {
  const nodes = fc.array(fc.oneof(fc.constant('0xc0'), fc.constant('0x'), fc.string(), fc.jsonValue()), {
    maxLength: 3,
  })
  const answer = fc.record({
    accountProof: fc.oneof(nodes, fc.jsonValue()),
    storageProof: fc.oneof(fc.array(fc.oneof(fc.record({ proof: nodes }), fc.jsonValue()), { maxLength: 3 })),
  })
  fc.assert(
    fc.property(fc.oneof(answer, fc.jsonValue()), value => {
      try {
        for (const node of parseProof(value, 2).account) assert(node instanceof Uint8Array)
      } catch (error) {
        assert(error instanceof Fault, String(error))
      }
    }),
    { numRuns: 500, seed: 7 },
  )
  const whole = { accountProof: ['0xC0'], storageProof: [{ proof: ['0xc1', '0xc2'] }, { proof: ['0xc3'] }] }
  assert.deepEqual(parseProof(whole, 2), {
    account: [Uint8Array.of(0xc0)],
    storage: [Uint8Array.of(0xc1), Uint8Array.of(0xc2), Uint8Array.of(0xc3)],
  })
})
