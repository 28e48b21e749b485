// Small worlds for tests: trees of text built into blocks, and bytes that look random but are the same every time.

import type { CID } from 'multiformats/cid'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import type { Block } from './block.ts'
import { type Built, buildDirectory, buildFile } from './builder.ts'
import { formatCid } from './identifier.ts'

export type Tree = { readonly [name: string]: Tree | Uint8Array | string }

export type Specimen = {
  readonly root: CID
  /** By canonical CID, in the order of building. */
  readonly blocks: ReadonlyMap<string, Block>
  readonly get: (cid: CID) => Promise<Uint8Array>
}

export async function grow(tree: Tree | Uint8Array | string, chunkSizeBytes = 1000): Promise<Specimen> {
  const blocks = new Map<string, Block>()
  const sink = (block: Block): void => void blocks.set(formatCid(block.cid), block)
  const build = async (node: Tree | Uint8Array | string): Promise<Built> => {
    if (typeof node === 'string') return buildFile(once(utf8(node)), sink, chunkSizeBytes)
    if (node instanceof Uint8Array) return buildFile(once(node), sink, chunkSizeBytes)
    const entries: (Built & { name: string })[] = []
    for (const [name, child] of Object.entries(node)) entries.push({ name, ...(await build(child)) })
    return buildDirectory(entries, sink)
  }
  const { cid } = await build(tree)
  return { root: cid, blocks, get: getFrom(blocks) }
}

export function getFrom(blocks: ReadonlyMap<string, Block>): (cid: CID) => Promise<Uint8Array> {
  return async cid => {
    const block = blocks.get(formatCid(cid))
    if (block === undefined) throw new Fault('content/missing', `block ${formatCid(cid)}`)
    return block.bytes
  }
}

export function noise(seed: number, length: number): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length }, () => integerBelow(random, 256))
}

export async function gather(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return concatBytes(parts)
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
