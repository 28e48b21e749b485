// A part of a file, or several: 206, multipart/byteranges, 416 (RFC 9110 §14, §15.3.7).
//
// The boundary between parts follows from the CID: the same on every edge, and not to be found in the content, whose
// author cannot know its CID while writing it.

import { byteranges } from '../byteranges.ts'
import { type Body, fieldLines, type IngressResponse } from '../message.ts'
import { type ByteRange, contentRange, parseRange, unsatisfiable } from '../range.ts'
import { allowsRange, tagOf } from '../validator.ts'
import { type ChosenFile, type IngressStep, known, type Visit } from '../visit.ts'
import type { ReadPart } from './whole.ts'

export function range(read: ReadPart): IngressStep {
  return (visit, next) => {
    const file = known(visit, 'file')
    const wanted = file.status === 200 ? rangeField(visit, file) : undefined
    if (wanted === undefined) return next(visit)
    const ranges = parseRange(wanted, file.sizeBytes)
    if (ranges === 'whole') return next(visit)
    if (ranges === 'unsatisfiable') return unsatisfiable(file.sizeBytes)
    return ranges.length === 1 ? single(read, visit, file, ranges[0]!) : several(read, visit, file, ranges)
  }
}

/** Range means something with GET only (§14.2), once, and if If-Range, when there, names this version. */
function rangeField({ request: { method, fields } }: Visit, file: ChosenFile): string | undefined {
  const lines = fieldLines(fields, 'range')
  const conditions = fieldLines(fields, 'if-range')
  if (method !== 'GET' || lines.length !== 1) return undefined
  const tag = file.variant?.tag ?? tagOf(file.cid)
  return conditions.every(condition => allowsRange(condition, tag)) ? lines[0] : undefined
}

function single(read: ReadPart, visit: Visit, { sizeBytes }: ChosenFile, part: ByteRange): IngressResponse {
  const fields = [['Content-Range', contentRange(part, sizeBytes)]] as const
  return { status: 206, fields, sizeBytes: part.end - part.start, ...read(visit, part) }
}

function several(
  read: ReadPart,
  visit: Visit,
  { cid, sizeBytes, mediaType, variant }: ChosenFile,
  ranges: readonly ByteRange[],
): IngressResponse {
  let source: IngressResponse['source']
  const readOne = (part: ByteRange): Body => {
    const one = read(visit, part)
    source ??= one.source
    return one.body
  }
  const parts = byteranges(ranges, readOne, { seed: variant?.tag ?? cid, sizeBytes, mediaType })
  return { status: 206, ...parts, ...(source && { source }) }
}
