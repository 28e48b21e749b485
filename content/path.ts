// From a root and a path to what stands there: `a/b/c.html` through directories and shards, one block a level.
//
// Paths come from URLs, so every segment is hostile: whatever no directory can contain ('..', an empty segment, NUL)
// is simply missing, as it would be if the directory were searched for it. Symlinks are named but not followed: their
// target is text of the publisher's, and a gateway that follows it must first decide where that may lead.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { decodeNode, type Link, type Node } from './node.ts'
import { shardDepthMax, shardSlots, slotLabel } from './shard.ts'

/** Verified bytes of one block. Throws `content/missing` when nobody has it. */
export type GetBlock = (cid: CID) => Promise<Uint8Array>
/** The same on a path: `rest` leads on from the block, so that whoever fetches it may fetch what comes next as well. */
export type GetOnWay = (cid: CID, rest?: string) => Promise<Uint8Array>

/** `decodeNode`, or what remembers its answers. */
export type Decode = (cid: CID, bytes: Uint8Array) => Node

export type Resolved =
  | { kind: 'file'; cid: CID; sizeBytes: number }
  | { kind: 'directory'; cid: CID }
  | { kind: 'symlink'; cid: CID; target: string }
  | { kind: 'missing' }

/** Longer paths exist nowhere; PATH_MAX of Linux. */
const pathCharactersMax = 4096
const segmentsMax = 128

/**
 * `path` is percent-decoded, segments joined by '/'; '' is the root itself, and a '/' at the end asks for a directory.
 * Throws what `get` throws, and Faults of malformed nodes.
 */
export async function resolvePath(
  get: GetOnWay,
  root: CID,
  path: string,
  decode: Decode = decodeNode,
): Promise<Resolved> {
  const directoryOnly = path.endsWith('/')
  const segments = path === '' || path === '/' ? [] : path.replace(/^\/|\/$/g, '').split('/')
  const sane = segments.length <= segmentsMax && path.length <= pathCharactersMax
  if (!sane || !segments.every(isSegment)) return { kind: 'missing' }
  let cid = root
  let node = decode(cid, await get(cid, segments.join('/')))
  for (const [i, segment] of segments.entries()) {
    const link = await entryOf(get, decode, node, segment)
    if (link === undefined) return { kind: 'missing' }
    cid = link.cid
    node = decode(cid, await get(cid, segments.slice(i + 1).join('/')))
  }
  if (directoryOnly && node.kind !== 'directory' && node.kind !== 'shard') return { kind: 'missing' }
  return resolved(cid, node)
}

/** The link of an entry of a directory or of the root of a shard; undefined when there is none. */
async function entryOf(get: GetBlock, decode: Decode, node: Node, name: string): Promise<Link | undefined> {
  if (node.kind === 'directory') return node.links.find(link => link.name === name)
  if (node.kind !== 'shard') return undefined
  const slots = shardSlots(name)
  for (let depth = 0; depth < shardDepthMax; depth++) {
    const label = slotLabel(slots[depth]!)
    const link: Link | undefined = node.links.find(({ name }) => name.startsWith(label))
    if (link === undefined) return undefined
    if (link.name.length > label.length) return link.name.slice(label.length) === name ? link : undefined
    node = decode(link.cid, await get(link.cid))
    if (node.kind !== 'shard') throw new Fault('bytes/malformed', 'a shard above what is no shard')
  }
  return undefined
}

function isSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0')
}

function resolved(cid: CID, node: Node): Resolved {
  switch (node.kind) {
    case 'file':
      return { kind: 'file', cid, sizeBytes: node.sizeBytes }
    case 'symlink':
      return { kind: 'symlink', cid, target: node.target }
    case 'directory':
    case 'shard':
      return { kind: 'directory', cid }
  }
}
