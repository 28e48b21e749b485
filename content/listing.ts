// What a directory contains, sharded or not, one entry at a time.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { formatCid } from './identifier.ts'
import { decodeNode, type Link, type Node } from './node.ts'
import type { GetBlock } from './path.ts'
import { shardDepthMax } from './shard.ts'

export type Entry = Link

/**
 * Entries of a basic directory in the order of their names, of a shard in the order of its slots. Throws
 * `content/unsupported` when `cid` is no directory, `bytes/too-large` after `entriesMax`, and what `get` throws.
 */
export async function* listDirectory(
  get: GetBlock,
  cid: CID,
  options: { entriesMax: number },
): AsyncGenerator<Entry> {
  const node = decodeNode(cid, await get(cid))
  if (node.kind !== 'directory' && node.kind !== 'shard') {
    throw new Fault('content/unsupported', `${formatCid(cid)} is no directory`)
  }
  let count = 0
  for await (const entry of node.kind === 'directory' ? node.links : shardEntries(get, node, 0)) {
    if (++count > options.entriesMax) {
      throw new Fault('bytes/too-large', `more than ${options.entriesMax} entries in ${formatCid(cid)}`)
    }
    yield entry
  }
}

async function* shardEntries(get: GetBlock, shard: Node, depth: number): AsyncGenerator<Entry> {
  if (depth >= shardDepthMax) throw new Fault('bytes/malformed', 'a shard deeper than its hash is long')
  for (const link of shard.links) {
    if (link.name.length > 2) {
      yield { ...link, name: link.name.slice(2) }
      continue
    }
    const deeper = decodeNode(link.cid, await get(link.cid))
    if (deeper.kind !== 'shard') throw new Fault('bytes/malformed', 'a shard above what is no shard')
    yield* shardEntries(get, deeper, depth + 1)
  }
}
