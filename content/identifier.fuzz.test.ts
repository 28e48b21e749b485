import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import {
  cidOf,
  dagPbCodec,
  decodeCid,
  decodeContenthash,
  encodeContenthash,
  formatCid,
  parseCid,
  rawCodec,
} from './identifier.ts'

const runs = { seed: 1, numRuns: 500 }

function onlyFaults(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    assert.ok(isFault(error), `not a Fault: ${error}`)
  }
}

const cid = fc
  .tuple(fc.constantFrom(rawCodec, dagPbCodec), fc.uint8Array({ maxLength: 40 }))
  .map(([codec, bytes]) => cidOf(codec, bytes))

test('parse and decode throw nothing but Faults', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }).map(s => `b${s}`),
      ),
      text => {
        onlyFaults(() => parseCid(text))
      },
    ),
    runs,
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 160 }), bytes => {
      onlyFaults(() => decodeCid(bytes))
      onlyFaults(() => decodeContenthash(Uint8Array.from([0xe3, 0x01, ...bytes])))
    }),
    runs,
  )
})

test('one changed byte never throws anything but a Fault', () => {
  fc.assert(
    fc.property(cid, fc.nat(35), fc.nat(255), (good, at, byte) => {
      onlyFaults(() => decodeCid(good.bytes.with(at, byte)))
    }),
    runs,
  )
})

test('every spelling reads back', () => {
  fc.assert(
    fc.property(cid, good => {
      assert.equal(formatCid(good), good.toString())
      assert.ok(parseCid(formatCid(good)).equals(good))
      assert.ok(decodeCid(good.bytes).equals(good))
      assert.ok(decodeContenthash(encodeContenthash(good)).equals(good))
    }),
    runs,
  )
})
