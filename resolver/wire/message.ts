// A whole message (RFC 1035 §4.1): header, question, answer, authority, additional.
//
// Decoding is strict: counts, lengths and pointers must agree and nothing may follow the last record. Who
// asks gets FORMERR rather than a guess at what was meant.

import { Fault } from '../../base/fault.ts'
import { ednsOf } from './edns.ts'
import { readHeader, writeHeader } from './header.ts'
import { type Question, readQuestion, writeQuestion } from './question.ts'
import { malformed, Reader } from './reader.ts'
import { type ResourceRecord, readRecord, writeRecord } from './record.ts'
import { messageBytesMax, Writer } from './writer.ts'

export interface Message {
  readonly id: number
  /** The second word of the header, with opcode and the low four bits of the rcode. */
  readonly flags: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

/** Throws only Fault `bytes/malformed`. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes)
  const header = readHeader(reader)
  const message = {
    id: header.id,
    flags: header.flags,
    questions: many(reader, header.questionCount, readQuestion),
    answers: many(reader, header.answerCount, readRecord),
    authorities: many(reader, header.authorityCount, readRecord),
    additionals: many(reader, header.additionalCount, readRecord),
  }
  if (reader.left > 0) throw malformed(`${reader.left} octets after the last record`)
  return message
}

/** A count is a claim of the sender: memory is spent on what is there, never on what is announced. */
function many<T>(reader: Reader, count: number, read: (reader: Reader) => T): T[] {
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read(reader))
  return items
}

/**
 * Writes `message` into at most `bytesMax` octets; false when it does not fit, and the writer holds a part.
 */
export function writeMessage(writer: Writer, message: Message, bytesMax: number): boolean {
  writer.reset(bytesMax)
  writeHeader(writer, {
    id: message.id,
    flags: message.flags,
    questionCount: message.questions.length,
    answerCount: message.answers.length,
    authorityCount: message.authorities.length,
    additionalCount: message.additionals.length,
  })
  for (const question of message.questions) writeQuestion(writer, question)
  for (const record of message.answers) writeRecord(writer, record)
  for (const record of message.authorities) writeRecord(writer, record)
  for (const record of message.additionals) writeRecord(writer, record)
  return !writer.overflowed
}

/** For who sends one message now and then; throws Fault `bytes/too-large` above 65,535 octets. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer()
  if (writeMessage(writer, message, messageBytesMax)) return writer.copy()
  throw new Fault('bytes/too-large', `a DNS message of more than ${messageBytesMax} octets`)
}

/** All twelve bits of the response code: four from the header, eight from EDNS. */
export function rcodeOf(message: Message): number {
  const edns = ednsOf(message.additionals)
  const high = edns === undefined || edns === 'faulty' ? 0 : edns.rcodeHigh
  return (high << 4) | (message.flags & 0xf)
}
