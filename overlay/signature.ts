// Ed25519 (RFC 8032) as two functions, so that frames, members and records can be told how to sign and how to check.
//
// Whoever needs them takes them as arguments: the simulator passes cheap ones, a node passes these. Making a key
// object costs about a tenth of a verification, so a bounded number of them is kept, least recently used out first.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { toHex } from '../base/bytes.ts'

export const signatureBytes = 64

export type Sign = (bytes: Uint8Array) => Uint8Array
/** Never throws: a key that is no key verifies nothing. */
export type Verify = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean

export function createVerify(keysMax = 1024): Verify {
  const keys = new Map<string, KeyObject>()
  const keyObject = (raw: Uint8Array): KeyObject => {
    const name = toHex(raw)
    const kept = keys.get(name)
    if (kept) keys.delete(name)
    const x = Buffer.from(raw).toString('base64url')
    const key = kept ?? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    keys.set(name, key)
    if (keys.size > keysMax) keys.delete(keys.keys().next().value!)
    return key
  }
  return (publicKey, bytes, signature) => {
    if (signature.length !== signatureBytes) return false
    try {
      return verify(null, bytes, keyObject(publicKey), signature)
    } catch {
      return false
    }
  }
}
