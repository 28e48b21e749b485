// EDNS(0), RFC 6891: what a pseudo-record in the additional section says about the message that carries it.
//
// OPT bends the fields of a record: its class is the largest UDP message that the sender takes, its TTL
// holds the upper eight bits of the rcode, the version and sixteen flags. Here the bent fields get their
// names back.

import { types } from './code.ts'
import { rootName } from './name.ts'
import type { EdnsOption } from './rdata.ts'
import type { ResourceRecord } from './record.ts'

/** Codes of options (IANA "DNS EDNS0 Option Codes") that we write. */
export const optionCodes = { extendedError: 15 } as const

export interface Edns {
  readonly udpBytesMax: number
  readonly version: number
  readonly dnssecOk: boolean
  /** The upper eight bits of a twelve-bit rcode; 0 in a query. */
  readonly rcodeHigh: number
  readonly options: readonly EdnsOption[]
}

/**
 * What the additional section says about EDNS: undefined without an OPT; `'faulty'` for a second OPT or an
 * owner other than the root, both of which RFC 6891 §6.1.1 answers with FORMERR.
 */
export function ednsOf(additionals: readonly ResourceRecord[]): Edns | 'faulty' | undefined {
  let edns: Edns | undefined
  for (const record of additionals) {
    if (record.type !== types.OPT) continue
    if (edns !== undefined || record.name !== rootName || record.data.kind !== 'options') return 'faulty'
    edns = {
      udpBytesMax: record.class,
      version: (record.ttlS >>> 16) & 0xff,
      dnssecOk: (record.ttlS & 0x8000) !== 0,
      rcodeHigh: record.ttlS >>> 24,
      options: record.data.options,
    }
  }
  return edns
}

/** The inverse; flags other than DO are 0, as RFC 6891 §6.1.4 wants of a sender. */
export function optRecord(edns: Edns): ResourceRecord {
  return {
    name: rootName,
    type: types.OPT,
    class: edns.udpBytesMax,
    ttlS: ((edns.rcodeHigh << 24) | (edns.version << 16) | (edns.dnssecOk ? 0x8000 : 0)) >>> 0,
    data: { kind: 'options', options: edns.options },
  }
}
