// RRSIG: a set under the key of its zone, for a while (RFC 4034 §3, RFC 4035 §2.2 and §5.3).
//
// Signer and verifier share the octets that are signed, so they cannot differ. Times are seconds since the epoch as
// 32 bits that wrap (RFC 4034 §3.1.5): they are compared with serial number arithmetic, not as numbers.

import { concatBytes } from '../../base/bytes.ts'
import { types } from '../wire/code.ts'
import { foldCase, labelsOf, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import { malformed, Reader } from '../wire/reader.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Rrset } from '../zone/rrset.ts'
import { canonicalRecords, canonicalSet, dataOf, nameBytes } from './canonical.ts'
import { isSignedBy, type PublicKey, type SigningKey } from './key.ts'

export interface Validity {
  /** Seconds since the epoch. */
  readonly inceptionAtS: number
  readonly expirationAtS: number
}

export interface Signature extends Validity {
  readonly covers: number
  readonly algorithm: number
  readonly labels: number
  readonly originalTtlS: number
  readonly tag: number
  readonly signer: Name
  readonly bytes: Uint8Array
}

/** What a signature is made over; the owner in any case. */
export type Covered = Pick<Rrset, 'name' | 'type' | 'ttlS' | 'data'>

const headBytes = 18

/** Without the root and without a leading `*` (RFC 4034 §3.1.3). */
function labelCount(owner: Name): number {
  const labels = labelsOf(owner)
  return labels[0] === '*' ? labels.length - 1 : labels.length
}

/** RRSIG RDATA up to and with the signer's name: what comes first in the octets that are signed. */
export function signatureHead(fields: Omit<Signature, 'bytes'>): Uint8Array {
  const head = Buffer.alloc(headBytes)
  head.writeUInt16BE(fields.covers, 0)
  head[2] = fields.algorithm
  head[3] = fields.labels
  head.writeUInt32BE(fields.originalTtlS, 4)
  head.writeUInt32BE(fields.expirationAtS >>> 0, 8)
  head.writeUInt32BE(fields.inceptionAtS >>> 0, 12)
  head.writeUInt16BE(fields.tag, 16)
  return concatBytes([head, nameBytes(fields.signer)])
}

/** The RDATA of an RRSIG over `set`. */
export function signSet(set: Covered, key: SigningKey, validity: Validity): RecordData {
  const head = signatureHead({
    ...validity,
    covers: set.type,
    algorithm: key.algorithm,
    labels: labelCount(set.name),
    originalTtlS: set.ttlS,
    tag: key.tag,
    signer: key.zone,
  })
  const covered = canonicalRecords(set.name, set.type, set.ttlS, canonicalSet(set.type, set.data))
  const signature = key.sign(concatBytes([head, covered]))
  return dataOf(types.RRSIG, concatBytes([head, signature]))
}

/** Throws a Fault `bytes/malformed`. */
export function readSignature(data: RecordData): Signature {
  const octets = dataOctets(data)
  const reader = new Reader(octets)
  const covers = reader.u16()
  const algorithm = reader.u8()
  const labels = reader.u8()
  const originalTtlS = reader.u32()
  const expirationAtS = reader.u32()
  const inceptionAtS = reader.u32()
  const tag = reader.u16()
  const end = nameEnd(octets)
  const signer = reader.bytes.toString('latin1', headBytes, end - 1) as Name
  const bytes = octets.subarray(end)
  return { covers, algorithm, labels, originalTtlS, expirationAtS, inceptionAtS, tag, signer, bytes }
}

function nameEnd(octets: Uint8Array): number {
  let at = headBytes
  for (let length = octets[at]; length !== 0; length = octets[at]) {
    if (length === undefined || length > 63) throw malformed('a signature without a signer')
    at += 1 + length
  }
  return at + 1
}

/** Whether `a` is before `b`, both modulo 2^32 (RFC 1982). */
function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

/** How long the signature has left, in seconds; negative when it is over. */
export function lifeLeftS(signature: Validity, nowS: number): number {
  return (signature.expirationAtS - nowS) | 0
}

export type Verdict = 'good' | 'wrong' | 'expired' | 'early' | 'foreign'

/**
 * Whether `key` signed `set` (RFC 4035 §5.3.1). `foreign`: the signature is another key's, another zone's or over
 * another set; nothing is said about its octets then. A set that a wildcard stood for is judged under its own name.
 */
export function judge(set: Covered, data: RecordData, key: PublicKey, nowS: number): Verdict {
  const signature = readSignature(data)
  const { covers, tag, algorithm, labels, originalTtlS } = signature
  const isOurs = covers === set.type && tag === key.tag && algorithm === key.algorithm
  if (!isOurs || foldCase(signature.signer) !== key.zone) return 'foreign'
  const owner = signedOwner(set.name, labels)
  if (owner === undefined || set.ttlS > originalTtlS) return 'wrong'
  const covered = canonicalRecords(owner, set.type, originalTtlS, canonicalSet(set.type, set.data))
  if (!isSignedBy(key, concatBytes([signatureHead(signature), covered]), signature.bytes)) return 'wrong'
  if (isBefore(signature.expirationAtS, nowS)) return 'expired'
  return isBefore(nowS, signature.inceptionAtS) ? 'early' : 'good'
}

/** The owner that was signed: the wildcard, when the name has more labels than the signature says (§5.3.2). */
function signedOwner(name: Name, labels: number): Name | undefined {
  const count = labelCount(name)
  if (count < labels) return undefined
  if (count === labels) return name
  let rest = name
  for (let drop = labelsOf(name).length - labels; drop > 0; drop--)
    rest = rest.slice(1 + rest.charCodeAt(0)) as Name
  return `\x01*${rest}` as Name
}

/** A set as records: its data, then its signatures with the same TTL (RFC 4034 §3). */
export function recordsOf(set: Rrset, classCode: number): ResourceRecord[] {
  const { name, type, ttlS } = set
  const record = (type: number, data: RecordData): ResourceRecord => ({
    name,
    type,
    class: classCode,
    ttlS,
    data,
  })
  return [
    ...set.data.map(data => record(type, data)),
    ...set.signatures.map(data => record(types.RRSIG, data)),
  ]
}
