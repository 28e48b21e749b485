// Which bytes of a file a client wants: the Range field (RFC 9110 §14.1.2, §14.2).
//
// A range that cannot be understood is ignored, as the RFC asks; one that lies outside the file is answered
// 416. Many small or overlapping ranges make a server send a file many times over for one request (the
// "Apache killer", CVE-2011-3192); the whole file is then the honest and cheaper answer, and RFC 9110 §14.2
// allows it.

import type { IngressResponse } from './message.ts'
import { page } from './page.ts'

export interface ByteRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** A PDF reader asks for a handful; nobody in good faith asks for more than this in one request. */
export const rangesMax = 16

/**
 * The satisfiable ranges in the order asked for, never empty, never overlapping; 'whole' when the field is to
 * be ignored; 'unsatisfiable' for 416. Never throws.
 */
export function parseRange(
  value: string,
  sizeBytes: number,
): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  const list = /^bytes=(.*)$/i.exec(value.trim())?.[1]
  if (list === undefined) return 'whole'
  const specs = list.split(',', rangesMax + 1)
  if (specs.length > rangesMax) return 'whole'
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const range = parseSpec(spec.trim(), sizeBytes)
    if (range === 'malformed') return 'whole'
    if (range !== 'unsatisfiable') ranges.push(range)
  }
  if (ranges.length === 0) return 'unsatisfiable'
  // "-5" of an empty file is satisfiable by the letter, but no Content-Range can say so.
  if (sizeBytes === 0) return 'whole'
  return overlap(ranges) ? 'whole' : ranges
}

export function formatRange(ranges: readonly ByteRange[]): string {
  return `bytes=${ranges.map(({ start, end }) => `${start}-${end - 1}`).join(',')}`
}

export function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`
}

function parseSpec(spec: string, sizeBytes: number): ByteRange | 'malformed' | 'unsatisfiable' {
  const parts = /^(\d*)-(\d*)$/.exec(spec)
  if (!parts || spec === '-') return 'malformed'
  const [first, last] = [parts[1]!, parts[2]!]
  if (first === '') {
    const suffix = Number(last)
    return suffix === 0 ? 'unsatisfiable' : { start: Math.max(0, sizeBytes - suffix), end: sizeBytes }
  }
  if (last !== '' && Number(last) < Number(first)) return 'malformed'
  if (Number(first) >= sizeBytes) return 'unsatisfiable'
  return { start: Number(first), end: last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1) }
}

function overlap(ranges: readonly ByteRange[]): boolean {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  return sorted.some((range, i) => i > 0 && range.start < sorted[i - 1]!.end)
}

/** The answer 416 to whoever asked for bytes beyond the end. */
export function unsatisfiable(sizeBytes: number): IngressResponse {
  const text = {
    status: 416,
    title: 'The file is shorter than that',
    what: 'The request was for a part that lies beyond the end of the file.',
    meaning: `The file has ${sizeBytes} bytes.`,
    hint: 'Ask for a part inside it, or for all of it.',
  }
  return page(text, [['Content-Range', `bytes */${sizeBytes}`]])
}
