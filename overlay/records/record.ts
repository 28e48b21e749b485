// A record: something a peer says about a key, signed by it, that anyone may keep and hand on.
//
// Many peers may say something under one key (`holder/<cid>`: I hold this), each has one record per key, and of two
// by the same publisher the one with the higher sequence counts. An empty value withdraws. Because a record proves
// itself, it does not matter who stores it: a home can hide records but not invent them.
//
//   version = 1 (1) | key length (2), key | value length (2), value
//   | publisher key (32) | sequence (6) | expiry, ms (6) | signature (64)

import { concatBytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import { assert, Fault } from '../../base/fault.ts'
import { type PeerId, peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'
import { type Sign, signatureBytes, type Verify } from '../signature.ts'

export type Record = {
  /** Printable ASCII; order is kept, so that prefixes and ranges can be asked for. */
  readonly key: string
  /** Empty: withdrawn. */
  readonly value: Uint8Array
  readonly publisher: PeerId
  /** Milliseconds since 1970 at the publisher, raised by at least one each time. */
  readonly sequence: number
  readonly expiresAt: number
  readonly signature: Uint8Array
}

const keyLengthMax = 256
/** A proof of the registry has 2 to 15 KiB (docs/protocols/proof.md); two such records fit in a frame of 64 KiB. */
export const valueBytesMax = 31 * 1024
const recordBytesMax = 1 + 2 + keyLengthMax + 2 + valueBytesMax + publicKeyBytes + 6 + 6 + signatureBytes

const version = 1
const domain = utf8('inxt/record/1\0')
const keyPattern = /^[!-~]{1,256}$/

export function isRecordKey(key: string): boolean {
  return keyPattern.test(key)
}

/** `key` and `value` within their bounds are the caller's duty: they are ours, not a stranger's. */
export function signRecord(record: Omit<Record, 'signature'>, sign: Sign): Record {
  assert(isRecordKey(record.key) && record.value.length <= valueBytesMax, 'a record within its bounds')
  return { ...record, signature: sign(signedBytes(record)) }
}

export function hasGoodSignature(record: Record, verify: Verify): boolean {
  return verify(publicKeyOf(record.publisher), signedBytes(record), record.signature)
}

export function encodeRecord(record: Record): Uint8Array {
  return concatBytes([body(record), record.signature])
}

/** Checks the form, not the signature. Fault `bytes/malformed` or `bytes/too-large`. */
export function decodeRecord(bytes: Uint8Array): Record {
  if (bytes.length > recordBytesMax) throw new Fault('bytes/too-large', 'a record over its bound')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const keyEnd = 3 + (bytes.length >= 3 ? view.getUint16(1) : 0)
  const valueEnd = keyEnd + 2 + (bytes.length >= keyEnd + 2 ? view.getUint16(keyEnd) : 0)
  if (bytes[0] !== version || bytes.length !== valueEnd + publicKeyBytes + 12 + signatureBytes)
    throw new Fault('bytes/malformed', 'a record of no known form')
  const key = fromUtf8(bytes.subarray(3, keyEnd)) ?? ''
  const numbersAt = valueEnd + publicKeyBytes
  if (!isRecordKey(key) || valueEnd - keyEnd - 2 > valueBytesMax)
    throw new Fault('bytes/malformed', 'a record with an impossible key or value')
  return {
    key,
    value: bytes.slice(keyEnd + 2, valueEnd),
    publisher: peerIdOf(bytes.subarray(valueEnd, numbersAt)),
    sequence: readUint48(view, numbersAt),
    expiresAt: readUint48(view, numbersAt + 6),
    signature: bytes.slice(numbersAt + 12),
  }
}

/** As many as fit in `bytesMax`: length (2) and record, one after the other. */
export function encodeRecords(records: readonly Record[], bytesMax: number): Uint8Array {
  const parts: Uint8Array[] = []
  let size = 0
  for (const record of records) {
    const bytes = encodeRecord(record)
    size += 2 + bytes.length
    if (size > bytesMax) break
    parts.push(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes)
  }
  return concatBytes(parts)
}

/** Fault `bytes/malformed` or `bytes/too-large`, also for more than `countMax`. */
export function decodeRecords(bytes: Uint8Array, countMax: number): Record[] {
  const records: Record[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))
    if (at + 2 > bytes.length || end > bytes.length)
      throw new Fault('bytes/malformed', 'a cut list of records')
    if (records.length >= countMax) throw new Fault('bytes/too-large', 'a list of too many records')
    records.push(decodeRecord(bytes.subarray(at + 2, end)))
    at = end
  }
  return records
}

function signedBytes(record: Omit<Record, 'signature'>): Uint8Array {
  return concatBytes([domain, body(record)])
}

function body(record: Omit<Record, 'signature'>): Uint8Array {
  const key = utf8(record.key)
  const numbers = new Uint8Array(12)
  writeUint48(numbers, 0, record.sequence)
  writeUint48(numbers, 6, record.expiresAt)
  return concatBytes([
    Uint8Array.of(version),
    uint16(key.length),
    key,
    uint16(record.value.length),
    record.value,
    publicKeyOf(record.publisher),
    numbers,
  ])
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}

/** 2^48 ms reach to the year 10889. */
function writeUint48(bytes: Uint8Array, at: number, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 48, 'a number of 48 bits')
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).writeUIntBE(value, at, 6)
}

function readUint48(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)
}
