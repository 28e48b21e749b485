// The canonical form of RFC 4034 §6: the octets that a signature covers, the same for every signer and validator.
//
// It is made from wire form without compression: the names in it are folded where the list of
// §6.2 (less NSEC and RRSIG's own name, RFC 6840 §5.1) has names. So the rule is one small table of
// offsets, whatever shape a type has in memory.

import { concatBytes } from '../../base/bytes.ts'
import { classes } from '../wire/code.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData, readData } from '../wire/rdata.ts'
import { malformed, Reader } from '../wire/reader.ts'

/** Uncompressed and in lower case (RFC 4034 §6.2). */
export function nameBytes(name: Name): Uint8Array {
  return Buffer.from(`${foldCase(name)}\0`, 'latin1')
}

/** The inverse of `dataOctets`, for class IN. Throws a Fault. */
export function dataOf(type: number, rdata: Uint8Array): RecordData {
  return readData(new Reader(rdata), type, classes.IN, rdata.length)
}

/** How many octets come before the names, and how many names there are (RFC 4034 §6.2, item 3). */
const names: Readonly<Record<number, readonly [skip: number, count: number]>> = {
  2: [0, 1], // NS
  3: [0, 1], // MD
  4: [0, 1], // MF
  5: [0, 1], // CNAME
  6: [0, 2], // SOA
  7: [0, 1], // MB
  8: [0, 1], // MG
  9: [0, 1], // MR
  12: [0, 1], // PTR
  14: [0, 2], // MINFO
  15: [2, 1], // MX
  17: [0, 2], // RP
  18: [2, 1], // AFSDB
  21: [2, 1], // RT
  24: [18, 1], // SIG
  26: [2, 2], // PX
  33: [6, 1], // SRV
  36: [2, 1], // KX
  39: [0, 1], // DNAME
  46: [18, 1], // RRSIG
}
const naptr = 35

/** Canonical RDATA. Throws a Fault when the names in it are not where the type has them. */
export function canonicalData(type: number, data: RecordData): Uint8Array {
  const bytes = Uint8Array.from(dataOctets(data))
  const place = names[type]
  if (place !== undefined) foldNames(bytes, place[0], place[1])
  else if (type === naptr) foldNames(bytes, afterStrings(bytes, 4, 3), 1)
  return bytes
}

function afterStrings(bytes: Uint8Array, at: number, count: number): number {
  for (; count > 0; count--) at += 1 + (bytes[at] ?? 0)
  return at
}

function foldNames(bytes: Uint8Array, at: number, count: number): void {
  for (; count > 0; count--) {
    for (let length = bytes[at]; length !== 0; length = bytes[at]) {
      if (length === undefined || length > 63)
        throw malformed('record data without the name that it should have')
      for (const end = at + 1 + length; ++at < end; ) {
        const octet = bytes[at]!
        if (octet >= 0x41 && octet <= 0x5a) bytes[at] = octet + 0x20
      }
    }
    at++
  }
}

/** Canonical RDATA of a set, in canonical order, each once (RFC 4034 §6.3). */
export function canonicalSet(type: number, data: readonly RecordData[]): Uint8Array[] {
  const sorted = data.map(one => canonicalData(type, one)).sort(Buffer.compare)
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
