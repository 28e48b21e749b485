// DNS over HTTPS as a mapping (RFC 8484 §4, §5): a request becomes a packet, a packet becomes fields.
//
// Nothing here touches a socket, and a request that is not ours is a status with a sentence. The life of an
// answer in HTTP caches is the smallest TTL of its records, read off the bytes that are sent rather than off
// a second decoding; whatever is neither an answer nor a proven absence must not be kept.

import { rcodes, types } from '../wire/code.ts'
import { messageBytesMax } from '../wire/writer.ts'

export const messageMedia = 'application/dns-message'

export interface Refusal {
  readonly status: 400 | 404 | 405 | 413 | 415
  readonly why: string
}

export function isRefusal(value: Uint8Array | Refusal): value is Refusal {
  return !(value instanceof Uint8Array)
}

/** The packet in the `dns` variable of a GET (base64url without padding, RFC 4648 §5). */
export function packetFromGet(parameters: URLSearchParams): Uint8Array | Refusal {
  const values = parameters.getAll('dns')
  if (values.length !== 1) return { status: 400, why: 'one variable `dns` with a message in base64url' }
  const [text] = values as [string]
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) {
    return { status: 400, why: '`dns` must be base64url without padding' }
  }
  const packet = Buffer.from(text, 'base64url')
  return packet.length <= messageBytesMax
    ? packet
    : { status: 413, why: 'a message has 65,535 octets at most' }
}

/** The media type without its parameters, in lower case. */
export function mediaOf(field: string | undefined): string {
  return (field ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/**
 * Seconds for which `answer` (bytes that we wrote) may be kept: the smallest TTL of the answer section, or
 * of the SOA that says how long an absence lasts (RFC 8484 §5.1, RFC 2308 §5); 0 for all else.
 */
export function freshnessS(answer: Uint8Array): number {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const rcode = view.getUint16(2) & 0xf
  const isTruncated = (view.getUint16(2) & 0x0200) !== 0
  if ((rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) || isTruncated) return 0
  let at = 12
  for (let i = view.getUint16(4); i > 0; i--) at = afterName(answer, at) + 4
  let freshness = Number.POSITIVE_INFINITY
  const answers = view.getUint16(6)
  for (let i = answers + view.getUint16(8); i > 0; i--) {
    at = afterName(answer, at)
    const type = view.getUint16(at)
    const ttlS = view.getUint32(at + 4)
    const end = at + 10 + view.getUint16(at + 8)
    const isAnswer = i > view.getUint16(8)
    if (isAnswer) freshness = Math.min(freshness, ttlS)
    else if (type === types.SOA) freshness = Math.min(freshness, ttlS, view.getUint32(end - 4))
    at = end
  }
  return freshness === Number.POSITIVE_INFINITY ? 0 : freshness
}

function afterName(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at += 1 + bytes[at]!) {
    const octet = bytes[at]!
    if (octet === 0) return at + 1
    if (octet >= 0xc0) return at + 2
  }
}
