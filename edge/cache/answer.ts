// From a stored answer to the one that this client gets: whole, a part, or only that nothing changed (RFC 9111 §4).
//
// Age says how old it is, Cache-Status how it came about (RFC 9211). A part is cut from the stored body, also while
// that arrives, as long as its length is known; several at once from what is there to its end.

import { byteranges } from '../byteranges.ts'
import {
  emptyResponse,
  type Field,
  fieldLines,
  type IngressRequest,
  type IngressResponse,
} from '../message.ts'
import { type ByteRange, contentRange, parseRange, unsatisfiable } from '../range.ts'
import { ageMs, freshForMs } from './freshness.ts'
import type { Stored } from './store.ts'
import { notModifiedFields, rangeApplies, unmodified } from './validation.ts'

/** How the answer came about, as a member of Cache-Status (RFC 9211 §2). */
export type How =
  | { readonly hit: true }
  | {
      /** Why the request went on (§2.2). */
      readonly fwd: 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'partial'
      readonly fwdStatus?: number
      readonly stored?: boolean
      readonly collapsed?: boolean
    }

export function cacheStatus(name: string, how: How, ttlMs?: number): string {
  const ttl = ttlMs === undefined ? '' : `; ttl=${Math.trunc(ttlMs / 1000)}`
  if ('hit' in how) return `${name}; hit${ttl}`
  const status = how.fwdStatus === undefined ? '' : `; fwd-status=${how.fwdStatus}`
  const flags = `${how.stored ? '; stored' : ''}${how.collapsed ? '; collapsed' : ''}`
  return `${name}; fwd=${how.fwd}${status}${flags}${ttl}`
}

/** RFC 9211 §2: the cache nearest to the origin comes first. */
export function withCacheStatus(fields: readonly Field[], value: string): Field[] {
  return [...fields, ['Cache-Status', value]]
}

export function answerFrom(
  stored: Stored,
  request: IngressRequest,
  { name, how, now }: { readonly name: string; readonly how: How; readonly now: number },
): IngressResponse {
  const ttlMs = freshForMs(stored.freshness, now)
  const aged = isFirstHand(how) ? stored.fields : withAge(stored, now)
  const fields = withCacheStatus(aged, cacheStatus(name, how, ttlMs))
  const source = () => ('hit' in how ? ({ from: 'memory' } as const) : ({ from: 'origin' } as const))
  if (unmodified(request.fields, stored, now))
    return { ...emptyResponse(304, notModifiedFields(fields)), source }
  const { status, body } = stored
  const sizeBytes = body.wholeBytes ?? stored.sizeBytes
  const parts = partsOf(stored, request, sizeBytes, now)
  if (parts === 'unsatisfiable') return unsatisfiable(sizeBytes!)
  if (parts !== undefined && parts.length > 1) return { ...several(stored, fields, parts), source }
  const part = parts?.[0]
  if (part !== undefined) {
    const range: Field = ['Content-Range', contentRange(part, sizeBytes!)]
    const size = part.end - part.start
    return { status: 206, fields: [...fields, range], body: body.read(part), sizeBytes: size, source }
  }
  return {
    status,
    fields,
    body: status === 204 ? undefined : (body.piece() ?? body.read()),
    sizeBytes,
    source,
  }
}

/** §5.1: an Age says that the origin was not asked for this very answer. */
function isFirstHand(how: How): boolean {
  return 'fwd' in how && how.collapsed !== true && (how.fwdStatus ?? 500) < 500
}

function withAge({ fields, freshness }: Stored, now: number): Field[] {
  const others = fields.filter(([key]) => key.toLowerCase() !== 'age')
  return [...others, ['Age', String(Math.floor(ageMs(freshness, now) / 1000))]]
}

function partsOf(
  { status, fields, body }: Stored,
  request: IngressRequest,
  sizeBytes: number | undefined,
  now: number,
): readonly ByteRange[] | 'unsatisfiable' | undefined {
  const lines = fieldLines(request.fields, 'range')
  if (request.method !== 'GET' || status !== 200 || lines.length !== 1 || sizeBytes === undefined)
    return undefined
  if (!rangeApplies(request.fields, fields, now)) return undefined
  const ranges = parseRange(lines[0]!, sizeBytes)
  if (ranges === 'whole' || ranges === 'unsatisfiable') return ranges === 'whole' ? undefined : ranges
  // The parts of what is still arriving may come in any order, and one that waits for the end holds up the others.
  return ranges.length === 1 || body.wholeBytes !== undefined ? ranges : undefined
}

function several(
  { body, freshness, fields: said }: Stored,
  fields: readonly Field[],
  parts: readonly ByteRange[],
): IngressResponse {
  const mediaType = fieldLines(said, 'content-type')[0]
  // When it came, nobody could know while writing it.
  const about = { seed: JSON.stringify([freshness.receivedAt, said]), sizeBytes: body.wholeBytes!, mediaType }
  const together = byteranges(parts, body.read, about)
  const others = fields.filter(([name]) => name.toLowerCase() !== 'content-type')
  return { ...together, status: 206, fields: [...others, ...together.fields] }
}
