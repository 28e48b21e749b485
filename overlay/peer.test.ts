import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { isFault } from '../base/fault.ts'
import { peerIdOf, publicKeyOf } from './peer.ts'
import { testKey } from './testing.ts'

describe('peer id', () => {
  test('is the one libp2p makes of the key, and gives the key back', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = testKey(i)
      const id = peerIdFromPublicKey(publicKeyFromRaw(publicKey)).toString()
      assert.equal(peerIdOf(publicKey), id)
      assert.deepEqual(Buffer.from(publicKeyOf(id)), Buffer.from(publicKey))
    }
  })
  const id = testKey(1).id
  const wrong = [
    '',
    id.slice(1),
    `${id}1`,
    id.replace('K', '0'),
    `Q${id.slice(1)}`,
    'é'.repeat(52),
    'z'.repeat(52),
  ]
  for (const text of wrong)
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => publicKeyOf(text),
        error => isFault(error, 'bytes/malformed'),
      )
    })
})
