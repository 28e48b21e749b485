// The OPT of an answer, put behind a message that was made without one.
//
// OPT says things that differ from query to query (cookie, padding), the rest of an answer may be the same for
// thousands. Apart from each other, the rest can be kept ready-made. Padding comes last, because only then is
// it known how much is needed (RFC 8467: to the next 468 octets, and only where nobody can read the rest).

import { subnetOption } from '../select/subnet.ts'
import { type EdnsReply, optionCodes, writeOpt } from '../wire/edns.ts'
import type { EdnsOption } from '../wire/rdata.ts'
import { messageBytesMax } from '../wire/writer.ts'
import type { Decision } from '../zone/decision.ts'
import { type Query, takesCompact } from './query.ts'

export interface OptOptions {
  /** What we take ourselves over UDP. */
  readonly udpBytesMax: number
  /** What to call this server when asked (RFC 5001); nothing unless the operator wants it. */
  readonly nsid?: Uint8Array
  /** How long an idle connection is kept (RFC 7828), in ms; absent, nothing is said of it. */
  readonly idleTimeoutMs?: number
}

/** What only this query brings. */
export interface Told {
  readonly cookie: Uint8Array | undefined
  /** How many bits of the client's subnet mattered; undefined when subnets are not heard. */
  readonly scopeBits: number | undefined
  /** The zone denies names compactly, which CO may be answered by. */
  readonly isCompact: boolean
}

const emptyOptBytes = 11
const noOptions: readonly EdnsOption[] = []
/** RFC 8467 §4.1, for answers. */
const blockBytes = 468
/** Code and length. */
const optionHeadBytes = 4

/** The OPT for an answer to `query`: undefined without one in the query (RFC 6891 §6.1.1). */
export function optFor(
  query: Query,
  rcode: number,
  error: number | undefined,
  told: Told,
  options: OptOptions,
): EdnsReply | undefined {
  if (query.edns === undefined) return undefined
  return {
    udpBytesMax: options.udpBytesMax,
    dnssecOk: query.edns !== 'faulty' && query.edns.dnssecOk,
    compactOk: told.isCompact && takesCompact(query),
    rcodeHigh: rcode >>> 4,
    options: optionsFor(query, error, told, options),
  }
}

/** The code of RFC 8914 that `decision` wants to be told. */
export function extendedErrorOf(decision: Decision): number | undefined {
  return decision.kind === 'error' ? decision.extendedError : undefined
}

function optionsFor(
  { extensions, transport }: Query,
  error: number | undefined,
  told: Told,
  options: OptOptions,
): readonly EdnsOption[] {
  const said: EdnsOption[] = []
  if (extensions !== 'malformed') {
    if (told.cookie !== undefined) said.push({ code: optionCodes.cookie, bytes: told.cookie })
    if (extensions.subnet !== undefined && told.scopeBits !== undefined) {
      said.push(subnetOption(extensions.subnet, told.scopeBits))
    }
    if (extensions.wantsNsid && options.nsid !== undefined) {
      said.push({ code: optionCodes.nsid, bytes: options.nsid })
    }
    // RFC 7828 §3.3.2: never over UDP; HTTP has its own ways to keep a connection.
    const onStream = transport === 'tcp' || transport === 'tls'
    if (extensions.wantsKeepalive && onStream && options.idleTimeoutMs !== undefined) {
      const tenths = Math.min(0xffff, Math.floor(options.idleTimeoutMs / 100))
      said.push({ code: optionCodes.keepalive, bytes: Uint8Array.of(tenths >>> 8, tenths & 0xff) })
    }
  }
  // The code alone (RFC 8914 §2): its meaning is in the registry, and words would make the answer larger.
  if (error !== undefined) {
    said.push({ code: optionCodes.extendedError, bytes: Uint8Array.of(error >>> 8, error & 0xff) })
  }
  return said.length === 0 ? noOptions : said
}

/** Octets of `opt`, without padding. */
export function optBytes(opt: EdnsReply | undefined): number {
  if (opt === undefined) return 0
  let bytes = emptyOptBytes
  for (const option of opt.options) bytes += optionHeadBytes + option.bytes.length
  return bytes
}

/** Whether the answer to `query` is to be padded. */
export function isPadded({ extensions, transport }: Query): boolean {
  const isEncrypted = transport === 'tls' || transport === 'https'
  return isEncrypted && extensions !== 'malformed' && extensions.wantsPadding
}

/** Octets of a message whose body has `bodyBytes`, with `opt` and, where there is to be some, padding. */
export function wholeBytes(bodyBytes: number, opt: EdnsReply | undefined, padded: boolean): number {
  const plainBytes = bodyBytes + optBytes(opt)
  if (!padded || opt === undefined) return plainBytes
  const paddedTo = Math.ceil((plainBytes + optionHeadBytes) / blockBytes) * blockBytes
  // At the end of what a message may have, less padding, or none.
  const bytes = Math.min(paddedTo, messageBytesMax)
  return bytes >= plainBytes + optionHeadBytes ? bytes : plainBytes
}

/** Puts `opt` behind the body, which ends at `at`; what is left of `bytes` is padding. */
export function putOpt(bytes: Uint8Array, at: number, opt: EdnsReply | undefined): void {
  if (opt === undefined) return
  const left = bytes.length - at - optBytes(opt)
  writeOpt(bytes, at, opt, left === 0 ? undefined : left - optionHeadBytes)
  // One more additional record.
  const count = ((bytes[10]! << 8) | bytes[11]!) + 1
  bytes[10] = count >>> 8
  bytes[11] = count
}
