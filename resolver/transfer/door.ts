// The door for secondaries: who is vouched for by TSIG may take a zone whole; all others pass on to the responder.
//
//   not signed, no transfer ─► responder        transfer, not signed ─► REFUSED
//   signed, wrong           ─► NOTAUTH          transfer, signed     ─► peer of the zone? ─► its messages
//   signed, right           ─► responder, and its answer is signed
//
// Before the responder rather than in it: who has no secondary pays nothing, and the fast path stays as it is. IXFR
// (RFC 1995) gets what changed since the version it names, the whole zone where that is not known any more, and the
// SOA alone if it is up to date or asks over UDP.

import { isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import type { Respond } from '../responder.ts'
import { bareReply } from '../steps/guard.ts'
import { createLimiter, imputedHash, type LimitOptions } from '../steps/limit.ts'
import type { ClientAddress, Transport } from '../steps/query.ts'
import { addressOctets } from '../steps/standing.ts'
import { createTimings } from '../steps/timings.ts'
import { classes, opcodes, rcodes, types } from '../wire/code.ts'
import { ednsOf } from '../wire/edns.ts'
import { flagBits, opcodeOf } from '../wire/header.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { foldCase, type Name } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { messageBytesMax } from '../wire/writer.ts'
import { isLaterSerial } from '../zone/serial.ts'
import type { Zone } from '../zone/zone.ts'
import { messagesOf, recordsOf, serialOf, soaOf } from './axfr.ts'
import { changesOf, type Journal } from './journal.ts'
import {
  complain,
  readSigned,
  type Signed,
  signMessage,
  type TsigKey,
  tsigBytes,
  tsigErrors,
  type Verdict,
  verify,
} from './tsig.ts'

export interface DoorOptions {
  readonly keys: readonly TsigKey[]
  /** Addresses that may take a zone, by its apex in lower case. */
  readonly peers: ReadonlyMap<Name, readonly string[]>
  readonly zones: () => readonly Zone[]
  /** Absent, every transfer is whole. */
  readonly journal?: Pick<Journal, 'since'>
  /** Who answers everything else. */
  readonly respond: Respond
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly meter: Meter
  /** For refusals over UDP, which no secondary needs many of. */
  readonly limit?: LimitOptions
}

interface Desk extends DoorOptions {
  /** Transfers that are under way: one of a zone at a time to each peer. */
  readonly busy: Set<string>
  /** Told how long each took, also when it was left. */
  readonly took: (ms: number) => void
}

/** Messages, made as they are taken: to be run to the end, or left by `return`. */
export type Messages = Iterator<Uint8Array, void, void>

export interface Door {
  /** For every transport; of a transfer it gives a refusal, or one message. */
  readonly respond: Respond
  /** For TCP: the messages that answer `packet`, or undefined when the one of `respond` does. */
  readonly transfer: (packet: Uint8Array, client: ClientAddress) => Messages | undefined
}

export function createDoor(options: DoorOptions): Door {
  const desk = { ...options, busy: new Set<string>(), took: createTimings(options.meter, 'dns.transfer') }
  // A secondary comes back by itself: nobody has to be told to come by TCP.
  const limiter = options.limit && createLimiter({ ...options.limit, slip: 0 })
  const mayRefuse = (client: ClientAddress, transport: Transport): boolean => {
    if (transport !== 'udp' || limiter === undefined) return true
    const isSent = limiter.judge(addressOctets(client), imputedHash(0, '')) === 'send'
    if (!isSent) options.meter.count('dns.limit.drop')
    return isSent
  }
  const judge = (packet: Uint8Array, client: ClientAddress, transport: Transport): Messages | undefined => {
    if (!concerns(packet)) return undefined
    try {
      const signed = readSigned(packet)
      const nowS = Math.floor(options.now() / 1000)
      const verdict = signed && verify(signed, options.keys, nowS)
      if (verdict?.kind === 'good') return answerSigned(desk, signed!, verdict.key, client, transport)
      if (verdict === undefined && !asksTransfer(packet)) return undefined
      if (verdict !== undefined) options.meter.count('dns.tsig.bad')
      if (!mayRefuse(client, transport)) return silence()
      if (verdict !== undefined) return one(complaint(signed!, verdict, nowS))
      return one(reply(decodeMessage(packet), rcodes.REFUSED))
    } catch (error) {
      if (!isFault(error, 'bytes/malformed')) throw error
      return mayRefuse(client, transport) ? one(bareReply(packet, rcodes.FORMERR)) : silence()
    }
  }
  return {
    transfer: (packet, client) => judge(packet, client, 'tcp'),
    respond(packet, client, transport) {
      const messages = judge(packet, client, transport)
      if (messages === undefined) return options.respond(packet, client, transport)
      const first = messages.next()
      messages.return?.()
      return first.done === true ? undefined : first.value
    },
  }
}

/** A query that has records behind its question, or asks for a transfer; a cheap look at octets. */
function concerns(packet: Uint8Array): boolean {
  if (packet.length < 12) return false
  const flags = (packet[2]! << 8) | packet[3]!
  if ((flags & flagBits.QR) !== 0 || opcodeOf(flags) !== opcodes.QUERY) return false
  // More questions than one are the responder's to refuse.
  if (packet[4] !== 0 || packet[5] !== 1) return false
  return packet[11] !== 0 || packet[10] !== 0 || asksTransfer(packet)
}

/** Whether the only question, its name not compressed, is of type AXFR or IXFR. */
function asksTransfer(packet: Uint8Array): boolean {
  let at = 12
  while (at < packet.length && packet[at] !== 0) at += 1 + packet[at]!
  const type = (packet[at + 1]! << 8) | packet[at + 2]!
  return type === types.AXFR || type === types.IXFR
}

function* one(message: Uint8Array): Generator<Uint8Array, void> {
  yield message
}

function* silence(): Generator<Uint8Array, void> {}

/** `flags` beside those that an answer repeats of its query, and the rcode. */
function reply(
  { id, flags: asked, questions }: Message,
  flags: number,
  answers: Message['answers'] = [],
): Uint8Array {
  const kept = asked & (flagBits.RD | flagBits.CD)
  return encodeMessage({
    ...{ id, flags: flagBits.QR | kept | flags, questions, answers },
    ...{ authorities: [], additionals: [] },
  })
}

function answerSigned(
  desk: Desk,
  { tsig, body }: Signed,
  key: TsigKey,
  client: ClientAddress,
  transport: Transport,
): Messages {
  const query = decodeMessage(body)
  const timeS = Math.floor(desk.now() / 1000)
  const sealed = (message: Uint8Array): Messages =>
    one(signMessage(message, key, { timeS, prior: tsig.mac }).packet)
  if (!asksTransfer(body)) {
    const answer = desk.respond(body, client, transport)
    if (answer === undefined) return silence()
    const fits = answer.length + tsigBytes(key) <= bytesMaxOf(query, transport)
    return sealed(fits ? answer : reply(query, flagBits.AA | flagBits.TC))
  }
  const zone = transferable(desk, query, client, transport)
  if (typeof zone === 'number') {
    desk.meter.count('dns.transfer.refused')
    return sealed(reply(query, zone))
  }
  const known = query.questions[0]!.type === types.IXFR ? serialKnown(query) : undefined
  const isCurrent = known !== undefined && !isLaterSerial(serialOf(soaOf(zone)), known)
  if (isCurrent || transport === 'udp') return sealed(reply(query, flagBits.AA, [soaOf(zone)]))
  const place = `${client.address} ${zone.apex}`
  if (desk.busy.has(place)) {
    desk.meter.count('dns.transfer.busy')
    return sealed(reply(query, rcodes.REFUSED))
  }
  const changes = known === undefined ? undefined : desk.journal?.since(zone, known)
  desk.meter.count(changes === undefined ? 'dns.transfer.whole' : 'dns.transfer.changes')
  const records = changes === undefined ? recordsOf(zone) : changesOf(changes)
  return transferOf(query, records, { ...desk, key, mac: tsig.mac, place })
}

function complaint(
  { tsig, body }: Signed,
  { error, key }: Extract<Verdict, { kind: 'bad' }>,
  nowS: number,
): Uint8Array {
  const refusal = reply(decodeMessage(body), rcodes.NOTAUTH)
  if (key === undefined) return complain(refusal, tsig, error)
  // RFC 8945 §5.2.3: the time of the request, and beside it what we take the time to be.
  const times = error === tsigErrors.BADTIME ? { timeS: tsig.timeS, other: octets48(nowS) } : { timeS: nowS }
  return signMessage(refusal, key, { ...times, prior: tsig.mac, error }).packet
}

/** The zone that `client` may have, or why not. */
function transferable(
  { peers, zones }: DoorOptions,
  { questions }: Message,
  client: ClientAddress,
  transport: Transport,
): Zone | number {
  const { name, type, class: classCode } = questions[0]!
  const apex = foldCase(name)
  if (peers.get(apex)?.includes(client.address) !== true) return rcodes.REFUSED
  const mayHave = transport === 'tcp' || (transport === 'udp' && type === types.IXFR)
  if (!mayHave || classCode !== classes.IN) return rcodes.REFUSED
  return zones().find(zone => zone.apex === apex) ?? rcodes.NOTAUTH
}

/** The version that who asks for IXFR has. */
function serialKnown({ authorities }: Message): number | undefined {
  const soa = authorities.find(({ type }) => type === types.SOA)
  return soa && serialOf(soa)
}

interface Sealing extends Desk {
  readonly key: TsigKey
  /** Of the request. */
  readonly mac: Uint8Array
  /** Of `busy`. */
  readonly place: string
}

/** Every message is signed: RFC 8945 §5.3.1 would let 99 go between, which saves nothing worth having. */
function* transferOf(
  query: Message,
  records: Iterable<ResourceRecord>,
  sealing: Sealing,
): Generator<Uint8Array, void> {
  const { key, now, busy, place, took } = sealing
  const beganAt = now()
  busy.add(place)
  try {
    const flags = flagBits.QR | flagBits.AA | (query.flags & flagBits.RD)
    const head = { id: query.id, flags, question: query.questions[0]!, reservedBytes: tsigBytes(key) }
    let prior = sealing.mac
    let continues = false
    for (const message of messagesOf(records, head)) {
      const { packet, mac } = signMessage(message, key, { timeS: Math.floor(now() / 1000), prior, continues })
      prior = mac
      continues = true
      yield packet
    }
  } finally {
    busy.delete(place)
    took(now() - beganAt)
  }
}

function bytesMaxOf({ additionals }: Message, transport: Transport): number {
  if (transport !== 'udp') return messageBytesMax
  const edns = ednsOf(additionals)
  return edns === undefined || edns === 'faulty' ? 512 : Math.max(512, edns.udpBytesMax)
}

function octets48(value: number): Uint8Array {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(value, 0, 6)
  return bytes
}
