// Frames of the grid's questions, records and updates, as bytes; they travel on streams whose other end is known.
//
//   kind (1) | fields in the order of the table `shapes` below, every one of fixed width or with its length in front
//
// One table says how each frame is written and read, so the two cannot differ, and there is one way to write a frame.
// Everything that a stranger could make long is bounded before it is collected. Frames without a signature: the stream
// proves the sender, and a record proves itself. Rejected: a codec per frame, which is four times the text.

import { concatBytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { type PeerId, peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'
import { decodeRecords, encodeRecords, isRecordKey, type Record } from '../records/record.ts'
import { frameBytesMax, malformed, Reader, tooLarge, uintBytes } from './fields.ts'
import { type GridKey, isBits, keyBitsMax, type Path } from './path.ts'

/** What came of a question: `astray` says that the asked is not where the asker thought. */
export const outcomes = ['here', 'nobody', 'unreachable', 'astray', 'refused', 'known', 'stale'] as const
export type Outcome = (typeof outcomes)[number]

/** What a routed question carries. */
export type Leg = {
  /** Chosen by the asker of this hop, repeated in the answer; 48 bits. */
  readonly id: number
  /** Leading bits of the key, or of the piece of a range, that the asked must share. */
  readonly matched: number
  /** Frames that may still be sent on behalf of this question. 16 bits. */
  readonly fuel: number
  /** How long the asker waits. 16 bits. */
  readonly waitMs: number
}

export type Ask = Leg & {
  readonly kind: 'ask'
  readonly key: string
  /** Answer from what you keep yourself. */
  readonly isFinal: boolean
  /** The asker is a replica that has no way on, so do not send it to a replica again. */
  readonly isAside: boolean
}
export type Store = Leg & {
  readonly kind: 'store'
  readonly isAside: boolean
  readonly records: readonly Record[]
}
export type Sweep = Leg & {
  readonly kind: 'sweep'
  /** The subtree that the asked is responsible for; `matched` is its length. */
  readonly prefix: Path
  readonly from: GridKey
  /** Empty: to the end. */
  readonly to: GridKey | ''
  readonly countMax: number
  /** One subtree after the other, until there is enough (min-max), and not all at once (shower). */
  readonly isInOrder: boolean
}
/** The answer to any of these. `records`: what was found; `homes`: who stored. */
export type Answer = {
  readonly kind: 'answer'
  readonly id: number
  readonly outcome: Outcome
  /** How far it had to go from whoever answers. */
  readonly hops: number
  /** Since the question came, so that the asker can tell the way from the work. */
  readonly heldMs: number
  readonly records: readonly Record[]
  readonly homes: readonly PeerId[]
  /** Of a range: where it was cut, empty when it was not. */
  readonly next: GridKey | ''
  /** Of a range: partitions that answered, and whether those are all. */
  readonly partitions: number
  readonly isComplete: boolean
}
/** To replicas: keep this, and tell those with a tag in [from, to). */
export type Rumour = {
  readonly kind: 'rumour'
  readonly id: number
  readonly from: number
  readonly to: number
  readonly records: readonly Record[]
}
/** Only for `here` does the hearer take over the telling of others. */
export type Heard = { readonly kind: 'heard'; readonly id: number; readonly outcome: Outcome }
/** What I have in [from, to): so many, with this hash of their items. */
export type Summary = {
  readonly kind: 'summary'
  readonly id: number
  readonly from: GridKey | ''
  readonly to: GridKey | ''
  readonly hash: Uint8Array
}
/** Not what I have: mine are these, up to `to`. Without items and with `isSame`: what I have too. */
export type Items = {
  readonly kind: 'items'
  readonly id: number
  readonly to: GridKey | ''
  readonly isSame: boolean
  readonly items: Uint8Array
}
/** What you lack; and send me what has these tags. */
export type Trade = {
  readonly kind: 'trade'
  readonly id: number
  readonly from: GridKey | ''
  readonly to: GridKey | ''
  readonly isReply: boolean
  readonly wants: Uint8Array
  readonly records: readonly Record[]
}
/** All that is known of one popular key, for peers that share `level` bits with it. */
export type Copy = {
  readonly kind: 'copy'
  readonly level: number
  /** Bits from which on the receiver spreads it further. */
  readonly matched: number
  /** To replicas of somebody who did that already. */
  readonly isLast: boolean
  readonly key: string
  readonly records: readonly Record[]
}
/** How often keys were asked for, on the way to their homes. */
export type Hits = {
  readonly kind: 'hits'
  /** Look-ups that the sender began since its last report. */
  readonly asked: number
  readonly counts: readonly (readonly [key: string, count: number])[]
}

export type QueryMessage =
  | Ask
  | Store
  | Sweep
  | Answer
  | Rumour
  | Heard
  | Summary
  | Items
  | Trade
  | Copy
  | Hits

/** Room beside the records of a frame: two keys of 256 characters, items aside. */
export const recordsBytesMax = 56 * 1024
/** 114 bytes is the least a record has; 56 KiB / 114 = 503. */
const recordsMax = 504
/** An item: eight bytes of hash and the sequence. */
export const itemBytes = 14
/** 2048 · 14 = 28 KiB. */
export const itemsMax = 2048
/** Eight bytes each. */
export const wantsMax = 2048
const homesMax = 8
export const hitsMax = 200

/** The bytes a record takes in a frame: length 2, and 1 + 2 + 2 + 32 + 6 + 6 + 64 beside key and value. */
export function recordBytes({ key, value }: Record): number {
  return 115 + key.length + value.length
}

type Field<Value> = { write(value: Value): Uint8Array; read(reader: Reader): Value }
type Shape<Message> = { readonly [Name in Exclude<keyof Message, 'kind'>]-?: Field<Message[Name]> }

function uint(width: number): Field<number> {
  return { write: value => uintBytes(value, width), read: reader => reader.uint(width) }
}

const uint8 = uint(1)
const uint16 = uint(2)
const uint32 = uint(4)
const uint48 = uint(6)

function below(bound: number): Field<number> {
  return { write: uint8.write, read: reader => reader.below(bound) }
}

const flag: Field<boolean> = { write: value => uint8.write(value ? 1 : 0), read: reader => reader.flag() }

const outcome: Field<Outcome> = {
  write: value => uint8.write(outcomes.indexOf(value)),
  read: reader => outcomes[below(outcomes.length - 1).read(reader)]!,
}

const bits: Field<GridKey> = text(1, value => isBits(value, keyBitsMax))
const key: Field<string> = text(2, isRecordKey)

/** ASCII with its length in front. */
function text(width: 1 | 2, isGood: (value: string) => boolean): Field<string> {
  return {
    write(value) {
      assert(isGood(value), 'a text within its bounds')
      return concatBytes([uint(width).write(value.length), utf8(value)])
    },
    read(reader) {
      const value = fromUtf8(reader.take(reader.uint(width)))
      if (value === undefined || !isGood(value)) throw malformed('with an impossible key')
      return value
    },
  }
}

/** Bytes in whole units. */
function units(unitBytes: number, countMax: number): Field<Uint8Array> {
  return {
    write(value) {
      assert(value.length % unitBytes === 0 && value.length <= unitBytes * countMax, 'whole units')
      return concatBytes([uint16.write(value.length / unitBytes), value])
    },
    read(reader) {
      const count = reader.uint(2)
      if (count > countMax) throw tooLarge('a list')
      return Uint8Array.from(reader.take(count * unitBytes))
    },
  }
}

const hash: Field<Uint8Array> = {
  write(value) {
    assert(value.length === 8, 'eight bytes of hash')
    return value
  },
  read: reader => Uint8Array.from(reader.take(8)),
}

function records(countMax: number): Field<readonly Record[]> {
  return {
    write(value) {
      const bytes = encodeRecords(value, recordsBytesMax)
      return concatBytes([uint16.write(bytes.length), bytes])
    },
    read: reader => decodeRecords(reader.take(reader.uint(2)), countMax),
  }
}

/** Exactly one, in a list so that all messages look alike. */
const oneRecord: Field<readonly Record[]> = {
  write(value) {
    assert(value.length === 1, 'one record')
    return records(1).write(value)
  },
  read(reader) {
    const value = records(1).read(reader)
    if (value.length !== 1) throw malformed('without its record')
    return value
  },
}

const peers: Field<readonly PeerId[]> = {
  write: value => concatBytes([uint8.write(value.length), ...value.map(publicKeyOf)]),
  read: reader =>
    Array.from({ length: below(homesMax).read(reader) }, () => peerIdOf(reader.take(publicKeyBytes))),
}

const counts: Field<Hits['counts']> = {
  write: value =>
    concatBytes([
      uint8.write(value.length),
      ...value.flatMap(([name, count]) => [key.write(name), uint16.write(count)]),
    ]),
  read: reader =>
    Array.from({ length: below(hitsMax).read(reader) }, () => [key.read(reader), reader.uint(2)] as const),
}

const leg = { id: uint48, matched: below(keyBitsMax), fuel: uint16, waitMs: uint16 }

const shapes: { readonly [Kind in QueryMessage['kind']]: Shape<Extract<QueryMessage, { kind: Kind }>> } = {
  ask: { ...leg, isFinal: flag, isAside: flag, key },
  store: { ...leg, isAside: flag, records: oneRecord },
  sweep: { ...leg, prefix: bits, from: bits, to: bits, countMax: uint16, isInOrder: flag },
  answer: {
    ...{ id: uint48, outcome, hops: uint8, heldMs: uint16 },
    ...{ next: bits, partitions: uint16, isComplete: flag, homes: peers, records: records(recordsMax) },
  },
  rumour: { id: uint48, from: uint32, to: uint32, records: oneRecord },
  heard: { id: uint48, outcome },
  summary: { id: uint48, from: bits, to: bits, hash },
  items: { id: uint48, to: bits, isSame: flag, items: units(itemBytes, itemsMax) },
  trade: {
    id: uint48,
    from: bits,
    to: bits,
    isReply: flag,
    wants: units(8, wantsMax),
    records: records(recordsMax),
  },
  copy: {
    level: below(keyBitsMax),
    matched: below(keyBitsMax),
    isLast: flag,
    key,
    records: records(recordsMax),
  },
  hits: { asked: uint16, counts },
}
const kinds = Object.keys(shapes) as QueryMessage['kind'][]
const anyShapes = shapes as unknown as {
  readonly [kind: string]: { readonly [name: string]: Field<unknown> }
}

/** Bounds are the caller's to keep: these bytes are ours. */
export function encodeQuery(message: QueryMessage): Uint8Array {
  const fields = Object.entries(anyShapes[message.kind]!)
  const values = message as unknown as { readonly [name: string]: unknown }
  const bytes = concatBytes([
    uint8.write(kinds.indexOf(message.kind)),
    ...fields.map(([name, field]) => field.write(values[name])),
  ])
  assert(bytes.length <= frameBytesMax, 'a frame within its bound')
  return bytes
}

/** Fault `bytes/malformed` or `bytes/too-large`. Signatures of records are not looked at. */
export function decodeQuery(bytes: Uint8Array): QueryMessage {
  if (bytes.length > frameBytesMax) throw tooLarge('a frame')
  const reader = new Reader(bytes)
  const kind = kinds[reader.uint(1)]
  if (kind === undefined) throw malformed('of no known kind')
  const message: { [name: string]: unknown } = { kind }
  for (const [name, field] of Object.entries(anyShapes[kind]!)) message[name] = field.read(reader)
  if (reader.left > 0) throw malformed('with bytes to spare')
  return message as unknown as QueryMessage
}
