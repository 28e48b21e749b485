// From a root and a path to what stands there: `a/b/c.html` through directories and shards, one block a level.
//
// Paths come from URLs, so every segment is hostile: whatever no directory can contain ('..', an empty segment, NUL)
// is simply missing, as it would be if the directory were searched for it. Symlinks are named but not followed: their
// target is text of the publisher's, and a gateway that follows it must first decide where that may lead.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { inlineBytes } from './identifier.ts'
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

/** What stands at the end of a path. */
export type Terminus = {
  readonly cid: CID
  readonly node: Node
  /** The root and what each segment leads to; the last is `cid`. */
  readonly roots: readonly CID[]
}

/** Yields the block that is needed next, and the rest of the path from there; is called again with verified bytes. */
type Way<Result> = Generator<readonly [cid: CID, rest: string | undefined], Result, Uint8Array>

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
  const isRoot = path === '' || path === '/'
  const isSane =
    isRoot ||
    path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .every(isSegment)
  const terminus = isSane ? await findTerminus(get, { root, path }, decode) : undefined
  if (terminus === undefined) return { kind: 'missing' }
  const found = resolved(terminus)
  return path.endsWith('/') && found.kind !== 'directory' ? { kind: 'missing' } : found
}

/** The same without a judgement on segments: empty ones count for nothing. Undefined when the path leads nowhere. */
export async function findTerminus(
  get: GetOnWay,
  where: { readonly root: CID; readonly path: string },
  decode: Decode = decodeNode,
): Promise<Terminus | undefined> {
  const way = descend(where.root, where.path, decode)
  let step = way.next()
  while (!step.done) step = way.next(await get(...step.value))
  return step.value
}

/** The way there without I/O, one block after the other. */
export function* descend(root: CID, path: string, decode: Decode = decodeNode): Way<Terminus | undefined> {
  if (path.length > pathCharactersMax) return undefined
  const segments = path.split('/').filter(segment => segment !== '')
  if (segments.length > segmentsMax) return undefined
  const roots = [root]
  let node = yield* open(decode, root, segments.join('/'))
  for (const [i, segment] of segments.entries()) {
    const link: Link | undefined = yield* entry(decode, node, segment)
    if (link === undefined) return undefined
    roots.push(link.cid)
    node = yield* open(decode, link.cid, segments.slice(i + 1).join('/'))
  }
  return { cid: roots.at(-1)!, node, roots }
}

function* open(decode: Decode, cid: CID, rest: string | undefined): Way<Node> {
  return decode(cid, inlineBytes(cid) ?? (yield [cid, rest]))
}

/** The link of an entry of a directory or of the root of a shard; undefined when there is none. */
function* entry(decode: Decode, node: Node, name: string): Way<Link | undefined> {
  if (node.kind === 'directory') return node.links.find(link => link.name === name)
  if (node.kind !== 'shard') return undefined
  const slots = shardSlots(name)
  for (let depth = 0; depth < shardDepthMax; depth++) {
    const label = slotLabel(slots[depth]!)
    const link: Link | undefined = node.links.find(one => one.name.startsWith(label))
    if (link === undefined) return undefined
    if (link.name.length > label.length) return link.name === label + name ? link : undefined
    node = yield* open(decode, link.cid, undefined)
    if (node.kind !== 'shard') throw new Fault('bytes/malformed', 'a shard above what is no shard')
  }
  return undefined
}

function isSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0')
}

function resolved({ cid, node }: Terminus): Resolved {
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
