// A zone as the messages of a transfer (RFC 5936 §2.2): its SOA, every other record once, its SOA again.
//
// Messages are made one at a time, when the last one is taken, so a transfer of a large zone costs one message of
// memory. They are kept to 16 KiB, as far as compression can point. What changes meanwhile changes nothing: a zone is
// a snapshot, and the transfer holds the one it began with.

import { Fault } from '../../base/fault.ts'
import { classes, types } from '../wire/code.ts'
import { writeHeader } from '../wire/header.ts'
import { nameText } from '../wire/name.ts'
import { type Question, writeQuestion } from '../wire/question.ts'
import { dataOctets } from '../wire/rdata.ts'
import { type ResourceRecord, writeRecord } from '../wire/record.ts'
import { messageBytesMax, Writer } from '../wire/writer.ts'
import type { Rrset } from '../zone/rrset.ts'
import type { Zone } from '../zone/zone.ts'

/** The SOA of a zone with the TTL of its own, unlike that of an absence. */
export function soaOf(zone: Zone): ResourceRecord {
  const set = zone.node(zone.apex, zone.apex)?.rrset(types.SOA)
  if (set === undefined || !('data' in set))
    throw new Fault('config/invalid', `no SOA at ${nameText(zone.apex)}`)
  return { name: set.name, type: types.SOA, class: classes.IN, ttlS: set.ttlS, data: set.data[0]! }
}

export function* recordsOf(zone: Zone): Generator<ResourceRecord, void> {
  const soa = soaOf(zone)
  yield soa
  for (const set of zone.sets?.() ?? []) {
    if (set.type !== types.SOA) yield* membersOf(set, set.type, set.data)
    yield* membersOf(set, types.RRSIG, set.signatures)
  }
  yield soa
}

/** The serial that a record of type SOA says. */
export function serialOf({ data }: ResourceRecord): number {
  return data.kind === 'authority' ? data.serial : 0
}

export function* membersOf(set: Rrset, type: number, all: Rrset['data']): Generator<ResourceRecord, void> {
  for (const data of all) yield { name: set.name, type, class: classes.IN, ttlS: set.ttlS, data }
}

export interface TransferHead {
  readonly id: number
  readonly flags: number
  /** Stands in the first message only (RFC 5936 §2.2.1). */
  readonly question: Question
  /** Octets that each message leaves for its signature. */
  readonly reservedBytes: number
}

const messageBytesUsual = 16 * 1024

/** Throws Fault `bytes/too-large` at a record that fits into no message. */
export function* messagesOf(
  records: Iterable<ResourceRecord>,
  { id, flags, question, reservedBytes }: TransferHead,
): Generator<Uint8Array, void> {
  const writer = new Writer()
  let answers = 0
  let questions = 1
  const begin = (): void => {
    writer.reset(messageBytesMax - reservedBytes)
    const none = { answerCount: 0, authorityCount: 0, additionalCount: 0 }
    writeHeader(writer, { id, flags, questionCount: questions, ...none })
    if (questions > 0) writeQuestion(writer, question)
    answers = 0
  }
  const end = (): Uint8Array => {
    writer.patch16(6, answers)
    questions = 0
    return writer.copy()
  }
  begin()
  for (const record of records) {
    const bytesAtMost = record.name.length + 11 + dataOctets(record.data).length
    if (answers > 0 && writer.at + bytesAtMost + reservedBytes > messageBytesUsual) {
      yield end()
      begin()
    }
    writeRecord(writer, record)
    answers++
    if (writer.overflowed) {
      throw new Fault('bytes/too-large', `a record of ${nameText(record.name)} fits into no message`)
    }
  }
  yield end()
}
