// Which fields of an answer may be sent, and which the rim sends itself: asked for each field of each answer.
//
// A line break in a value would be a second field, or a second answer (CWE-113); names are ours or an origin's, so they
// repeat, and what was found of one is remembered. Values do not, and are looked at each time.

import type { Field } from './message.ts'

export type NameKind = 'plain' | 'of the connection' | 'malformed'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const badValue = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/
const ofConnections = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding'])

/** Names that are remembered: those that edges and usual origins send. Others are judged anew. */
const namesMax = 1000
const known = new Map<string, NameKind>()

export function kindOfName(name: string): NameKind {
  const before = known.get(name)
  if (before !== undefined) return before
  const kind = !token.test(name)
    ? 'malformed'
    : ofConnections.has(name.toLowerCase())
      ? 'of the connection'
      : 'plain'
  if (known.size < namesMax) known.set(name, kind)
  return kind
}

export function areSendable(fields: readonly Field[]): boolean {
  for (const [name, value] of fields)
    if (kindOfName(name) === 'malformed' || badValue.test(value)) return false
  return true
}
