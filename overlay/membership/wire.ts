// Membership frames as bytes, version 2:
//   0 'I' 'X' | 2 version = 2 | 3 kind | 4 sequence, 32 bits | 8 stamp, 48 bits
//   14 whom it is for: IPv4 (4), port (2) | 20 the sender as a member (107), then by kind:
//     ping, ack: length (1), the sender's coordinate (0 to 64), count (1), that many accusations (132)
//     ask, vouch, nack: target key (32)
//     sync: room (1), after key (32, zeros = from the first)       synced: more (1)
//   count (1), that many updates, for sync zeros up to `room` members, signature (64)
//   a member: key (32), IPv4 (4), port (2), incarnation (4), standing (1), its own seal (64)
//   an update: a member, and as many accusers' tags (4) as the upper four bits of its standing say
//   an accusation: key of the accused (32), incarnation (4), key of the accuser (32), its seal (64)
//
// The signature is Ed25519 by the sender's key over all that precedes it, so the frame speaks to one address once:
// whom it is for and its stamp are under it (`freshness.ts`). A sync is padded to the size that its reply may have, so
// nobody can make a peer an amplifier by writing another's address on a small request (RFC 9000 §8.1). There is one
// way to write a frame, and decode∘encode is the identity. Rejected: protobuf or CBOR, which have many spellings.

