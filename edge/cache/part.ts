// A part of something that is not here: may the whole of it be kept for everybody, and how long is it?
//
// Players and resumed downloads ask for parts and for nothing else, so a cache that stores only what was asked for
// whole would pass on each of their requests. RFC 9111 §3.3 lets it store parts and §3.4 put them together; to fetch
// the whole at once needs neither, and costs the origin one answer.

import { type Field, fieldLines } from '../message.ts'
import { freshnessOf, type Heuristic } from './freshness.ts'
import { storable } from './storable.ts'
import { dated } from './validation.ts'

interface Parted {
  readonly request: { readonly method: string; readonly fields: readonly Field[] }
  readonly response: { readonly status: number; readonly fields: readonly Field[] }
  /** When the one went out and the other came, in ms. */
  readonly times: { readonly requestedAt: number; readonly receivedAt: number }
}

/** The length of the whole, in bytes; undefined when it is not told, or when the whole could not be kept. */
export function wholeBytesOf({ request, response, times }: Parted, heuristic: Heuristic): number | undefined {
  const ranges = fieldLines(response.fields, 'content-range')
  const total = /^bytes \d{1,15}-\d{1,15}\/(\d{1,15})$/.exec(ranges[0] ?? '')?.[1]
  if (response.status !== 206 || ranges.length !== 1 || total === undefined) return undefined
  const whole = { status: 200, fields: dated(response.fields, times.receivedAt) }
  const freshness = freshnessOf(whole, times, heuristic)
  return storable({ request, response: whole, freshness }) ? Number(total) : undefined
}
