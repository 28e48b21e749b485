// UnixFS `Data`: what a dag-pb node stands for. A protobuf message of eight fields, read and written by hand.
//
//   1 Type  2 Data  3 filesize  4 blocksizes (repeated)  5 hashType  6 fanout  7 mode  8 mtime
//
// Hand-written because the canonical bytes matter: the hash of what is written is the name, so field order and
// which fields are left out must be those of kubo (boxo `unixfs.go`: FilePBData, FolderPBData, SymlinkData,
// HAMTShardData). Mode and mtime are skipped when read and never written, as `ipfs add` does by default.
// A protobuf library would add a dependency and would accept what we want to refuse.

import { concatBytes } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

const kinds = ['raw', 'directory', 'file', 'metadata', 'symlink', 'shard'] as const
type UnixfsKind = Exclude<(typeof kinds)[number], 'metadata'>

export type Unixfs = {
  kind: UnixfsKind
  /** File bytes, symlink target or shard bitfield; empty when absent. */
  data: Uint8Array
  /** Bytes of the file below this node, `data` included; undefined for directories, shards and symlinks. */
  sizeBytes?: number
  /** Bytes of file below each link, in link order. */
  blockSizes: readonly number[]
  /** Multicodec of the hash that places names in a shard. */
  hashType?: number
  fanout?: number
}

/** A block of 2 MiB of two-byte entries could claim a million; no file node of the ecosystem has over 8,192 links. */
const blockSizesMax = 16_384

const empty = new Uint8Array(0)

export function encodeUnixfs(value: Unixfs): Uint8Array {
  const parts: Uint8Array[] = [varintField(1, kinds.indexOf(value.kind))]
  if (value.data.length > 0) parts.push(varint((2 << 3) | 2), varint(value.data.length), value.data)
  if (value.sizeBytes !== undefined) parts.push(varintField(3, value.sizeBytes))
  for (const size of value.blockSizes) parts.push(varintField(4, size))
  if (value.hashType !== undefined) parts.push(varintField(5, value.hashType))
  if (value.fanout !== undefined) parts.push(varintField(6, value.fanout))
  return concatBytes(parts)
}

/** Throws `bytes/malformed`; `content/unsupported` for the metadata kind. Unknown fields are skipped. */
export function decodeUnixfs(bytes: Uint8Array): Unixfs {
  const cursor = { bytes, at: 0 }
  const blockSizes: number[] = []
  const value: Omit<Unixfs, 'kind'> & { kind?: UnixfsKind } = { data: empty, blockSizes }
  while (cursor.at < bytes.length) readField(cursor, value, blockSizes)
  if (value.kind === undefined) throw malformed('no type')
  return { ...value, kind: value.kind }
}

type Cursor = { readonly bytes: Uint8Array; at: number }

function readField(
  cursor: Cursor,
  value: Omit<Unixfs, 'kind'> & { kind?: UnixfsKind },
  blockSizes: number[],
): void {
  const key = readVarint(cursor)
  const wire = key % 8
  switch (Math.floor(key / 8)) {
    case 1:
      value.kind = kindOf(expect(wire, 0, cursor))
      return
    case 2:
      if (wire !== 2) throw malformed('data is not bytes')
      value.data = readBytes(cursor)
      return
    case 3:
      value.sizeBytes = expect(wire, 0, cursor)
      return
    case 4:
      if (wire === 2) readPacked(cursor, blockSizes)
      else addBlockSize(blockSizes, expect(wire, 0, cursor))
      return
    case 5:
      value.hashType = expect(wire, 0, cursor)
      return
    case 6:
      value.fanout = expect(wire, 0, cursor)
      return
    case 0:
      throw malformed('field 0')
    default:
      skip(cursor, wire)
  }
}

function kindOf(type: number): UnixfsKind {
  const kind = kinds[type]
  if (kind === undefined) throw malformed(`type ${type}`)
  if (kind === 'metadata') throw new Fault('content/unsupported', 'a UnixFS metadata node')
  return kind
}

/** proto2 parsers must read a repeated scalar in packed form too. */
function readPacked(cursor: Cursor, blockSizes: number[]): void {
  const packed = { bytes: readBytes(cursor), at: 0 }
  while (packed.at < packed.bytes.length) addBlockSize(blockSizes, readVarint(packed))
}

function addBlockSize(blockSizes: number[], size: number): void {
  if (blockSizes.length >= blockSizesMax) throw malformed(`more than ${blockSizesMax} block sizes`)
  blockSizes.push(size)
}

function expect(wire: number, wanted: number, cursor: Cursor): number {
  if (wire !== wanted) throw malformed(`wire type ${wire}`)
  return readVarint(cursor)
}

function skip(cursor: Cursor, wire: number): void {
  if (wire === 0) readVarint(cursor)
  else if (wire === 1) advance(cursor, 8)
  else if (wire === 2) readBytes(cursor)
  else if (wire === 5) advance(cursor, 4)
  else throw malformed(`wire type ${wire}`)
}

function readBytes(cursor: Cursor): Uint8Array {
  const length = readVarint(cursor)
  const from = cursor.at
  advance(cursor, length)
  return cursor.bytes.subarray(from, cursor.at)
}

function advance(cursor: Cursor, count: number): void {
  if (count > cursor.bytes.length - cursor.at) throw malformed('a field runs past the end')
  cursor.at += count
}

/** Sums in floating point, so that a value past 2^53 is noticed rather than wrapped. */
function readVarint(cursor: Cursor): number {
  let value = 0
  let scale = 1
  for (let count = 0; count < 10; count++) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) throw malformed('a number runs past the end')
    value += (byte & 0x7f) * scale
    if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number past 2^53')
    if (byte < 0x80) return value
    scale *= 128
  }
  throw malformed('a number of more than ten bytes')
}

function varintField(field: number, value: number): Uint8Array {
  return concatBytes([varint(field << 3), varint(value)])
}

function varint(value: number): Uint8Array {
  const out: number[] = []
  while (value >= 0x80) {
    out.push((value % 0x80) | 0x80)
    value = Math.floor(value / 0x80)
  }
  out.push(value)
  return Uint8Array.from(out)
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `UnixFS: ${what}`)
}
