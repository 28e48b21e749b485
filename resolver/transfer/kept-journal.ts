// The differences of a zone as octets, to be kept over a restart.
//
//   "inxt ixfr 1", the digest of the zone file they lead to (length 1, text), records of that zone (4), differences
//   (2), then each: SOA before, SOA after, records removed (4), records added (4), those records; SHA-256 of all of it
//
// Records are as on the wire (RFC 1035 §4.1.3), no name compressed. Whoever writes it writes it whole: it is bounded as
// the journal is, and a log that is only added to would have to be cut now and then.

import { createHash } from 'node:crypto'
import { equalBytes } from '../../base/bytes.ts'
import { nameOctets } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import { malformed, Reader } from '../wire/reader.ts'
import { type ResourceRecord, readRecord } from '../wire/record.ts'
import { pieceSize } from '../zone/work.ts'
import { type Difference, type Kept, recordsMaxUsual } from './journal.ts'

export interface KeptJournal extends Kept {
  /** Of the zone file: differences lead to the zone that is in it, and to no other. */
  readonly digest: string
}

const magic = Buffer.from('inxt ixfr 1', 'latin1')
const sumBytes = 32

/** In parts, so that nobody stops to make all of it at once. */
export function* journalOctets(kept: KeptJournal): Generator<Uint8Array, void> {
  const sum = createHash('sha256')
  for (const part of partsOf(kept)) {
    sum.update(part)
    yield part
  }
  yield sum.digest()
}

function* partsOf({ digest, zoneRecords, differences }: KeptJournal): Generator<Uint8Array, void> {
  const head = Buffer.alloc(1 + digest.length + 6)
  head.writeUInt8(digest.length)
  head.write(digest, 1, 'latin1')
  head.writeUInt32BE(zoneRecords, 1 + digest.length)
  head.writeUInt16BE(differences.length, 5 + digest.length)
  yield magic
  yield head
  for (const { from, to, removed, added } of differences) {
    const counts = Buffer.alloc(8)
    counts.writeUInt32BE(removed.length)
    counts.writeUInt32BE(added.length, 4)
    yield Buffer.concat([recordOctets(from), recordOctets(to), counts])
    for (const records of [removed, added]) {
      for (let i = 0; i < records.length; i += pieceSize) {
        yield Buffer.concat(records.slice(i, i + pieceSize).map(recordOctets))
      }
    }
  }
}

function recordOctets({ name, type, class: classCode, ttlS, data }: ResourceRecord): Uint8Array {
  const octets = dataOctets(data)
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type)
  head.writeUInt16BE(classCode, 2)
  head.writeUInt32BE(ttlS, 4)
  head.writeUInt16BE(octets.length, 8)
  return Buffer.concat([nameOctets(name), head, octets])
}

/**
 * Throws Fault `bytes/malformed` for anything but what `journalOctets` made, to the last octet, and for more records
 * than a journal keeps, before they take memory.
 */
export function readJournal(bytes: Uint8Array): KeptJournal {
  const end = bytes.length - sumBytes
  const body = bytes.subarray(0, Math.max(0, end))
  const sum = createHash('sha256').update(body).digest()
  if (end < 0 || !equalBytes(sum, bytes.subarray(end))) throw malformed('a journal that is not whole')
  const reader = new Reader(body)
  if (!equalBytes(reader.take(magic.length), magic)) throw malformed('a journal of another form')
  const digest = Buffer.from(reader.take(reader.u8())).toString('latin1')
  const zoneRecords = reader.u32()
  const differences: Difference[] = []
  let records = 0
  for (let left = reader.u16(); left > 0; left--) {
    const [from, to] = [readRecord(reader), readRecord(reader)]
    const [removedCount, addedCount] = [reader.u32(), reader.u32()]
    records += 2 + removedCount + addedCount
    if (records > recordsMaxUsual) throw malformed(`a journal of ${records} records`)
    const [removed, added] = [readRecords(reader, removedCount), readRecords(reader, addedCount)]
    differences.push({ from, to, removed, added })
  }
  if (reader.left > 0) throw malformed('a journal with more behind it')
  return { digest, zoneRecords, differences }
}

/** A count that promises more than there is ends at the end, for every record has octets. */
function readRecords(reader: Reader, count: number): ResourceRecord[] {
  const records: ResourceRecord[] = []
  while (records.length < count) records.push(readRecord(reader))
  return records
}