import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts'
import { assert, Fault } from '../../base/fault.ts'
import { type Address, hostBytes, hostText } from '../address.ts'
import { type PeerId, peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'
import { type Sign, signatureBytes, type Verify } from '../signature.ts'
import type { Accusation } from './accusation.ts'
import { accusersMax, type Member, standings, type Update } from './member.ts'

type Frame = {
  /** Who sends; its standing is `alive` or `left`. */
  readonly sender: Member
  /** Whom it is for; anybody else refuses it. */
  readonly to: Address
  /** Grows with every frame of the sender, and at least with its clock in ms; 48 bits. */
  readonly stamp: number
  /** Chosen by whoever asks, repeated by whoever answers; 32 bits. */
  readonly sequence: number
  /** What the sender knows about others. */
  readonly updates: readonly Update[]
}

/** `coordinate`: opaque here, 0 to 64 bytes. */
export type ProbeFrame = Frame & {
  readonly kind: 'ping' | 'ack'
  readonly coordinate: Uint8Array
  readonly accusations: readonly Accusation[]
}
export type HelpFrame = Frame & { readonly kind: 'ask' | 'vouch' | 'nack'; readonly target: PeerId }
/** Asks for the members that follow `after` in the order of ids; `room` of them fit a reply of this size. */
export type SyncFrame = Frame & { readonly kind: 'sync'; readonly after: PeerId | ''; readonly room: number }
export type SyncedFrame = Frame & { readonly kind: 'synced'; readonly more: boolean }
export type Message = ProbeFrame | HelpFrame | SyncFrame | SyncedFrame

const kinds = ['ping', 'ack', 'ask', 'vouch', 'nack', 'sync', 'synced'] as const

/** 1500 of Ethernet less 40 of IPv6, 8 of UDP and room for a tunnel; as memberlist has it. */
export const frameBytesMax = 1400
export const coordinateBytesMax = 64
export const stampMax = 2 ** 48 - 1

const memberBytes = publicKeyBytes + 4 + 2 + 4 + 1 + signatureBytes
export const accusationBytes = 2 * publicKeyBytes + 4 + signatureBytes
export const accusationsPerFrameMax = 4
const tagBytes = 4
const headBytes = 20 + memberBytes
const version = 2
const magic = utf8('IX')
const noKey = new Uint8Array(publicKeyBytes)

/** (1400 - head 127 - room 1 - key 32 - count 1 - signature 64) / 107 = 10 whole members, for every kind. */
export const membersPerFrameMax = Math.floor(
  (frameBytesMax - headBytes - 1 - publicKeyBytes - 1 - signatureBytes) / memberBytes,
)

export function updateBytes(update: Update): number {
  return memberBytes + tagBytes * (update.accusers?.length ?? 0)
}

/** How many bytes `encodeFrame` makes of it. */
export function frameBytes(message: Message): number {
  let bytes = headBytes + 1 + signatureBytes
  if (message.kind === 'sync') return bytes + 1 + publicKeyBytes + message.room * memberBytes
  if (message.kind === 'ping' || message.kind === 'ack')
    bytes += 2 + message.coordinate.length + message.accusations.length * accusationBytes
  else bytes += message.kind === 'synced' ? 1 : publicKeyBytes
  for (const update of message.updates) bytes += updateBytes(update)
  return bytes
}

/** `updates`, `coordinate` and `room` are the caller's to keep within a frame. */
export function encodeFrame(message: Message, sign: Sign): Uint8Array {
  assert(frameBytes(message) <= frameBytesMax, 'what is said fits the frame')
  const head = new Uint8Array(20)
  head.set(magic)
  head[2] = version
  head[3] = kinds.indexOf(message.kind)
  view(head).setUint32(4, message.sequence)
  view(head).setUint16(8, Math.floor(message.stamp / 2 ** 32))
  view(head).setUint32(10, message.stamp % 2 ** 32)
  const { host, port } = message.to
  const body = concatBytes([
    head.subarray(0, 14),
    hostBytes(host),
    Uint8Array.of(port >> 8, port & 0xff),
    encodeUpdate(message.sender),
    encodeDetail(message),
    Uint8Array.of(message.updates.length),
    ...message.updates.map(encodeUpdate),
    padding(message),
  ])
  return concatBytes([body, sign(body)])
}

/** Fault `bytes/malformed` (also for a signature that does not hold) or `bytes/too-large`. */
export function decodeFrame(bytes: Uint8Array, verify: Verify): Message {
  if (bytes.length > frameBytesMax) throw new Fault('bytes/too-large', 'a membership frame over 1400 bytes')
  const signedEnd = bytes.length - signatureBytes
  if (signedEnd < headBytes + 2) throw malformed('short')
  if (!equalBytes(bytes.subarray(0, 2), magic)) throw malformed('of another protocol')
  if (bytes[2] !== version) throw malformed('of an unknown version')
  const message = decodeBody(bytes.subarray(0, signedEnd))
  const key = bytes.subarray(20, 20 + publicKeyBytes)
  if (!verify(key, bytes.subarray(0, signedEnd), bytes.subarray(signedEnd)))
    throw malformed('with a signature that is not its sender’s')
  return message
}

function decodeBody(bytes: Uint8Array): Message {
  const kind = kinds[bytes[3]!]
  if (kind === undefined) throw malformed('of an unknown kind')
  const sender = decodeMember(bytes, 20)
  const isTagged = bytes[20 + 42]! > 0x0f
  if ((sender.standing !== 'alive' && sender.standing !== 'left') || isTagged)
    throw malformed('of a sender not alive')
  const at = view(bytes)
  const detailLength = detailBytes(kind, bytes)
  const detail = bytes.subarray(headBytes, headBytes + detailLength)
  const updates = decodeUpdates(bytes, headBytes + detailLength, kind, detail[0]!)
  const to = { host: hostText(bytes.subarray(14, 18)), port: at.getUint16(18) }
  if (to.port === 0) throw malformed('for an impossible address')
  const stamp = at.getUint16(8) * 2 ** 32 + at.getUint32(10)
  const frame = { sender, to, stamp, sequence: at.getUint32(4), updates }
  switch (kind) {
    case 'ping':
    case 'ack':
      return { kind, ...frame, ...decodeProbe(detail) }
    case 'sync': {
      const after = detail.subarray(1)
      return { kind, ...frame, room: detail[0]!, after: equalBytes(after, noKey) ? '' : peerIdOf(after) }
    }
    case 'synced':
      if (detail[0]! > 1) throw malformed('with a flag that is neither 0 nor 1')
      return { kind, ...frame, more: detail[0] === 1 }
    default:
      return { kind, ...frame, target: peerIdOf(detail) }
  }
}

/** Everything from the count to the end of `bytes`. */
function decodeUpdates(bytes: Uint8Array, start: number, kind: Message['kind'], room: number): Update[] {
  const count = bytes[start]
  if (count === undefined) throw malformed('short')
  const isList = kind === 'sync' || kind === 'synced'
  const updates: Update[] = []
  let at = start + 1
  for (let i = 0; i < count; i++) {
    const update = decodeUpdate(bytes, at)
    if (isList && update.accusers) throw malformed('with accusers in a list')
    updates.push(update)
    at += updateBytes(update)
  }
  const end = kind === 'sync' ? start + 1 + room * memberBytes : at
  if (at > end || bytes.length !== end) throw malformed('of a wrong length')
  if (bytes.subarray(at).some(byte => byte !== 0)) throw malformed('with padding that is not zero')
  return updates
}

function decodeProbe(detail: Uint8Array): Pick<ProbeFrame, 'coordinate' | 'accusations'> {
  const listAt = 1 + detail[0]!
  const count = detail[listAt]!
  const accusations = Array.from({ length: count }, (_, i): Accusation => {
    const at = listAt + 1 + i * accusationBytes
    const part = detail.subarray(at, at + accusationBytes)
    return {
      id: peerIdOf(part.subarray(0, 32)),
      incarnation: view(part).getUint32(32),
      accuser: peerIdOf(part.subarray(36, 68)),
      seal: part.slice(68),
    }
  })
  return { coordinate: detail.slice(1, listAt), accusations }
}

function detailBytes(kind: Message['kind'], bytes: Uint8Array): number {
  if (kind === 'synced') return 1
  if (kind === 'sync') return 1 + publicKeyBytes
  if (kind !== 'ping' && kind !== 'ack') return publicKeyBytes
  const coordinateLength = bytes[headBytes]!
  if (coordinateLength > coordinateBytesMax) throw malformed('with a coordinate too long')
  const count = bytes[headBytes + 1 + coordinateLength] ?? 0
  if (count > accusationsPerFrameMax) throw malformed('with too many accusations')
  const length = 2 + coordinateLength + count * accusationBytes
  if (headBytes + length > bytes.length) throw malformed('short')
  return length
}

function encodeDetail(message: Message): Uint8Array {
  switch (message.kind) {
    case 'ping':
    case 'ack':
      assert(message.coordinate.length <= coordinateBytesMax, 'a coordinate has 64 bytes at most')
      assert(message.accusations.length <= accusationsPerFrameMax, 'no more accusations than a frame takes')
      return concatBytes([
        Uint8Array.of(message.coordinate.length),
        message.coordinate,
        Uint8Array.of(message.accusations.length),
        ...message.accusations.map(encodeAccusation),
      ])
    case 'sync': {
      const after = message.after === '' ? noKey : publicKeyOf(message.after)
      return concatBytes([Uint8Array.of(message.room), after])
    }
    case 'synced':
      return Uint8Array.of(message.more ? 1 : 0)
    default:
      return publicKeyOf(message.target)
  }
}

function encodeAccusation({ id, incarnation, accuser, seal }: Accusation): Uint8Array {
  const number = new Uint8Array(4)
  view(number).setUint32(0, incarnation)
  return concatBytes([publicKeyOf(id), number, publicKeyOf(accuser), seal])
}

function padding(message: Message): Uint8Array {
  const absent = message.kind === 'sync' ? message.room - message.updates.length : 0
  assert(absent >= 0, 'a sync has room for what it carries')
  return new Uint8Array(absent * memberBytes)
}

/** An update is immutable and is sent many times over. */
const encoded = new WeakMap<Update, Uint8Array>()

function encodeUpdate(update: Update): Uint8Array {
  const known = encoded.get(update)
  if (known) return known
  const accusers = update.accusers ?? []
  assert(accusers.length <= accusersMax, 'accusers are counted in four bits')
  const bytes = new Uint8Array(updateBytes(update))
  bytes.set(publicKeyOf(update.id), 0)
  bytes.set(hostBytes(update.host), 32)
  view(bytes).setUint16(36, update.port)
  view(bytes).setUint32(38, update.incarnation)
  bytes[42] = standings.indexOf(update.standing) | (accusers.length << 4)
  bytes.set(update.seal, 43)
  for (const [i, tag] of accusers.entries()) view(bytes).setUint32(memberBytes + i * tagBytes, tag)
  encoded.set(update, bytes)
  return bytes
}

function decodeMember(bytes: Uint8Array, at: number): Member {
  const part = bytes.subarray(at, at + memberBytes)
  if (part.length < memberBytes) throw malformed('short')
  const standing = standings[part[42]! & 0x0f]
  const port = (part[36]! << 8) | part[37]!
  if (standing === undefined || port === 0) throw malformed('with an impossible member')
  return {
    id: peerIdOf(part.subarray(0, publicKeyBytes)),
    host: hostText(part.subarray(32, 36)),
    port,
    incarnation: view(part).getUint32(38),
    standing,
    seal: part.slice(43),
  }
}

function decodeUpdate(bytes: Uint8Array, at: number): Update {
  const member = decodeMember(bytes, at)
  const count = bytes[at + 42]! >> 4
  if (count === 0) return member
  const tags = bytes.subarray(at + memberBytes, at + memberBytes + count * tagBytes)
  if (tags.length < count * tagBytes) throw malformed('short')
  if (member.standing !== 'suspect') throw malformed('with accusers of nobody accused')
  return { ...member, accusers: Array.from({ length: count }, (_, i) => view(tags).getUint32(i * tagBytes)) }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `a membership frame ${what}`)
}
