// A node: one block seen as a piece of a file system.
//
// Everything that reads a DAG (paths, listings, files, walks) goes through `decodeNode`, so the checks on hostile
// nodes stand here once: supported links only, sizes that add up, a shard's geometry within what we can look up.
// dag-pb specification: https://ipld.io/specs/codecs/dag-pb/spec/ ; UnixFS: https://specs.ipfs.tech/unixfs/

import * as dagPb from '@ipld/dag-pb'
import type { CID } from 'multiformats/cid'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { createSieve } from '../base/sieve.ts'
import { type Block, blockOf } from './block.ts'
import { dagPbCodec, rawCodec, supportedCid } from './identifier.ts'
import { murmurCode, shardFanout } from './shard.ts'
import { decodeUnixfs, encodeUnixfs, type Unixfs } from './unixfs.ts'

export type Link = {
  readonly name: string
  readonly cid: CID
  /** Bytes of all blocks below, as the parent claims; for progress and listings, never for bounds. */
  readonly totalBytes: number
}

export type Node =
  | {
      kind: 'file'
      data: Uint8Array
      links: readonly Link[]
      blockSizes: readonly number[]
      sizeBytes: number
    }
  | { kind: 'directory'; links: readonly Link[] }
  /** Each link's name is two hexadecimal digits of the slot, then the entry's name, or nothing for a deeper shard. */
  | { kind: 'shard'; links: readonly Link[] }
  | { kind: 'symlink'; links: readonly Link[]; target: string }

const noLinks: readonly Link[] = []
/** PATH_MAX of Linux. */
const targetBytesMax = 4096

/** Throws `bytes/malformed` or `content/unsupported`. `bytes` must be verified already. */
export function decodeNode(cid: CID, bytes: Uint8Array): Node {
  if (cid.code === rawCodec) {
    return { kind: 'file', data: bytes, links: noLinks, blockSizes: [], sizeBytes: bytes.length }
  }
  const { links, data } = decodeDagPb(bytes)
  if (data === undefined) throw new Fault('content/unsupported', 'a dag-pb node without UnixFS data')
  const unixfs = decodeUnixfs(data)
  switch (unixfs.kind) {
    case 'raw':
    case 'file':
      return fileNode(unixfs, links)
    case 'directory':
      return { kind: 'directory', links }
    case 'shard':
      return shardNode(unixfs, links)
    case 'symlink':
      return symlinkNode(unixfs)
  }
}

/** About what a link takes in memory. */
const linkBytes = 400

/** `decodeNode` that remembers directories, which are on the way of nearly every request. */
export function createDecoder(options: { bytesMax: number }): typeof decodeNode {
  const known = createSieve<Node>({
    bytesMax: options.bytesMax,
    bytesOf: ({ links }) => linkBytes * links.length,
  })
  return (cid, bytes) => {
    if (cid.code === rawCodec) return decodeNode(cid, bytes)
    const key = cid.toString()
    const before = known.get(key)
    if (before !== undefined) return before
    const node = decodeNode(cid, bytes)
    if (node.kind === 'directory' || node.kind === 'shard') known.set(key, node)
    return node
  }
}

/** The CIDs a block points to; none for raw blocks. Throws as `decodeNode` does. */
export function linksOf(cid: CID, bytes: Uint8Array): readonly Link[] {
  return cid.code === rawCodec ? noLinks : decodeNode(cid, bytes).links
}

/** Links must already be in the order of their names' bytes (files: all unnamed). */
export function encodeNode(unixfs: Unixfs, links: readonly Link[]): Block {
  const Links = links.map(({ name, cid, totalBytes }) => ({ Hash: cid, Name: name, Tsize: totalBytes }))
  return blockOf(dagPbCodec, dagPb.encode({ Data: encodeUnixfs(unixfs), Links }))
}

/** dag-pb's order of links: by the bytes of their UTF-8 names. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return Buffer.compare(utf8(a.name), utf8(b.name))
}

function decodeDagPb(bytes: Uint8Array): { links: Link[]; data: Uint8Array | undefined } {
  try {
    const node = dagPb.decode(bytes)
    const links = node.Links.map(({ Hash, Name, Tsize }) => ({
      name: Name ?? '',
      cid: supportedCid(Hash),
      totalBytes: Tsize ?? 0,
    }))
    return { links, data: node.Data }
  } catch (cause) {
    if (isFault(cause)) throw cause
    throw new Fault('bytes/malformed', 'not a dag-pb node', { cause })
  }
}

function fileNode(unixfs: Unixfs, links: readonly Link[]): Node {
  const { data, blockSizes } = unixfs
  if (blockSizes.length !== links.length) {
    throw new Fault('bytes/malformed', `${links.length} links with ${blockSizes.length} sizes`)
  }
  const sizeBytes = blockSizes.reduce((sum, size) => sum + size, data.length)
  if (sizeBytes > Number.MAX_SAFE_INTEGER || (unixfs.sizeBytes ?? sizeBytes) !== sizeBytes) {
    throw new Fault('bytes/malformed', `a file of ${unixfs.sizeBytes} bytes whose parts are ${sizeBytes}`)
  }
  return { kind: 'file', data, links, blockSizes, sizeBytes }
}

function shardNode(unixfs: Unixfs, links: readonly Link[]): Node {
  if (unixfs.fanout !== shardFanout || unixfs.hashType !== murmurCode) {
    throw new Fault('content/unsupported', `a shard of fanout ${unixfs.fanout}, hash ${unixfs.hashType}`)
  }
  if (links.length > shardFanout || !links.every(link => /^[0-9A-F]{2}/.test(link.name))) {
    throw new Fault('bytes/malformed', 'a shard whose links do not name their slots')
  }
  return { kind: 'shard', links }
}

function symlinkNode(unixfs: Unixfs): Node {
  const target = unixfs.data.length > targetBytesMax ? undefined : fromUtf8(unixfs.data)
  if (target === undefined) throw new Fault('bytes/malformed', 'a symlink whose target is not text')
  return { kind: 'symlink', links: noLinks, target }
}
