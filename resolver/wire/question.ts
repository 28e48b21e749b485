// What is asked: a name, a type, a class (RFC 1035 §4.1.2). An answer repeats it octet for octet, which is
// how the asker tells its answer from a forged one.

import { type Name, readName, writeName } from './name.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

export function readQuestion(reader: Reader): Question {
  return { name: readName(reader), type: reader.u16(), class: reader.u16() }
}

export function writeQuestion(writer: Writer, question: Question): void {
  writeName(writer, question.name)
  writer.u16(question.type)
  writer.u16(question.class)
}
