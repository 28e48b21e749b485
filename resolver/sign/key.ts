// Keys of a zone: what DNSKEY says of them, and what they do.
//
// Two algorithms: ECDSA P-256 with SHA-256 (13, RFC 6605), which every validator knows, and Ed25519 (15, RFC 8080).
// Both have 64-octet signatures, so that signed answers stay below what UDP carries; RSA's are four times as long.
// A key signs synchronously: Node does either in tens of microseconds, less than a thread would cost to ask.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { concatBytes } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { nameBytes } from './canonical.ts'

export const algorithms = { ECDSAP256SHA256: 13, ED25519: 15 } as const
export type Algorithm = (typeof algorithms)[keyof typeof algorithms]

/** Digest types of DS (RFC 4509, RFC 6605). */
export const digestTypes = { SHA256: 2, SHA384: 4 } as const

/** Both bits of RFC 4034 §2.1.1: a zone's key, and one that the parent may point at. */
const zoneBit = 0x0100
const entryPointBit = 0x0001
const dnskeyProtocol = 3
/** Both algorithms sign with two 32-octet numbers. */
export const signatureBytes = 64

export interface PublicKey {
  readonly zone: Name
  /** DNSKEY flags: 257 for a key that the parent points at, 256 for one that it does not. */
  readonly flags: number
  readonly algorithm: Algorithm
  /** As in DNSKEY: 64 octets of a point for 13, 32 for 15. */
  readonly bytes: Uint8Array
  readonly tag: number
}

export interface SigningKey extends PublicKey {
  /** 64 octets. */
  sign(data: Uint8Array): Uint8Array
}

export function algorithmText(algorithm: Algorithm): string {
  return algorithm === algorithms.ED25519 ? 'ED25519' : 'ECDSAP256SHA256'
}

export function flagsOf(entryPoint: boolean): number {
  return zoneBit | (entryPoint ? entryPointBit : 0)
}

/** RDATA of DNSKEY, and of CDNSKEY (RFC 4034 §2.1, RFC 7344 §3.2). */
export function dnskeyBytes(key: Omit<PublicKey, 'tag' | 'zone'>): Uint8Array {
  return concatBytes([
    Uint8Array.of(key.flags >> 8, key.flags & 0xff, dnskeyProtocol, key.algorithm),
    key.bytes,
  ])
}

/** The key in a DNSKEY's RDATA; undefined when it is of another algorithm, or cannot sign a zone. */
export function readDnskey(zone: Name, rdata: Uint8Array): PublicKey | undefined {
  if (rdata.length < 4 || rdata[2] !== dnskeyProtocol || !((rdata[0]! << 8) & zoneBit)) return undefined
  const algorithm = rdata[3] as Algorithm
  const bytes = rdata.subarray(4)
  if (bytes.length !== publicBytes(algorithm)) return undefined
  return { zone: foldCase(zone), flags: (rdata[0]! << 8) | rdata[1]!, algorithm, bytes, tag: keyTag(rdata) }
}

function publicBytes(algorithm: number): number | undefined {
  if (algorithm === algorithms.ED25519) return 32
  return algorithm === algorithms.ECDSAP256SHA256 ? 64 : undefined
}

/** RFC 4034 Appendix B, of a DNSKEY's RDATA. */
export function keyTag(rdata: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < rdata.length; at++) sum += at % 2 === 0 ? rdata[at]! << 8 : rdata[at]!
  return (sum + (sum >> 16)) & 0xffff
}

/** RDATA of DS, and of CDS (RFC 4034 §5.1.4). */
export function dsBytes(key: PublicKey, digestType: number): Uint8Array {
  const hash = createHash(digestType === digestTypes.SHA384 ? 'sha384' : 'sha256')
  const digest = hash.update(nameBytes(key.zone)).update(dnskeyBytes(key)).digest()
  return concatBytes([Uint8Array.of(key.tag >> 8, key.tag & 0xff, key.algorithm, digestType), digest])
}

/**
 * `secret` is the private number, 32 octets: the seed of Ed25519, the scalar of P-256. Throws Fault `config/invalid`
 * when it is none.
 */
export function signingKey(
  zone: Name,
  entryPoint: boolean,
  algorithm: Algorithm,
  secret: Uint8Array,
): SigningKey {
  const privateKey = privateObject(algorithm, secret)
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const bytes = concatBytes([jwk.x, jwk.y].map(part => Buffer.from(part ?? '', 'base64url')))
  const flags = flagsOf(entryPoint)
  const tag = keyTag(dnskeyBytes({ flags, algorithm, bytes }))
  const digest = algorithm === algorithms.ED25519 ? null : 'sha256'
  return {
    zone: foldCase(zone),
    flags,
    algorithm,
    bytes,
    tag,
    sign: data => signBytes(digest, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  }
}

/** DER of RFC 8410 §7 and of RFC 5915 §3 around 32 octets: OpenSSL finds the public half by itself. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const p256Prefix = Buffer.from('30310201010420', 'hex')
const p256Suffix = Buffer.from('a00a06082a8648ce3d030107', 'hex')

function privateObject(algorithm: Algorithm, secret: Uint8Array): KeyObject {
  if (secret.length !== 32)
    throw new Fault('config/invalid', `a private key of ${secret.length} octets, not 32`)
  try {
    if (algorithm === algorithms.ED25519) {
      return createPrivateKey({ key: Buffer.concat([ed25519Prefix, secret]), format: 'der', type: 'pkcs8' })
    }
    const key = Buffer.concat([p256Prefix, secret, p256Suffix])
    return createPrivateKey({ key, format: 'der', type: 'sec1' })
  } catch (cause) {
    throw new Fault('config/invalid', 'a private key that is none', { cause })
  }
}

/** Public keys as Node wants them: parsing one costs as much as a signature, and a zone has few. */
const objects = new Map<string, KeyObject | undefined>()
const objectsMax = 256

function publicObject(key: PublicKey): KeyObject | undefined {
  const id = `${key.algorithm} ${Buffer.from(key.bytes).toString('latin1')}`
  if (objects.has(id)) return objects.get(id)
  if (objects.size >= objectsMax) objects.clear()
  const object = parsePublic(key)
  objects.set(id, object)
  return object
}

function parsePublic({ algorithm, bytes }: PublicKey): KeyObject | undefined {
  const part = (from: number): string => Buffer.from(bytes.subarray(from, from + 32)).toString('base64url')
  const jwk =
    algorithm === algorithms.ED25519
      ? { kty: 'OKP', crv: 'Ed25519', x: part(0) }
      : { kty: 'EC', crv: 'P-256', x: part(0), y: part(32) }
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined // not a point of the curve
  }
}

/** Whether `signature` over `data` is by this key; false for anything malformed. */
export function isSignedBy(key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureBytes) return false
  const object = publicObject(key)
  if (object === undefined) return false
  const digest = key.algorithm === algorithms.ED25519 ? null : 'sha256'
  return verifyBytes(digest, data, { key: object, dsaEncoding: 'ieee-p1363' }, signature)
}
