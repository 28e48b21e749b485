// The JSON view of an answer, for people and for scripts without a DNS library: `?name=example.com&type=MX`.
//
// No RFC describes it; the fields are those that public resolvers agree on (`Status`, `Answer` with `name`,
// `type`, `TTL`, `data`), rather than those of RFC 8427, which nobody's tools read. It asks through the same
// door as every packet does, so that it cannot say what DNS would not.

import { isFault } from '../../base/fault.ts'
import { classes, parseType, types } from '../wire/code.ts'
import { optRecord } from '../wire/edns.ts'
import { flagBits } from '../wire/header.ts'
import { decodeMessage, encodeMessage, rcodeOf } from '../wire/message.ts'
import { nameText, parseName } from '../wire/name.ts'
import { dataText } from '../wire/presentation.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { messageBytesMax } from '../wire/writer.ts'
import type { Refusal } from './doh.ts'

export const jsonMedia = 'application/dns-json'

/** The query for `name`, `type` (a mnemonic or a number; A without it), `do` and `cd` (`1` or `true`). */
export function packetFromWords(parameters: URLSearchParams): Uint8Array | Refusal {
  const name = parameters.get('name')
  if (name === null) return { status: 400, why: 'a variable `name`, such as example.com' }
  const type = typeOf(parameters.get('type') ?? 'A')
  if (type === undefined) return { status: 400, why: '`type` must be a mnemonic or a number up to 65535' }
  const isSet = (word: string): boolean => /^(1|true)$/i.test(parameters.get(word) ?? '')
  try {
    return encodeMessage({
      id: 0,
      flags: isSet('cd') ? flagBits.CD : 0,
      questions: [{ name: parseName(name), type, class: classes.IN }],
      answers: [],
      authorities: [],
      additionals: [
        optRecord({
          ...{ udpBytesMax: messageBytesMax, version: 0, rcodeHigh: 0, options: [] },
          dnssecOk: isSet('do'),
        }),
      ],
    })
  } catch (error) {
    if (isFault(error, 'name/invalid')) return { status: 400, why: error.message }
    throw error
  }
}

function typeOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return parseType(text)
  return Number(text) <= 0xffff ? Number(text) : undefined
}

/** `answer` as one JSON object and a line feed. */
export function jsonView(answer: Uint8Array): string {
  const message = decodeMessage(answer)
  const has = (bit: number): boolean => (message.flags & bit) !== 0
  const section = (records: readonly ResourceRecord[]) =>
    records
      .filter(({ type }) => type !== types.OPT)
      .map(({ name, type, ttlS, data }) => ({
        name: nameText(name),
        type,
        TTL: ttlS,
        data: dataText(data, type),
      }))
  const filled = (title: string, records: readonly ResourceRecord[]) => {
    const items = section(records)
    return items.length === 0 ? {} : { [title]: items }
  }
  const view = {
    Status: rcodeOf(message),
    ...{ TC: has(flagBits.TC), RD: has(flagBits.RD), RA: has(flagBits.RA) },
    ...{ AA: has(flagBits.AA), AD: has(flagBits.AD), CD: has(flagBits.CD) },
    Question: message.questions.map(({ name, type }) => ({ name: nameText(name), type })),
    ...filled('Answer', message.answers),
    ...filled('Authority', message.authorities),
    ...filled('Additional', message.additionals),
  }
  return `${JSON.stringify(view)}\n`
}
