// A letter that only one peer can read: to its Ed25519 key, by the X25519 that belongs to it (RFC 7748, RFC 5869).
//
//   letter = ephemeral X25519 public key (32) | AES-256-GCM of the text | tag (16)
//
// The key of the cipher is HKDF-SHA256 over the shared secret, bound to both public keys and to what the letter is
// about; it is used once, so the nonce is zero. Both curves are one curve in two coordinates: u = (1 + y) / (1 − y),
// and the private scalar is the first half of SHA-512 of the seed (RFC 8032 §5.1.5). The sender is not named: whoever
// must know it has the letter over a channel that tells.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { concatBytes } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'

const keyBytes = 32
const tagBytes = 16
const nonce = new Uint8Array(12)
const p = 2n ** 255n - 19n

/** `about` must be the same when it is opened: what the letter is for. `to` is a raw Ed25519 public key. */
export function sealLetter(text: Uint8Array, to: Uint8Array, about: string): Uint8Array {
  const ours = generateKeyPairSync('x25519')
  const ephemeral = rawPublic(ours.publicKey)
  const theirs = publicX25519(to)
  const key = cipherKey(ours.privateKey, theirs, concatBytes([ephemeral, theirs]), about)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return concatBytes([ephemeral, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

/** Fault `bytes/malformed` when it is not for `identity`, about something else, or changed on the way. */
export function openLetter(letter: Uint8Array, identity: KeyObject, about: string): Uint8Array {
  if (letter.length < keyBytes + tagBytes) throw unreadable()
  const ephemeral = letter.subarray(0, keyBytes)
  const own = privateX25519(identity)
  const ownPublic = rawPublic(createPublicKey(own))
  try {
    const key = cipherKey(own, ephemeral, concatBytes([ephemeral, ownPublic]), about)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(letter.subarray(-tagBytes))
    return concatBytes([decipher.update(letter.subarray(keyBytes, -tagBytes)), decipher.final()])
  } catch (cause) {
    throw unreadable(cause)
  }
}

function cipherKey(own: KeyObject, theirs: Uint8Array, both: Uint8Array, about: string): Uint8Array {
  const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(theirs).toString('base64url') }
  const secret = diffieHellman({ privateKey: own, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) })
  return new Uint8Array(hkdfSync('sha256', secret, both, `inxt letter ${about}`, 32))
}

/** The u-coordinate of an Ed25519 public key (RFC 7748 §4.1); Fault `bytes/malformed` for no such key. */
function publicX25519(ed25519: Uint8Array): Uint8Array {
  if (ed25519.length !== keyBytes) throw unreadable()
  const y = fromLittleEndian(ed25519) & (2n ** 255n - 1n)
  const u = (1n + y) * inverse((p + 1n - y) % p)
  return littleEndian(u % p)
}

function privateX25519(identity: KeyObject): KeyObject {
  const { d } = identity.export({ format: 'jwk' })
  const scalar = createHash('sha512').update(Buffer.from(d!, 'base64url')).digest().subarray(0, keyBytes)
  // PKCS #8 of an X25519 key (RFC 8410 §7): the public half is worked out.
  const head = Buffer.from('302e020100300506032b656e04220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([head, scalar]), format: 'der', type: 'pkcs8' })
}

function rawPublic(key: KeyObject): Uint8Array {
  return Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'))
}

/** By Fermat: a^(p − 2). */
function inverse(a: bigint): bigint {
  let result = 1n
  for (let base = a, exponent = p - 2n; exponent > 0n; exponent >>= 1n, base = (base * base) % p) {
    if (exponent & 1n) result = (result * base) % p
  }
  return result
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse())
}

function unreadable(cause?: unknown): Fault {
  return new Fault('bytes/malformed', 'a letter that cannot be opened', { cause })
}
