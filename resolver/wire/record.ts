// One resource record (RFC 1035 §4.1.3): owner, type, class, how long it may be kept, and its data.

import { type Name, readName, writeName } from './name.ts'
import { type RecordData, readData, writeData } from './rdata.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export interface ResourceRecord {
  readonly name: Name
  readonly type: number
  readonly class: number
  /** Seconds; an OPT record keeps its version and flags here (RFC 6891 §6.1.3), so all 32 bits are kept. */
  readonly ttlS: number
  readonly data: RecordData
}

export function readRecord(reader: Reader): ResourceRecord {
  const name = readName(reader)
  const type = reader.u16()
  const classCode = reader.u16()
  const ttlS = reader.u32()
  const length = reader.u16()
  return { name, type, class: classCode, ttlS, data: readData(reader, type, classCode, length) }
}

export function writeRecord(writer: Writer, record: ResourceRecord): void {
  writeName(writer, record.name)
  writer.u16(record.type)
  writer.u16(record.class)
  writer.u32(record.ttlS)
  writeData(writer, record.data)
}
