// EDNS(0), RFC 6891: what a pseudo-record in the additional section says about the message that carries it.
//
// OPT bends the fields of a record: its class is the largest UDP message that the sender takes, its TTL
// holds the upper eight bits of the rcode, the version and sixteen flags. Here the bent fields get their
// names back.

import { types } from './code.ts'
import { rootName } from './name.ts'
import type { EdnsOption } from './rdata.ts'
import type { ResourceRecord } from './record.ts'

/** Codes of options (IANA "DNS EDNS0 Option Codes") that we read or write; all others are ignored (§6.1.2). */
export const optionCodes = {
  nsid: 3,
  subnet: 8,
  cookie: 10,
  keepalive: 11,
  padding: 12,
  extendedError: 15,
} as const

export interface Edns {
  readonly udpBytesMax: number
  readonly version: number
  readonly dnssecOk: boolean
  /** CO (RFC 9824 §5.1): NXDOMAIN may come with a proof that has the form of no data. */
  readonly compactOk?: boolean
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
      compactOk: (record.ttlS & 0x4000) !== 0,
      rcodeHigh: record.ttlS >>> 24,
      options: record.data.options,
    }
  }
  return edns
}

/** The inverse; flags other than DO and CO are 0, as RFC 6891 §6.1.4 wants of a sender. */
export function optRecord(edns: Edns): ResourceRecord {
  return {
    name: rootName,
    type: types.OPT,
    class: edns.udpBytesMax,
    ttlS: ((edns.rcodeHigh << 24) | (edns.version << 16) | (flagsOf(edns) << 8)) >>> 0,
    data: { kind: 'options', options: edns.options },
  }
}

/** The upper octet of the flags. */
function flagsOf({ dnssecOk, compactOk }: Pick<Edns, 'dnssecOk' | 'compactOk'>): number {
  return (dnssecOk ? 0x80 : 0) | (compactOk === true ? 0x40 : 0)
}

/** What an answer says in its OPT; its version is 0. */
export interface EdnsReply {
  readonly udpBytesMax: number
  readonly dnssecOk: boolean
  readonly compactOk: boolean
  readonly rcodeHigh: number
  readonly options: readonly EdnsOption[]
}

/** Writes OPT at `at`, where there is room for it; `paddingBytes` zeros more in an option of RFC 7830. */
export function writeOpt(bytes: Uint8Array, at: number, opt: EdnsReply, paddingBytes?: number): void {
  bytes[at] = 0 // the root
  bytes[at + 1] = 0
  bytes[at + 2] = types.OPT
  bytes[at + 3] = opt.udpBytesMax >>> 8
  bytes[at + 4] = opt.udpBytesMax
  bytes[at + 5] = opt.rcodeHigh
  bytes[at + 6] = 0 // the version
  bytes[at + 7] = flagsOf(opt)
  bytes[at + 8] = 0
  let end = at + 11
  for (const { code, bytes: data } of opt.options) end = writeOption(bytes, end, code, data)
  if (paddingBytes !== undefined) {
    // Filled in place: an array of zeros for each answer would cost more than the rest of it.
    end = writeOptionHead(bytes, end, optionCodes.padding, paddingBytes)
    bytes.fill(0, end, end + paddingBytes)
    end += paddingBytes
  }
  bytes[at + 9] = (end - at - 11) >>> 8
  bytes[at + 10] = end - at - 11
}

function writeOption(bytes: Uint8Array, at: number, code: number, data: Uint8Array): number {
  const dataAt = writeOptionHead(bytes, at, code, data.length)
  bytes.set(data, dataAt)
  return dataAt + data.length
}

function writeOptionHead(bytes: Uint8Array, at: number, code: number, dataBytes: number): number {
  bytes[at] = code >>> 8
  bytes[at + 1] = code
  bytes[at + 2] = dataBytes >>> 8
  bytes[at + 3] = dataBytes
  return at + 4
}
