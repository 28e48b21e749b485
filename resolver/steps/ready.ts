// Ready-made answers: a question that was answered before costs one look-up and one copy.
//
// Kept is a message without OPT. Of a new query it takes the id, RD and CD, and the spelling of the name,
// octet for octet: names in the answer point at the question (RFC 1035 §4.1.4), so they follow its case. OPT is
// made anew behind it, and so are the addresses of a site, which depend on who asks. A key per packet size or
// transport is not needed: what does not fit goes the long way.
//
// Two generations: when the young one is full it becomes the old one, whose members are kept as far as they are
// asked for again. So random names wash out each other and not what is popular, and no clock is needed.

import { types } from '../wire/code.ts'
import type { Edns } from '../wire/edns.ts'
import { headerBytes } from '../wire/header.ts'
import { Reader } from '../wire/reader.ts'
import { noExtensions, readExtensions } from './extensions.ts'
import { type ClientAddress, nothing, type Query, type Transport } from './query.ts'

/** What UDP carries; larger bodies are rare, and a stranger could fill the table with them. */
export const readyBytesMax = 1232

export interface Ready {
  /** Header (without RD and CD), question, and the sections but OPT; of a site, header and question alone. */
  readonly body: Uint8Array
  readonly dnssecOk: boolean
  /** From a zone that denies compactly. */
  readonly isCompact: boolean
  /** Set when the addresses are to be chosen for each query; the type is A or AAAA then. */
  readonly site: { readonly label: string; readonly type: number } | undefined
  readonly rcode: number
  readonly imputed: number
  readonly counters: readonly string[]
}

export interface ReadyTable {
  /** The kept answer to `packet` (which the guard let pass), and what the packet says besides its question. */
  find(
    packet: Uint8Array,
    client: ClientAddress,
    transport: Transport,
  ): { ready: Ready; query: Query } | undefined
  keep(packet: Uint8Array, ready: Ready): void
  forget(): void
}

/** Where the name of the question ends, and the question; undefined for names that are no plain ones. */
export function questionEnd(packet: Uint8Array): number | undefined {
  let at = headerBytes
  for (let length = packet[at]; length !== 0; length = packet[at]) {
    if (length === undefined || length > 63) return undefined
    at += 1 + length
  }
  return at + 5 <= packet.length ? at + 5 : undefined
}

export function createReadyTable(entriesMax: number): ReadyTable {
  let young = new Map<number, Ready>()
  let old = new Map<number, Ready>()
  const put = (key: number, ready: Ready): void => {
    if (young.size >= entriesMax / 2) {
      old = young
      young = new Map()
    }
    young.set(key, ready)
  }
  return {
    find(packet, client, transport) {
      const end = questionEnd(packet)
      if (end === undefined || packet[5] !== 1) return undefined
      const edns = plainEdns(packet, end)
      if (edns === null) return undefined
      const dnssecOk = edns?.dnssecOk ?? false
      const key = hashOf(packet, end, dnssecOk)
      let ready = young.get(key)
      if (ready === undefined) {
        ready = old.get(key)
        if (ready !== undefined) put(key, ready)
      }
      if (ready === undefined || ready.dnssecOk !== dnssecOk || !sameQuestion(ready.body, packet, end)) {
        return undefined
      }
      return { ready, query: queryOf(packet, edns, client, transport) }
    },
    keep(packet, ready) {
      const end = questionEnd(packet)
      if (end !== undefined) put(hashOf(packet, end, ready.dnssecOk), ready)
    },
    forget() {
      if (young.size > 0) young = new Map()
      if (old.size > 0) old = new Map()
    },
  }
}

function queryOf(
  packet: Uint8Array,
  edns: Edns | undefined,
  client: ClientAddress,
  transport: Transport,
): Query {
  return {
    id: (packet[0]! << 8) | packet[1]!,
    flags: (packet[2]! << 8) | packet[3]!,
    question: nothing,
    asks: true,
    edns,
    extensions: edns === undefined ? noExtensions : readExtensions(edns.options),
    client,
    transport,
  }
}

const noOptions: Edns['options'] = []

/** What follows the question: undefined for nothing, null for anything but an OPT of version 0 alone. */
function plainEdns(packet: Uint8Array, at: number): Edns | undefined | null {
  const additionals = (packet[10]! << 8) | packet[11]!
  if (additionals === 0) return packet.length === at ? undefined : null
  const isOpt = packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === types.OPT
  if (additionals > 1 || packet.length < at + 11 || !isOpt || packet[at + 6] !== 0) return null
  const dataBytes = (packet[at + 9]! << 8) | packet[at + 10]!
  if (packet.length !== at + 11 + dataBytes) return null
  return {
    udpBytesMax: (packet[at + 3]! << 8) | packet[at + 4]!,
    version: 0,
    dnssecOk: (packet[at + 7]! & 0x80) !== 0,
    compactOk: (packet[at + 7]! & 0x40) !== 0,
    rcodeHigh: 0,
    options: dataBytes === 0 ? noOptions : optionsAt(packet, at + 11),
  }
}

/** Throws Fault `bytes/malformed`, as the long way would. */
function optionsAt(packet: Uint8Array, at: number): Edns['options'] {
  const reader = new Reader(packet)
  reader.at = at
  const options: Edns['options'][number][] = []
  while (reader.left > 0) options.push({ code: reader.u16(), bytes: reader.take(reader.u16()) })
  return options
}

/** Folds A–Z; the lengths of labels are below them. */
function folded(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}

function hashOf(packet: Uint8Array, end: number, dnssecOk: boolean): number {
  const nameEnd = end - 4
  let hash = dnssecOk ? 0x811c9dc4 : 0x811c9dc5
  for (let at = headerBytes; at < nameEnd; at++) hash = Math.imul(hash ^ folded(packet[at]!), 0x01000193)
  for (let at = nameEnd; at < end; at++) hash = Math.imul(hash ^ packet[at]!, 0x01000193)
  return hash
}

function sameQuestion(body: Uint8Array, packet: Uint8Array, end: number): boolean {
  const nameEnd = end - 4
  if (body.length < end) return false
  for (let at = headerBytes; at < nameEnd; at++) {
    if (folded(body[at]!) !== folded(packet[at]!)) return false
  }
  for (let at = nameEnd; at < end; at++) if (body[at] !== packet[at]) return false
  return true
}
