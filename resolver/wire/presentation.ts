// Messages as people read them: one line per record, in the order and spelling of `dig` and of zone files
// (RFC 1035 §5.1).

import { toHex } from '../../base/bytes.ts'
import { classText, rcodeText, types, typeText } from './code.ts'
import { type Edns, ednsOf, optionCodes } from './edns.ts'
import { flagBits, opcodeOf } from './header.ts'
import { octetsText } from './layout.ts'
import { type Message, rcodeOf } from './message.ts'
import { nameText } from './name.ts'
import { dataOctets, type RecordData } from './rdata.ts'
import type { ResourceRecord } from './record.ts'
import { quoted } from './words.ts'

/** `welcome.inxt. 5 IN A 127.0.1.1` */
export function recordText(record: ResourceRecord): string {
  const { name, ttlS, type } = record
  return `${nameText(name)} ${ttlS} ${classText(record.class)} ${typeText(type)} ${dataText(record.data, type)}`
}

/**
 * The data alone, as `dig +short` prints it. `type` is needed where the kind does not imply one; without it
 * octets are shown in the form of RFC 3597.
 */
export function dataText(data: RecordData, type?: number): string {
  if (data.kind === 'options')
    return data.options.map(({ code, bytes }) => `${code}:${toHex(bytes)}`).join(' ')
  if (data.kind !== 'raw') return octetsText(dataOctets(data), impliedType(data))
  // An address of another class than IN has a form that nobody here knows.
  return octetsText(data.bytes, type === types.A || type === types.AAAA ? 0 : (type ?? 0))
}

function impliedType(data: RecordData): number {
  switch (data.kind) {
    case 'address':
      return data.bytes.length === 4 ? types.A : types.AAAA
    case 'host':
      return types.NS
    case 'exchange':
      return types.MX
    case 'authority':
      return types.SOA
    case 'text':
      return types.TXT
    default:
      return 0
  }
}

/** Lines: status and flags, EDNS if there is any, then each section under its title when it is not empty. */
export function messageText(message: Message): string {
  const edns = ednsOf(message.additionals)
  const words = Object.entries(flagBits).filter(([, bit]) => (message.flags & bit) !== 0)
  const opcode = opcodeOf(message.flags)
  const status = [
    rcodeText(rcodeOf(message)),
    ...(opcode === 0 ? [] : [`opcode=${opcode}`]),
    ...words.map(([word]) => word.toLowerCase()),
  ]
  const lines = [status.join(' ')]
  if (edns !== undefined && edns !== 'faulty') lines.push(ednsText(edns))
  const section = (title: string, texts: string[]): void => {
    if (texts.length > 0) lines.push(`${title}:`, ...texts)
  }
  section(
    'question',
    message.questions.map(({ name, type, class: code }) => {
      return `${nameText(name)} ${classText(code)} ${typeText(type)}`
    }),
  )
  section('answer', message.answers.map(recordText))
  section('authority', message.authorities.map(recordText))
  // OPT was shown above, unless it could not be understood.
  const shown = edns === 'faulty' ? undefined : 'options'
  section('additional', message.additionals.filter(({ data }) => data.kind !== shown).map(recordText))
  return lines.join('\n')
}

function ednsText(edns: Edns): string {
  const words = [`edns version=${edns.version} udp=${edns.udpBytesMax}`]
  if (edns.dnssecOk) words.push('do')
  if (edns.compactOk === true) words.push('co')
  for (const { code, bytes } of edns.options) {
    if (code !== optionCodes.extendedError || bytes.length < 2) words.push(`option=${code}:${toHex(bytes)}`)
    else words.push(`error=${(bytes[0]! << 8) | bytes[1]!} ${quoted(bytes.subarray(2))}`)
  }
  return words.join(' ')
}
