// Membership frames as bytes.
//
//   0 'I' 'X' | 2 version = 1 | 3 kind | 4 sequence, 32 bits | 8 the sender as a member (107)
//   then by kind:  ping, ack: nothing     ask, vouch: target key (32)
//                  sync: after key (32, zeros = from the first)     synced: more (1)
//   then count (1), that many members (107 each), for sync zeros up to whole members, signature (64)
//   a member: key (32), IPv4 (4), port (2), incarnation (4), standing (1), its own seal (64)
//
// The signature is Ed25519 by the sender's key over all that precedes it. A sync is padded to the size that its
// reply may have, so nobody can turn a peer into an amplifier by writing another's address on a small request (the
// reasoning of RFC 9000 §8.1). Everything is fixed-width: there is one way to write a frame, and decode∘encode
// is the identity both ways. Rejected: protobuf or CBOR, which have many spellings for one frame.

import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts'
import { assert, Fault } from '../../base/fault.ts'
import { hostBytes, hostText } from '../address.ts'
import { type PeerId, peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'
import { type Sign, signatureBytes, type Verify } from '../signature.ts'
import { type Member, standings } from './member.ts'

type Frame = {
  /** Who sends; its standing is `alive` or `left`. */
  readonly sender: Member
  /** Chosen by whoever asks, repeated by whoever answers; 32 bits. */
  readonly sequence: number
  /** What the sender knows about others; at most `membersPerFrameMax`. */
  readonly updates: readonly Member[]
}

export type Message = Frame &
  (
    | { readonly kind: 'ping' | 'ack' }
    | { readonly kind: 'ask' | 'vouch'; readonly target: PeerId }
    /** Asks for the members that follow `after` in the order of ids; `room` of them fit a reply of this size. */
    | { readonly kind: 'sync'; readonly after: PeerId | ''; readonly room: number }
    | { readonly kind: 'synced'; readonly more: boolean }
  )

const kinds = ['ping', 'ack', 'ask', 'vouch', 'sync', 'synced'] as const

/** 1500 of Ethernet less 40 of IPv6, 8 of UDP and room for a tunnel; as memberlist has it. */
export const frameBytesMax = 1400

const memberBytes = publicKeyBytes + 4 + 2 + 4 + 1 + signatureBytes
const headBytes = 8 + memberBytes
const version = 1
const magic = utf8('IX')
const noKey = new Uint8Array(publicKeyBytes)

/** (1400 - head 115 - key 32 - count 1 - signature 64) / 107 = 11, for every kind. */
export const membersPerFrameMax = Math.floor(
  (frameBytesMax - headBytes - publicKeyBytes - 1 - signatureBytes) / memberBytes,
)

/** `message.updates` and `room` are the caller's to keep within `membersPerFrameMax`. */
export function encodeFrame(message: Message, sign: Sign): Uint8Array {
  assert(message.updates.length <= membersPerFrameMax, 'updates fit the frame')
  const body = concatBytes([
    magic,
    Uint8Array.of(version, kinds.indexOf(message.kind)),
    uint32(message.sequence),
    encodeMember(message.sender),
    encodeDetail(message),
    Uint8Array.of(message.updates.length),
    ...message.updates.map(encodeMember),
    padding(message),
  ])
  return concatBytes([body, sign(body)])
}

/** Fault `bytes/malformed` (also for a signature that does not hold) or `bytes/too-large`. */
export function decodeFrame(bytes: Uint8Array, verify: Verify): Message {
  if (bytes.length > frameBytesMax) throw new Fault('bytes/too-large', 'a membership frame over 1400 bytes')
  const signedEnd = bytes.length - signatureBytes
  if (signedEnd < headBytes + 1) throw malformed('short')
  if (!equalBytes(bytes.subarray(0, 2), magic)) throw malformed('of another protocol')
  if (bytes[2] !== version) throw malformed('of an unknown version')
  const message = decodeBody(bytes.subarray(0, signedEnd))
  const key = bytes.subarray(8, 8 + publicKeyBytes)
  if (!verify(key, bytes.subarray(0, signedEnd), bytes.subarray(signedEnd)))
    throw malformed('with a signature that is not its sender’s')
  return message
}

function decodeBody(bytes: Uint8Array): Message {
  const kind = kinds[bytes[3]!]
  if (kind === undefined) throw malformed('of an unknown kind')
  const sender = decodeMember(bytes, 8)
  if (sender.standing !== 'alive' && sender.standing !== 'left') throw malformed('of a sender not alive')
  const countAt = headBytes + detailBytes(kind)
  const count = bytes[countAt]
  if (count === undefined) throw malformed('short')
  const updatesAt = countAt + 1
  const room = (bytes.length - updatesAt) / memberBytes
  if (!Number.isInteger(room) || room > membersPerFrameMax) throw malformed('of no whole number of members')
  if (kind === 'sync' ? count > room : count !== room) throw malformed('with a wrong count')
  const updates = Array.from({ length: count }, (_, i) => decodeMember(bytes, updatesAt + i * memberBytes))
  if (bytes.subarray(updatesAt + count * memberBytes).some(byte => byte !== 0))
    throw malformed('with padding that is not zero')
  const frame = { sender, sequence: view(bytes).getUint32(4), updates }
  const detail = bytes.subarray(headBytes, countAt)
  if (kind === 'sync')
    return { kind, ...frame, after: equalBytes(detail, noKey) ? '' : peerIdOf(detail), room }
  if (kind === 'synced') {
    if (detail[0]! > 1) throw malformed('with a flag that is neither 0 nor 1')
    return { kind, ...frame, more: detail[0] === 1 }
  }
  return kind === 'ask' || kind === 'vouch'
    ? { kind, ...frame, target: peerIdOf(detail) }
    : { kind, ...frame }
}

function detailBytes(kind: Message['kind']): number {
  if (kind === 'ping' || kind === 'ack') return 0
  return kind === 'synced' ? 1 : publicKeyBytes
}

function encodeDetail(message: Message): Uint8Array {
  if (message.kind === 'synced') return Uint8Array.of(message.more ? 1 : 0)
  if (message.kind === 'sync') return message.after === '' ? noKey : publicKeyOf(message.after)
  return message.kind === 'ask' || message.kind === 'vouch' ? publicKeyOf(message.target) : new Uint8Array(0)
}

function padding(message: Message): Uint8Array {
  const absent = message.kind === 'sync' ? message.room - message.updates.length : 0
  assert(absent >= 0 && absent <= membersPerFrameMax, 'a sync has room for what it carries')
  return new Uint8Array(absent * memberBytes)
}

/** A member is immutable and is sent many times over. */
const encoded = new WeakMap<Member, Uint8Array>()

function encodeMember(member: Member): Uint8Array {
  const known = encoded.get(member)
  if (known) return known
  const bytes = new Uint8Array(memberBytes)
  bytes.set(publicKeyOf(member.id), 0)
  bytes.set(hostBytes(member.host), 32)
  view(bytes).setUint16(36, member.port)
  view(bytes).setUint32(38, member.incarnation)
  bytes[42] = standings.indexOf(member.standing)
  bytes.set(member.seal, 43)
  encoded.set(member, bytes)
  return bytes
}

function decodeMember(bytes: Uint8Array, at: number): Member {
  const part = bytes.subarray(at, at + memberBytes)
  const standing = standings[part[42]!]
  const port = (part[36]! << 8) | part[37]!
  if (standing === undefined || port === 0) throw malformed('with an impossible member')
  return {
    id: peerIdOf(part.subarray(0, publicKeyBytes)),
    host: hostText(part.subarray(32, 36)),
    port,
    incarnation: ((part[38]! << 24) | (part[39]! << 16) | (part[40]! << 8) | part[41]!) >>> 0,
    standing,
    seal: part.slice(43),
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  view(bytes).setUint32(0, value)
  return bytes
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `a membership frame ${what}`)
}
