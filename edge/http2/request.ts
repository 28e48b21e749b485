// From the fields of a stream to a request as every other, or to nothing: RFC 9113 §8.2, §8.3.
//
// What is malformed here would be a smuggled request once it is written down as HTTP/1.1: a line break in a
// value, a second length, a host that differs from the authority. So nothing is repaired. Behind this file
// nobody sees a pseudo-field: `:authority` is Host, and crumbs of Cookie are one line again (§8.2.3).

import type { Field } from '../message.ts'

export interface RequestHead {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  /** What Content-Length announces. */
  readonly sizeBytes: number | undefined
}

const name = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const badValue = /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/
/** RFC 9113 §8.2.2: fields that HTTP/1.1 has and that no message has here. */
export const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])
const pseudoFields = new Set([':method', ':scheme', ':authority', ':path'])

/** Undefined for what is malformed: a stream error of type PROTOCOL_ERROR (§8.1.1). */
export function readRequest(all: readonly Field[]): RequestHead | undefined {
  const pseudo = new Map<string, string>()
  for (const [key, value] of all) {
    if (!key.startsWith(':')) break
    if (!pseudoFields.has(key) || pseudo.has(key) || badValue.test(value)) return undefined
    pseudo.set(key, value)
  }
  const fields = all.slice(pseudo.size)
  const target = targetOf(pseudo)
  if (target === undefined || !areRegular(fields)) return undefined
  const hosted = withHost(fields, pseudo.get(':authority'))
  const sizeBytes = lengthOf(fields)
  if (hosted === undefined || sizeBytes === 'malformed') return undefined
  return { method: pseudo.get(':method')!, target, fields: withOneCookie(hosted), sizeBytes }
}

/** Whether all are names in lower case with clean values, and none is a pseudo-field or about a connection. */
export function areRegular(fields: readonly Field[]): boolean {
  return fields.every(
    ([key, value]) =>
      name.test(key) &&
      !badValue.test(value) &&
      !ofConnections.has(key) &&
      (key !== 'te' || value.toLowerCase() === 'trailers'),
  )
}

function targetOf(pseudo: ReadonlyMap<string, string>): string | undefined {
  const method = pseudo.get(':method')
  const scheme = pseudo.get(':scheme')
  const path = pseudo.get(':path')
  if (method === undefined || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) return undefined
  // §8.5: a tunnel has an authority and nothing else; whoever admits requests refuses it.
  if (method === 'CONNECT')
    return scheme === undefined && path === undefined ? pseudo.get(':authority') : undefined
  if (scheme !== 'http' && scheme !== 'https') return undefined
  return path?.startsWith('/') || (path === '*' && method === 'OPTIONS') ? path : undefined
}

/** §8.3.1: where both are given, they must be the same. */
function withHost(fields: readonly Field[], authority: string | undefined): readonly Field[] | undefined {
  if (authority === undefined) return fields
  const others = fields.filter(([key]) => key !== 'host')
  const agree = fields.every(([key, value]) => key !== 'host' || value === authority)
  return agree ? [['host', authority], ...others] : undefined
}

function lengthOf(fields: readonly Field[]): number | undefined | 'malformed' {
  const lines = fields.filter(([key]) => key === 'content-length')
  if (lines.length === 0) return undefined
  const value = lines[0]![1]
  return lines.length === 1 && /^\d{1,15}$/.test(value) ? Number(value) : 'malformed'
}

function withOneCookie(fields: readonly Field[]): readonly Field[] {
  const crumbs = fields.filter(([key]) => key === 'cookie').map(([, value]) => value)
  if (crumbs.length < 2) return fields
  return [...fields.filter(([key]) => key !== 'cookie'), ['cookie', crumbs.join('; ')]]
}
