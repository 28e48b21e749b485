// From bytes to blocks, exactly as `ipfs add --cid-version=1 -r` does, so that a folder has the same name everywhere.
//
// What fixes the name: chunks of 256 KiB, leaves without a wrapper (raw), a balanced tree of 174 links a node, basic
// directories until names and CIDs exceed 256 KiB and a HAMT from there, no mode, no time. (Kubo's legacy CIDv1
// defaults; IPIP-499 names the parameters. The threshold is ">" as in boxo since its size estimation modes; older
// releases switched at "=".)
//
// Memory is bounded by one chunk and 174 links for each level of the tree: a level that fills up becomes one node of
// the level above at once. Building leaf lists first would be shorter and would keep 80 bytes for each chunk.

import type { CID } from 'multiformats/cid'
import { utf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { type Block, blockOf, type Sink } from './block.ts'
import { rawCodec } from './identifier.ts'
import { byName, encodeNode, type Link } from './node.ts'
import { buildTrie, isTrie, murmurCode, shardFanout, slotBits, slotLabel, type Trie } from './shard.ts'

export const chunkBytes = 256 * 1024
const linksMax = 174
const basicBytesMax = 256 * 1024
/** NAME_MAX of Linux, macOS and Windows alike. */
const nameBytesMax = 255

export type Built = {
  readonly cid: CID
  /** Bytes of all blocks below and including this one (dag-pb's Tsize). */
  readonly totalBytes: number
}

type Part = Built & { readonly fileBytes: number }

const empty = new Uint8Array(0)

/**
 * Pieces may have any size; they are kept until their block is out, so the source must not write into them again.
 * Another chunk size gives the file another name.
 */
export async function buildFile(
  pieces: AsyncIterable<Uint8Array>,
  sink: Sink,
  chunkSizeBytes = chunkBytes,
): Promise<Built> {
  /** levels[0] are leaves; a full level is folded into one part of the next. */
  const levels: { open: Part[]; count: number }[] = []
  const add = async (depth: number, part: Part): Promise<void> => {
    const level = (levels[depth] ??= { open: [], count: 0 })
    level.open.push(part)
    level.count++
    if (level.open.length === linksMax) await fold(depth)
  }
  const fold = async (depth: number): Promise<void> => {
    const parts = levels[depth]!.open.splice(0)
    await add(depth + 1, await parent(parts, sink))
  }
  for await (const chunk of chunks(pieces, chunkSizeBytes)) {
    await add(0, await leaf(chunk, sink))
  }
  if (levels.length === 0) return leaf(empty, sink)
  for (let depth = 0; ; depth++) {
    const level = levels[depth]!
    if (level.count === 1) return built(level.open[0]!)
    if (level.open.length > 0) await fold(depth)
  }
}

export async function buildSymlink(target: string, sink: Sink): Promise<Built> {
  const block = encodeNode({ kind: 'symlink', data: utf8(target), blockSizes: [] }, [])
  await sink(block)
  return { cid: block.cid, totalBytes: block.bytes.length }
}

/** In any order. Throws `content/unsupported` for names that no path can reach, or twice the same. */
export async function buildDirectory(
  entries: readonly (Built & { readonly name: string })[],
  sink: Sink,
): Promise<Built> {
  checkNames(entries)
  const estimateBytes = entries.reduce(
    (sum, entry) => sum + utf8(entry.name).length + entry.cid.byteLength,
    0,
  )
  if (estimateBytes > basicBytesMax) return buildShard(buildTrie(entries), sink)
  const links = [...entries].sort(byName)
  return put(encodeNode({ kind: 'directory', data: empty, blockSizes: [] }, links), links, sink)
}

async function buildShard(trie: Trie<Link>, sink: Sink): Promise<Built> {
  const links: Link[] = []
  for (const [slot, there] of [...trie.slots].sort(([a], [b]) => a - b)) {
    const { cid, totalBytes } = isTrie(there) ? await buildShard(there, sink) : there
    links.push({ name: slotLabel(slot) + (isTrie(there) ? '' : there.name), cid, totalBytes })
  }
  const data = slotBits(trie.slots.keys())
  const unixfs = { kind: 'shard', data, blockSizes: [], hashType: murmurCode, fanout: shardFanout } as const
  return put(encodeNode(unixfs, links), links, sink)
}

async function leaf(chunk: Uint8Array, sink: Sink): Promise<Part> {
  const block = blockOf(rawCodec, chunk)
  await sink(block)
  return { cid: block.cid, totalBytes: chunk.length, fileBytes: chunk.length }
}

async function parent(parts: readonly Part[], sink: Sink): Promise<Part> {
  const links = parts.map(({ cid, totalBytes }) => ({ name: '', cid, totalBytes }))
  const blockSizes = parts.map(part => part.fileBytes)
  const fileBytes = blockSizes.reduce((sum, size) => sum + size, 0)
  const block = encodeNode({ kind: 'file', data: empty, sizeBytes: fileBytes, blockSizes }, links)
  return { ...(await put(block, links, sink)), fileBytes }
}

async function put(block: Block, links: readonly Link[], sink: Sink): Promise<Built> {
  await sink(block)
  return {
    cid: block.cid,
    totalBytes: links.reduce((sum, link) => sum + link.totalBytes, block.bytes.length),
  }
}

function built({ cid, totalBytes }: Part): Built {
  return { cid, totalBytes }
}

/** Cuts a stream of pieces at every `sizeBytes`; copies only where a piece does not begin at a cut. */
async function* chunks(pieces: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncIterable<Uint8Array> {
  let open: Uint8Array | undefined
  let filled = 0
  for await (let piece of pieces) {
    while (piece.length > 0) {
      if (filled === 0 && piece.length >= sizeBytes) {
        yield piece.subarray(0, sizeBytes)
        piece = piece.subarray(sizeBytes)
        continue
      }
      open ??= new Uint8Array(sizeBytes)
      const taken = piece.subarray(0, sizeBytes - filled)
      open.set(taken, filled)
      filled += taken.length
      piece = piece.subarray(taken.length)
      if (filled === sizeBytes) {
        yield open
        open = undefined
        filled = 0
      }
    }
  }
  if (open !== undefined && filled > 0) yield open.slice(0, filled)
}

function checkNames(entries: readonly { readonly name: string }[]): void {
  const seen = new Set<string>()
  for (const { name } of entries) {
    const bad = name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || seen.has(name)
    if (bad || utf8(name).length > nameBytesMax || !name.isWellFormed()) {
      throw new Fault('content/unsupported', `a directory entry cannot be named ${JSON.stringify(name)}`)
    }
    seen.add(name)
  }
}
