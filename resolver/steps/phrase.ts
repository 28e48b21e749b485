// A decision in the words of the protocol: sections and flags. OPT comes later (steps/opt.ts).
//
// RD and CD come back as they came (RFC 1035 §4.1.1, RFC 4035 §3.1.6). RA and AD are never set: this server
// neither recurses nor validates. AA goes with everything that a zone said, also with absences.

import { assert } from '../../base/fault.ts'
import { rcodes } from '../wire/code.ts'
import { flagBits } from '../wire/header.ts'
import type { Message } from '../wire/message.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Decision } from '../zone/decision.ts'
import { type Query, takesCompact } from './query.ts'

export function phrase(query: Query, decision: Decision): Message {
  assert(decision.kind !== 'site', 'a site was placed before it is phrased')
  const bare = shell(query, rcodeFor(query, decision))
  // A referral is no answer of ours, only a hint where one is.
  const authoritative = decision.kind !== 'error' && decision.kind !== 'referral'
  return { ...bare, flags: bare.flags | (authoritative ? flagBits.AA : 0), ...sectionsOf(decision) }
}

const noRecords: readonly ResourceRecord[] = []

function sectionsOf(
  decision: Exclude<Decision, { kind: 'site' }>,
): Pick<Message, 'answers' | 'authorities' | 'additionals'> {
  switch (decision.kind) {
    case 'answer': {
      const { records, authorities = noRecords, glue } = decision
      return { answers: records, authorities, additionals: glue }
    }
    case 'referral':
      return { answers: noRecords, authorities: decision.authorities, additionals: decision.glue }
    case 'nodata':
    case 'nxdomain': {
      const { aliases = noRecords, soa, proof = noRecords } = decision
      return { answers: aliases, authorities: [soa, ...proof], additionals: noRecords }
    }
    case 'error':
      return { answers: noRecords, authorities: noRecords, additionals: noRecords }
  }
}

/** Header and question, and nothing that would be an answer. */
export function shell(query: Query, rcode: number): Message {
  return {
    id: query.id,
    flags: flagBits.QR | (query.flags & (flagBits.RD | flagBits.CD)) | (rcode & 0xf),
    questions: query.asks ? [query.question] : [],
    answers: [],
    authorities: [],
    additionals: [],
  }
}

/** All twelve bits. */
export function rcodeFor(query: Query, decision: Decision): number {
  if (decision.kind === 'error') return decision.rcode
  if (decision.kind === 'answer') return decision.rcode ?? rcodes.NOERROR
  if (decision.kind !== 'nxdomain') return rcodes.NOERROR
  // A validator that does not know NXNAME would take NXDOMAIN with such a proof for forged (RFC 9824 §3.1).
  return decision.compact === true && !takesCompact(query) ? rcodes.NOERROR : rcodes.NXDOMAIN
}
