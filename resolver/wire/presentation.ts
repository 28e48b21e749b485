// Messages as people read them: one line per record, in the order and spelling of `dig` and of zone files
// (RFC 1035 §5.1, RFC 3597 §5 for types that have no spelling here).

import { toHex } from '../../base/bytes.ts'
import { addressText } from './address.ts'
import { classText, rcodeText, typeText } from './code.ts'
import { type Edns, ednsOf, optionCodes } from './edns.ts'
import { flagBits, opcodeOf } from './header.ts'
import { type Message, rcodeOf } from './message.ts'
import { nameText } from './name.ts'
import type { RecordData } from './rdata.ts'
import type { ResourceRecord } from './record.ts'

/** `welcome.inxt. 5 IN A 127.0.1.1` */
export function recordText(record: ResourceRecord): string {
  const { name, ttlS, type } = record
  return `${nameText(name)} ${ttlS} ${classText(record.class)} ${typeText(type)} ${dataText(record.data)}`
}

/** The data alone: what `dig +short` prints. */
export function dataText(data: RecordData): string {
  switch (data.kind) {
    case 'address':
      return addressText(data.bytes)
    case 'host':
      return nameText(data.host)
    case 'exchange':
      return `${data.preference} ${nameText(data.host)}`
    case 'authority': {
      const times = [data.refreshS, data.retryS, data.expireS, data.negativeS]
      return [nameText(data.primary), nameText(data.mailbox), data.serial, ...times].join(' ')
    }
    case 'text':
      return data.strings.map(quoted).join(' ')
    case 'options':
      return data.options.map(option => `${option.code}:${toHex(option.bytes)}`).join(' ')
    case 'raw':
      return `\\# ${data.bytes.length}${data.bytes.length > 0 ? ` ${toHex(data.bytes)}` : ''}`
  }
}

function quoted(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) {
    const character = String.fromCharCode(octet)
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`
    else text += character === '"' || character === '\\' ? `\\${character}` : character
  }
  return `"${text}"`
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
  for (const { code, bytes } of edns.options) {
    if (code !== optionCodes.extendedError || bytes.length < 2) words.push(`option=${code}:${toHex(bytes)}`)
    else words.push(`error=${(bytes[0]! << 8) | bytes[1]!} ${quoted(bytes.subarray(2))}`)
  }
  return words.join(' ')
}
