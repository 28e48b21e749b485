// The canonical form of RFC 4034 §6 for sets: the octets that a signature covers, the same for every signer and
// validator. That of one record's data is `canonicalData` in wire/rdata.ts; here a set is put in order, each member
// once, and written as records one after the other.

import { concatBytes } from '../../base/bytes.ts'
import { classes } from '../wire/code.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { canonicalData, type RecordData, readData } from '../wire/rdata.ts'
import { Reader } from '../wire/reader.ts'

/** Uncompressed and in lower case (RFC 4034 §6.2). */
export function nameBytes(name: Name): Uint8Array {
  return Buffer.from(`${foldCase(name)}\0`, 'latin1')
}

/** The inverse of `dataOctets`, for class IN. Throws a Fault. */
export function dataOf(type: number, rdata: Uint8Array): RecordData {
  return readData(new Reader(rdata), type, classes.IN, rdata.length)
}

/** Canonical RDATA of a set, in canonical order, each once (RFC 4034 §6.3). */
export function canonicalSet(type: number, data: readonly RecordData[]): Uint8Array[] {
  const sorted = data.map(one => canonicalData(one, type)).sort(Buffer.compare)
  return sorted.filter((one, i) => i === 0 || Buffer.compare(one, sorted[i - 1]!) !== 0)
}

/** The records of a set one after the other, as they are signed and digested. `owner` as it is to stand there. */
export function canonicalRecords(
  owner: Name,
  type: number,
  ttlS: number,
  rdata: readonly Uint8Array[],
): Uint8Array {
  const name = nameBytes(owner)
  const parts: Uint8Array[] = []
  for (const one of rdata) {
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(type, 0)
    fixed.writeUInt16BE(classes.IN, 2)
    fixed.writeUInt32BE(ttlS, 4)
    fixed.writeUInt16BE(one.length, 8)
    parts.push(name, fixed, one)
  }
  return concatBytes(parts)
}
