// A decision in the words of the protocol: sections, flags, and EDNS if the asker speaks it.
//
// RD and CD come back as they came (RFC 1035 §4.1.1, RFC 4035 §3.1.6), and so does DO (RFC 3225 §3). RA and
// AD are never set: this server neither recurses nor validates. AA goes with everything that a zone said,
// also with absences.

import { concatBytes } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { rcodes } from '../wire/code.ts'
import { optionCodes, optRecord } from '../wire/edns.ts'
import { flagBits } from '../wire/header.ts'
import type { Message } from '../wire/message.ts'
import type { EdnsOption } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Decision } from '../zone/decision.ts'
import type { Query } from './query.ts'

/** `udpBytesMax` is what we take ourselves, told in our OPT. */
export function phrase(query: Query, decision: Decision, udpBytesMax: number): Message {
  assert(decision.kind !== 'site', 'a site was placed before it is phrased')
  const rcode = rcodeFor(decision)
  const authoritative = decision.kind === 'error' ? 0 : flagBits.AA
  return {
    id: query.id,
    flags: flagBits.QR | authoritative | (query.flags & (flagBits.RD | flagBits.CD)) | (rcode & 0xf),
    questions: [query.question],
    answers: decision.kind === 'answer' ? decision.records : [],
    authorities: decision.kind === 'nodata' || decision.kind === 'nxdomain' ? [decision.soa] : [],
    additionals: [...(decision.kind === 'answer' ? decision.glue : []), ...opt(query, decision, udpBytesMax)],
  }
}

/** All twelve bits. */
export function rcodeFor(decision: Decision): number {
  if (decision.kind === 'error') return decision.rcode
  return decision.kind === 'nxdomain' ? rcodes.NXDOMAIN : rcodes.NOERROR
}

/** OPT answers OPT and only OPT (RFC 6891 §6.1.1), also when there was one too many. */
function opt(query: Query, decision: Decision, udpBytesMax: number): ResourceRecord[] {
  if (query.edns === undefined) return []
  const record = optRecord({
    udpBytesMax,
    version: 0,
    dnssecOk: query.edns !== 'faulty' && query.edns.dnssecOk,
    rcodeHigh: rcodeFor(decision) >>> 4,
    options: extendedError(decision),
  })
  return [record]
}

/** The code alone (RFC 8914 §2): its meaning is in the registry, and words would make the answer larger. */
function extendedError(decision: Decision): EdnsOption[] {
  if (decision.kind !== 'error' || decision.extendedError === undefined) return []
  const code = decision.extendedError
  return [{ code: optionCodes.extendedError, bytes: concatBytes([Uint8Array.of(code >>> 8, code & 0xff)]) }]
}
