// What HTTP/1 writes around a body (RFC 9112 §4 to §7): the head of an answer, and the end of one whose length nobody
// knew.
//
// Text is put together with + and written as latin1: for heads of some hundred octets nothing is quicker, and values
// have been looked at before (sendable.ts).

import { http } from '../../base/io/node-http.ts'
import type { Head } from '../http1/head.ts'
import type { Field, IngressResponse } from '../message.ts'
import { kindOfName } from '../sendable.ts'

const { STATUS_CODES } = http

const startLines: Readonly<Record<number, string>> = Object.fromEntries(
  Object.keys(STATUS_CODES).map(status => [status, startLine(Number(status))]),
)

/** The heads of ready-made answers, where nothing is to be said of the connection. */
const ready = new WeakMap<IngressResponse, string>()

/** Of an answer that may have been made before. */
export function headOf(response: IngressResponse, own: string): string {
  if (!response.isReady || own !== '') return headText(response, own)
  let text = ready.get(response)
  if (text === undefined) ready.set(response, (text = headText(response, own)))
  return text
}

/** What the rim says of the connection, in `own`, replaces what anybody else said of it. */
export function headText(
  { status, fields }: Pick<IngressResponse, 'status' | 'fields'>,
  own: string,
): string {
  let text = startLines[status] ?? startLine(status)
  for (const [name, value] of fields)
    if (kindOfName(name) !== 'of the connection') text += `${name}: ${value}\r\n`
  return `${text}${own}\r\n`
}

/** The lines about the connection and the framing, each with its end. */
export function connectionLines({ version, persists }: Head, chunked: boolean, last: boolean): string {
  const coding = chunked ? 'Transfer-Encoding: chunked\r\n' : ''
  if (last) return `${coding}Connection: close\r\n`
  return version === '1.0' && persists ? `${coding}Connection: keep-alive\r\n` : coding
}

/** What stands behind the last chunk; of trailers only for who asked for them (RFC 9110 §6.5.1). */
export function endText({ fields }: Head, trailers: (() => readonly Field[]) | undefined): string {
  const isWanted = fields.some(
    ([name, value]) => name.toLowerCase() === 'te' && /(^|[,\s])trailers($|[,;\s])/i.test(value),
  )
  const lines = (isWanted && trailers?.()) || []
  return `0\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

function startLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
}
