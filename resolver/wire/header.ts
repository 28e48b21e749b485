// The first twelve octets (RFC 1035 §4.1.1, RFC 4035 §3 for AD and CD): id, one word of flags, four counts.
//
// The flags stay one word, read and made with the masks below. Nine booleans would say the same more
// slowly, and would lose the reserved bit that a stranger may set.

import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export const headerBytes = 12

export const flagBits = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  Z: 0x0040,
  AD: 0x0020,
  CD: 0x0010,
} as const

export interface Header {
  readonly id: number
  readonly flags: number
  readonly questionCount: number
  readonly answerCount: number
  readonly authorityCount: number
  readonly additionalCount: number
}

export function opcodeOf(flags: number): number {
  return (flags >>> 11) & 0xf
}

export function opcodeBits(opcode: number): number {
  return (opcode & 0xf) << 11
}

export function readHeader(reader: Reader): Header {
  return {
    id: reader.u16(),
    flags: reader.u16(),
    questionCount: reader.u16(),
    answerCount: reader.u16(),
    authorityCount: reader.u16(),
    additionalCount: reader.u16(),
  }
}

export function writeHeader(writer: Writer, header: Header): void {
  writer.u16(header.id)
  writer.u16(header.flags)
  writer.u16(header.questionCount)
  writer.u16(header.answerCount)
  writer.u16(header.authorityCount)
  writer.u16(header.additionalCount)
}
