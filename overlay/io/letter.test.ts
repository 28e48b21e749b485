import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { openLetter, sealLetter } from './letter.ts'

function peer(): { identity: KeyObject; publicKey: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x } = privateKey.export({ format: 'jwk' })
  return { identity: privateKey, publicKey: Uint8Array.from(Buffer.from(x!, 'base64url')) }
}

describe('a letter', () => {
  const alice = peer()
  const eve = peer()
  const letter = sealLetter(utf8('the key'), alice.publicKey, 'a.example')

  test('is read by whom it is for, for many keys', () => {
    for (let i = 0; i < 20; i++) {
      const { identity, publicKey } = peer()
      const text = openLetter(sealLetter(utf8(`text ${i}`), publicKey, 'x'), identity, 'x')
      assert.equal(fromUtf8(text), `text ${i}`)
    }
    assert.equal(openLetter(sealLetter(new Uint8Array(0), alice.publicKey, ''), alice.identity, '').length, 0)
  })

  test('is not read by another, about something else, or changed in any bit', () => {
    const refused: [what: string, act: () => unknown][] = [
      ['another', () => openLetter(letter, eve.identity, 'a.example')],
      ['another purpose', () => openLetter(letter, alice.identity, 'b.example')],
      ['too short', () => openLetter(letter.subarray(0, 47), alice.identity, 'a.example')],
      ['to no key', () => sealLetter(utf8('x'), new Uint8Array(31), '')],
      ['a low-order point', () => openLetter(new Uint8Array(60), alice.identity, 'a.example')],
    ]
    for (const [what, act] of refused) assert.throws(act, error => isFault(error, 'bytes/malformed'), what)
    const anyBit = fc.integer({ min: 0, max: 8 * letter.length - 1 })
    fc.assert(
      fc.property(anyBit, bit => {
        const changed = Uint8Array.from(letter)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        // The highest bit of a u-coordinate is ignored (RFC 7748 §5), but the key of the cipher is bound to it.
        assert.throws(
          () => openLetter(changed, alice.identity, 'a.example'),
          error => isFault(error),
        )
      }),
    )
  })

  test('two of the same text have nothing in common', () => {
    const other = sealLetter(utf8('the key'), alice.publicKey, 'a.example')
    assert.notDeepEqual(other.subarray(32), letter.subarray(32))
  })
})
