import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, equalBytes } from '../base/bytes.ts'
import { type FaultCode, isFault } from '../base/fault.ts'
import { decodeProof, encodeProof, proofBytesMax } from './proof-codec.ts'
import { specimen, specimenLabels } from './proof-specimens.ts'

/** The proof, or undefined for a Fault; anything else goes through. */
function decode(bytes: Uint8Array): ReturnType<typeof decodeProof> | undefined {
  try {
    return decodeProof(bytes)
  } catch (error) {
    if (!isFault(error)) throw error
    return undefined
  }
}

describe('proof as bytes', () => {
  test('recorded proofs come back as they were', () => {
    for (const label of specimenLabels) {
      const { bytes } = specimen(label)
      assert(equalBytes(encodeProof(decodeProof(bytes)), bytes), label)
    }
  })

  test('whatever is decoded has one spelling', () => {
    const { bytes } = specimen('mysite')
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'insert'))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
        let changed = bytes
        for (const [at, value, how] of changes) {
          const [before, after] = [changed.subarray(0, at), changed.subarray(at + (how === 'insert' ? 0 : 1))]
          changed = concatBytes([before, how === 'cut' ? new Uint8Array() : Uint8Array.of(value), after])
        }
        const proof = decode(changed)
        if (proof) assert(equalBytes(encodeProof(proof), changed))
      }),
      { numRuns: 1000, seed: 7 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const proof = decode(concatBytes([Uint8Array.of(1), bytes]))
        if (proof) assert(equalBytes(encodeProof(proof), concatBytes([Uint8Array.of(1), bytes])))
      }),
      { numRuns: 1000, seed: 7 },
    )
  })

  test('bounds and lengths', () => {
    const list = Uint8Array.of(0xc0)
    const rows: [why: string, bytes: number[] | Uint8Array, code: FaultCode][] = [
      ['nothing', [], 'bytes/malformed'],
      ['another version', [2, 0, 0, 0xc0], 'bytes/malformed'],
      ['a string for a header', [1, 0, 0, 0x80], 'bytes/malformed'],
      ['33 account nodes', [1, 33, 0, 0xc0], 'bytes/too-large'],
      ['241 storage nodes', [1, 0, 241, 0xc0], 'bytes/too-large'],
      ['a node that is missing', [1, 1, 0, 0xc0], 'bytes/malformed'],
      ['a byte behind the end', [1, 0, 0, 0xc0, 0], 'bytes/malformed'],
      ['a length that is cut', [1, 0, 0, 0xf9, 1], 'bytes/malformed'],
      ['a short length spelt long', [1, 0, 0, 0xf8, 1, 0], 'bytes/malformed'],
      ['a length with a leading zero', [1, 0, 0, 0xf9, 0, 60, ...new Array(60).fill(0)], 'bytes/malformed'],
      ['a length of three bytes', [1, 0, 0, 0xfa, 1, 0, 0], 'bytes/malformed'],
      ['a header of 2,049 bytes', [1, 0, 0, 0xf9, 7, 0xfe, ...new Array(2046).fill(0)], 'bytes/too-large'],
      [
        'a node of 533 bytes',
        [1, 1, 0, ...list, 0xf9, 2, 0x12, ...new Array(530).fill(0)],
        'bytes/too-large',
      ],
      ['more than all of it', new Uint8Array(proofBytesMax + 1), 'bytes/too-large'],
    ]
    for (const [why, bytes, code] of rows) {
      assert.throws(
        () => decodeProof(Uint8Array.from(bytes)),
        error => isFault(error, code),
        why,
      )
    }
    assert.deepEqual(decodeProof(Uint8Array.of(1, 1, 1, 0xc0, 0xc0, 0xc0)), {
      header: list,
      account: [list],
      storage: [list],
    })
  })
})
