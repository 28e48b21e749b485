// Frames that keep the trie, as bytes; they travel on streams whose other end is known, so none is signed.
//
//   kind (1) | call (4) | self: reference | what the kind adds
//   reference: key (32) | IPv4 (4) | port (2) | revision (6) | bits of path (1) | path, padded with zeros
//
// Every frame begins with its sender's own reference, which has to bear the id that the stream has proved: a peer can
// speak for itself, and hand on what it heard of others, nothing else. There is one way to write a frame.

import { concatBytes } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { hostBytes, hostText } from '../address.ts'
import { peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'
import { decodeRecords, encodeRecords, type Record } from '../records/record.ts'
import { frameBytesMax, malformed, Reader, tooLarge, uintBytes } from './fields.ts'
import { type GridKey, keyBitsMax, type Path, pathBitsMax } from './path.ts'
import type { Reference } from './view.ts'

/** What both sides of a meeting say of themselves. */
type Meeting = {
  readonly zeros: number
  readonly ones: number
  /** Peers that it thinks share its path or have gone on from there, itself included. */
  readonly peers: number
  /** Of those that it knows: how many have gone on to 0, to 1. */
  readonly gone: readonly [zeros: number, ones: number]
  /** It has no place yet and wants that of the other. */
  readonly isNew: boolean
  /** Others that it knows, at most `knownMax`. */
  readonly known: readonly Reference[]
}

/** A place in the order of records, many of which may share a grid key: how many from that key on have been. */
export type Cursor = { readonly from: GridKey; readonly skip: number }

type Body =
  /** `chance`: the random number that both decide by, as so many 2^-32. */
  | (Meeting & { readonly kind: 'meet'; readonly chance: number })
  /** `isBusy`: nothing is decided. `crowded`: the level at which the other side has too few peers; 0 is none. */
  | (Meeting & { readonly kind: 'met'; readonly isBusy: boolean; readonly crowded: number })
  /** The sender's place is now this. */
  | { readonly kind: 'moved' }
  /** These are yours and no longer mine. */
  | { readonly kind: 'ship'; readonly records: readonly Record[] }
  /** The names (`nameOf`) of those that are kept now. */
  | { readonly kind: 'kept'; readonly names: readonly string[] }
  /** The records under `path`, from the one `skip` places after the first at `from`. */
  | (Cursor & { readonly kind: 'pull'; readonly path: Path })
  /** With the cursor of the next page; meaningless when this is the last. */
  | (Cursor & { readonly kind: 'pulled'; readonly isLast: boolean; readonly records: readonly Record[] })

export type StructureMessage = Body & {
  /** Chosen by whoever asks, repeated by whoever answers; 32 bits. */
  readonly call: number
  readonly self: Reference
}

const kinds = ['meet', 'met', 'moved', 'ship', 'kept', 'pull', 'pulled'] as const
const nameBytes = 8

/** 256 · (45 + 8) = 13.3 KiB at most; a grid of 2^20 partitions with 10 references a level has 200. */
export const knownMax = 256
/** Records in one frame; 56 KiB leave room for the rest of a frame of 64 KiB. */
export const batchMax = 256
export const batchBytesMax = 56 * 1024

/** One version of a record: the beginning of its signature, in hex. Who makes two of a kind loses one of its own. */
export function nameOf(record: Record): string {
  return Buffer.from(record.signature.subarray(0, nameBytes)).toString('hex')
}

/** As many of the first records as one frame takes. */
export function batchOf(records: readonly Record[]): readonly Record[] {
  let bytes = 0
  const end = records.findIndex(
    ({ key, value }) => (bytes += 115 + key.length + value.length) > batchBytesMax,
  )
  return records.slice(0, Math.min(batchMax, end < 0 ? records.length : end))
}

/** Bounds are the caller's to keep: these bytes are ours. */
export function encodeStructure(message: StructureMessage): Uint8Array {
  const head = Uint8Array.of(kinds.indexOf(message.kind))
  const bytes = concatBytes([head, uintBytes(message.call, 4), reference(message.self), ...detail(message)])
  assert(bytes.length <= frameBytesMax, 'a frame within its bound')
  return bytes
}

function detail(message: StructureMessage): Uint8Array[] {
  switch (message.kind) {
    case 'meet':
      return [uintBytes(message.chance, 4), ...meeting(message)]
    case 'met':
      return [Uint8Array.of(Number(message.isBusy), message.crowded), ...meeting(message)]
    case 'moved':
      return []
    case 'ship':
      return [encodeRecords(message.records, batchBytesMax)]
    case 'kept':
      return message.names.map(name => Uint8Array.from(Buffer.from(name, 'hex')))
    case 'pull':
      return [...cursor(message), bits(message.path)]
    case 'pulled': {
      const records = encodeRecords(message.records, batchBytesMax)
      return [...cursor(message), Uint8Array.of(Number(message.isLast)), records]
    }
  }
}

function meeting({ zeros, ones, peers, gone, isNew, known }: Meeting): Uint8Array[] {
  assert(known.length <= knownMax, 'no more references than a frame takes')
  const counts = [
    uintBytes(zeros, 4),
    uintBytes(ones, 4),
    uintBytes(Math.round(peers), 4),
    ...gone.map(side => uintBytes(side, 2)),
  ]
  return [...counts, Uint8Array.of(Number(isNew)), uintBytes(known.length, 2), ...known.map(reference)]
}

function cursor({ from, skip }: Cursor): Uint8Array[] {
  return [bits(from), uintBytes(skip, 2)]
}

function reference({ peer, host, port, revision, path }: Reference): Uint8Array {
  return concatBytes([
    publicKeyOf(peer),
    hostBytes(host),
    uintBytes(port, 2),
    uintBytes(revision, 6),
    bits(path),
  ])
}

function bits(text: GridKey): Uint8Array {
  const bytes = new Uint8Array(1 + Math.ceil(text.length / 8))
  bytes[0] = text.length
  for (let i = 0; i < text.length; i++) if (text[i] === '1') bytes[1 + (i >> 3)]! |= 0x80 >> (i & 7)
  return bytes
}

/** Fault `bytes/malformed` or `bytes/too-large`. Signatures of records are not looked at. */
export function decodeStructure(bytes: Uint8Array): StructureMessage {
  if (bytes.length > frameBytesMax) throw tooLarge('a frame')
  const reader = new Reader(bytes)
  const kind = kinds[reader.uint(1)]
  if (kind === undefined) throw malformed('of no known kind')
  const message = { call: reader.uint(4), self: readReference(reader), ...readBody(kind, reader) }
  if (reader.left > 0) throw malformed('with bytes to spare')
  return message
}

function readBody(kind: Body['kind'], reader: Reader): Body {
  switch (kind) {
    case 'meet':
      return { kind, chance: reader.uint(4), ...readMeeting(reader) }
    case 'met':
      return { kind, isBusy: reader.flag(), crowded: reader.below(pathBitsMax), ...readMeeting(reader) }
    case 'moved':
      return { kind }
    case 'ship':
      return { kind, records: readRecords(reader) }
    case 'kept': {
      const count = Math.ceil(reader.left / nameBytes)
      if (count > batchMax) throw tooLarge('a list of names')
      return {
        kind,
        names: Array.from({ length: count }, () => Buffer.from(reader.take(nameBytes)).toString('hex')),
      }
    }
    case 'pull':
      return { kind, ...readCursor(reader), path: readBits(reader, pathBitsMax) }
    case 'pulled':
      return { kind, ...readCursor(reader), isLast: reader.flag(), records: readRecords(reader) }
  }
}

function readMeeting(reader: Reader): Meeting {
  const counts = {
    ...{ zeros: reader.uint(4), ones: reader.uint(4), peers: reader.uint(4) },
    ...{ gone: [reader.uint(2), reader.uint(2)] as const, isNew: reader.flag() },
  }
  const count = reader.uint(2)
  if (counts.peers <= counts.gone[0] + counts.gone[1]) throw malformed('of a peer that does not count itself')
  if (count > knownMax) throw tooLarge('a list of references')
  return { ...counts, known: Array.from({ length: count }, () => readReference(reader)) }
}

function readBits(reader: Reader, lengthMax: number): GridKey {
  const length = reader.below(lengthMax)
  const bytes = reader.take(Math.ceil(length / 8))
  const all = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  if (all.slice(length).includes('1')) throw malformed('with bits after the end of a path')
  return all.slice(0, length)
}

function readCursor(reader: Reader): Cursor {
  return { from: readBits(reader, keyBitsMax), skip: reader.uint(2) }
}

function readReference(reader: Reader): Reference {
  const peer = peerIdOf(reader.take(publicKeyBytes))
  const host = hostText(reader.take(4))
  const port = reader.uint(2)
  if (port === 0) throw malformed('with port 0')
  return { peer, host, port, revision: reader.uint(6), path: readBits(reader, pathBitsMax) }
}

function readRecords(reader: Reader): Record[] {
  return decodeRecords(reader.take(reader.left), batchMax)
}
