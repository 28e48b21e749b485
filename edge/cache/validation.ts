// "Has it changed since?", asked by clients of us and by us of the origin (RFC 9111 §4.3, RFC 9110 §13).
//
// A client's condition is judged against the stored answer as the origin would judge it. Ours to the origin carries
// every validator that was stored; a 304 then brings new fields for the old body, a HEAD does the same by the way.

import { type Field, fieldLines, fieldValue } from '../message.ts'
import { parseTags } from '../validator.ts'
import { dateOf } from './freshness.ts'

interface Head {
  readonly status: number
  readonly fields: readonly Field[]
}

const conditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range']

export function withoutConditions(fields: readonly Field[]): Field[] {
  return fields.filter(([name]) => !conditions.includes(name.toLowerCase()))
}

/** §4.3.2: these are for the origin to judge, which alone knows what is there now. */
export function onlyOriginJudges(request: readonly Field[]): boolean {
  return request.some(([name]) => /^if-(match|unmodified-since)$/i.test(name))
}

/** Whether 304 is the answer (§4.3.2): by tags when there are any, else by dates. */
export function unmodified(request: readonly Field[], { status, fields }: Head, now: number): boolean {
  if (status !== 200) return false
  const noneMatch = fieldValue(request, 'if-none-match')
  if (noneMatch !== undefined) {
    const tags = parseTags(noneMatch)
    const own = tagOf(fields)
    return tags === '*' || (own !== undefined && tags?.some(({ tag }) => tag === own.tag) === true)
  }
  const since = dateOf(request, 'if-modified-since', now)
  if (since === undefined) return false
  const changedAt = dateOf(fields, 'last-modified', now) ?? dateOf(fields, 'date', now)
  return changedAt !== undefined && changedAt <= since
}

/** RFC 9110 §13.1.5: by a strong tag, or by the exact date of the last change. */
export function rangeApplies(request: readonly Field[], fields: readonly Field[], now: number): boolean {
  const [condition, ...more] = fieldLines(request, 'if-range')
  if (condition === undefined) return true
  if (more.length > 0) return false
  const own = tagOf(fields)
  if (condition.trim().endsWith('"')) return own !== undefined && !own.weak && own.tag === condition.trim()
  const changedAt = dateOf(fields, 'last-modified', now)
  const strong = changedAt !== undefined && (dateOf(fields, 'date', now) ?? 0) - changedAt >= 1000
  return strong && changedAt === dateOf(request, 'if-range', now)
}

/** The fields of a request that asks whether the stored answer still holds (§4.3.1); undefined when none can. */
export function conditionsFor(stored: readonly Field[]): Field[] | undefined {
  const tag = fieldLines(stored, 'etag')[0]
  const changed = fieldLines(stored, 'last-modified')[0]
  if (tag === undefined && changed === undefined) return undefined
  const fields: Field[] = []
  if (tag !== undefined) fields.push(['If-None-Match', tag])
  if (changed !== undefined) fields.push(['If-Modified-Since', changed])
  return fields
}

/**
 * What describes the stored bytes stays theirs (§3.2): another coding or length would make them unreadable. The tag,
 * too: an origin that was asked about one version and confirms it by the name of another has made a slip.
 */
const keptFields = new Set([
  ...['content-length', 'content-encoding', 'content-range', 'content-md5', 'content-digest', 'etag'],
])

/** The stored fields, brought up to date by those of a 304 or of an answer to HEAD (§3.2, §4.3.4, §4.3.5). */
export function freshened(stored: readonly Field[], update: readonly Field[]): Field[] {
  const fresh = update.filter(([name]) => !keptFields.has(name.toLowerCase()))
  const replaced = new Set(fresh.map(([name]) => name.toLowerCase()))
  // Age was true of the old answer only.
  replaced.add('age')
  return [...stored.filter(([name]) => !replaced.has(name.toLowerCase())), ...fresh]
}

/** RFC 9110 §6.6.1: who keeps an answer without a date gives it one. */
export function dated(fields: readonly Field[], receivedAt: number): readonly Field[] {
  if (fields.some(([name]) => name.toLowerCase() === 'date')) return fields
  return [...fields, ['Date', new Date(receivedAt).toUTCString()]]
}

/** §4.3.5: whether what HEAD told is about the bytes that are stored. */
export function sameRepresentation(
  stored: readonly Field[],
  storedBytes: number | undefined,
  told: readonly Field[],
  toldBytes: number | undefined,
): boolean {
  for (const name of ['etag', 'last-modified']) {
    const value = fieldValue(told, name)
    if (value !== undefined && value !== fieldValue(stored, name)) return false
  }
  return toldBytes === undefined || storedBytes === undefined || toldBytes === storedBytes
}

/** What a 304 says (RFC 9110 §15.4.5): everything but the description of a body that it does not have. */
export function notModifiedFields(fields: readonly Field[]): Field[] {
  return fields.filter(([name]) => !/^content-(?!location$|security-policy)/i.test(name))
}

function tagOf(fields: readonly Field[]): { readonly weak: boolean; readonly tag: string } | undefined {
  const tags = parseTags(fieldLines(fields, 'etag')[0] ?? '')
  return tags === '*' ? undefined : tags?.[0]
}
