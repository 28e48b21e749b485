// Frames and requests as octets, right and wrong, for a client that sends what it is told; and what may come of them.
//
// A stream error may be treated as a connection error (RFC 9113 §5.4.2), so `stream` accepts both with the same code.

import { codes, flags, frame, settingsFrame, frameTypes as t, words } from '../../edge/http2/frames.ts'
import type { FrameClient } from './frame-client.ts'

export type Outcome =
  | { readonly kind: 'connection' | 'stream'; readonly codes: readonly number[] }
  /** The request on this stream is answered with this status. */
  | { readonly kind: 'answered'; readonly stream: number; readonly status: number }
  /** The connection lives on: a PING is answered. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'seen'; readonly see: (client: FrameClient) => Promise<void> }

export interface Case {
  readonly title: string
  readonly send: readonly Uint8Array[]
  readonly outcome: Outcome
  /** Sent instead of preface and SETTINGS. */
  readonly greeting?: readonly Uint8Array[]
}

export const none = Buffer.alloc(0)
export const { endHeaders: EH, endStream: ES, padded: PAD, priority: PRI } = flags
export const {
  protocolError: PROTOCOL,
  streamClosed: CLOSED,
  frameSizeError: SIZE,
  flowControlError: FLOW,
  compressionError: COMPRESSION,
} = codes

export const connection = (...codes: number[]): Outcome => ({ kind: 'connection', codes })
export const stream = (...codes: number[]): Outcome => ({ kind: 'stream', codes })
export const answered = (status = 200, id = 1): Outcome => ({ kind: 'answered', stream: id, status })
export const alive: Outcome = { kind: 'alive' }

/** Literals without indexing, without Huffman: what any reader must understand (RFC 7541 §6.2.2). */
export function block(...fields: [name: string, value: string][]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([length(value.length), Buffer.from(value, 'latin1')])
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const octets = [127]
  let left = value - 127
  for (; left >= 128; left >>= 7) octets.push((left & 127) | 128)
  return Buffer.from([...octets, left])
}

export const pseudo = (method = 'GET', path = '/'): [string, string][] => [
  [':method', method],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'welcome.inxt'],
]
export const get = block(...pseudo())
export const post = (...more: [string, string][]): Buffer => block(...pseudo('POST', '/echo'), ...more)

export const headers = (payload: Uint8Array, marks: number = EH | ES, id = 1): Buffer =>
  frame(t.headers, marks, id, payload)
export const data = (bytes: Uint8Array | string, marks: number = ES, id = 1): Buffer =>
  frame(t.data, marks, id, Buffer.from(bytes))
export const rst = (id = 1, code: number = codes.cancel): Buffer => frame(t.rstStream, 0, id, words(code))
export const priority = (id: number, parent = 0, weight = 255): Buffer =>
  frame(t.priority, 0, id, Buffer.concat([words(parent), Buffer.from([weight])]))
export const windowUpdate = (id: number, more: number): Buffer => frame(t.windowUpdate, 0, id, words(more))
export const continuation = (payload: Uint8Array, marks: number = EH, id = 1): Buffer =>
  frame(t.continuation, marks, id, payload)
export const ping = (payload = 'octets!!', marks = 0, id = 0): Buffer =>
  frame(t.ping, marks, id, Buffer.from(payload))
export const set = (id: number, value: number): Buffer => settingsFrame({ [id]: value })
export const goaway = (id = 0, payload: Uint8Array = words(0, 0)): Buffer => frame(t.goaway, 0, id, payload)
export const padded = (payload: Uint8Array, padding: number): Buffer =>
  Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding)])
export const withPriority = (payload: Uint8Array, parent = 0): Buffer =>
  Buffer.concat([words(parent), Buffer.from([15]), payload])
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
export const wired = (...parts: (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? hex(part) : part)))

/** A request that lacks `name` or has other values. */
export const altered = (name: string, ...values: string[]): Buffer =>
  block(
    ...pseudo().flatMap(([key, value]): [string, string][] =>
      key === name ? values.map(one => [key, one]) : [[key, value]],
    ),
  )
export const withField = (...more: [string, string][]): Buffer => block(...pseudo(), ...more)

export function rows(
  section: string,
  list: readonly [title: string, outcome: Outcome, ...send: Uint8Array[]][],
): Case[] {
  return list.map(([title, outcome, ...send]) => ({ title: `${section}: ${title}`, outcome, send }))
}
