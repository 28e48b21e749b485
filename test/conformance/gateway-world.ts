// The DAGs that the gateway is asked for, and which blocks of them have to come, worked out with @ipld/dag-pb alone.
//
// Files of one block and of five, below folders and in a HAMT of 10,000 entries; a folder with doubles, a file with a
// hole, 100 MB, and a block of another codec.

import * as dagPb from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import { utf8 } from '../../base/bytes.ts'
import { type Block, blockOf } from '../../content/block.ts'
import { type Built, buildDirectory, buildFile } from '../../content/builder.ts'
import { noise, once as piece } from '../../content/specimen.ts'

const mib = 1024 * 1024
const bigBytes = 100 * mib
export const manyEntries = 10_000

/** Every block of the world, those too that the gateway is not given. */
export const blocks = new Map<string, Uint8Array>()
export const made: Block[] = []
const sink = (block: Block): void => {
  blocks.set(String(block.cid), block.bytes)
  made.push(block)
}
const file = (bytes: Uint8Array, chunkBytes?: number): Promise<Built> =>
  buildFile(piece(bytes), sink, chunkBytes)
const folder = (entries: Readonly<Record<string, Built>>): Promise<Built> =>
  buildDirectory(
    Object.entries(entries).map(([name, built]) => ({ name, ...built })),
    sink,
  )

/** A megabyte that is another each time, without the cost of chance. */
export function* bigPieces(): Generator<Uint8Array> {
  const one = Buffer.from(noise(7, mib))
  for (let i = 0; i < bigBytes / mib; i++) {
    one.writeUInt32BE(i, 0)
    yield Uint8Array.from(one)
  }
}

async function world() {
  const multi = noise(3, 4 * 256 + 2)
  const ascii = await file(utf8('hello application/vnd.ipld.car\n'))
  const mixed = await folder({ 'ascii.txt': ascii, 'multiblock.bin': await file(multi, 256) })
  const doubles = await folder({
    ...{ 'ascii-copy.txt': ascii, 'ascii.txt': ascii, 'hello.txt': await file(utf8('hello world\n')) },
    'multiblock.bin': await file(multi, 256),
  })
  const hole = noise(4, 3 * 1024)
  const names = Array.from({ length: manyEntries }, (_, i) => `entry-number-${i}.txt`)
  const entries: Record<string, Built> = { 'multiblock.bin': await file(multi, 256) }
  for (const [i, name] of names.entries()) entries[name] = await file(utf8(`text ${i}`))
  const big = await buildFile(bigPieces() as unknown as AsyncIterable<Uint8Array>, sink)
  const cbor = blockOf(0x55, Uint8Array.from([0xa1, 0x61, 0x61, 0x01]))
  const document = CID.createV1(0x71, cbor.cid.multihash)
  made.push({ cid: document, bytes: cbor.bytes })
  return {
    mixed: await folder({ sub: mixed }),
    doubles,
    hole: await file(hole, 1024),
    many: await folder(entries),
    big,
    document,
  }
}

export const { mixed, doubles, hole, many, big, document } = await world()
export const [rootOf, manyOf] = [String(mixed.cid), String(many.cid)]
export const missing = childrenOf(hole.cid)[1]!

/** The links of a node, as the library of the ecosystem reads them. */
export function childrenOf(cid: CID): string[] {
  return cid.code === dagPb.code
    ? dagPb.decode(blocks.get(String(cid))!).Links.map(({ Hash }) => String(Hash))
    : []
}

/** A node and all below, depth first, repetitions included. */
export function below(cid: string): string[] {
  return [cid, ...childrenOf(CID.parse(cid)).flatMap(below)]
}

/** The shards of a directory without its entries: those have a name behind the two digits of their slot. */
export function shards(cid: string): string[] {
  const { Links } = dagPb.decode(blocks.get(cid)!)
  return [cid, ...Links.filter(({ Name }) => Name!.length === 2).flatMap(({ Hash }) => shards(String(Hash)))]
}

/** The nodes along a path. In a HAMT the name is looked for everywhere, not where its hash says. */
export function way(root: CID, ...segments: string[]): string[] {
  const [name, ...rest] = segments
  return name === undefined ? [String(root)] : (steps(root, name, rest) ?? [])
}

function steps(cid: CID, name: string, rest: readonly string[]): string[] | undefined {
  for (const { Name, Hash } of dagPb.decode(blocks.get(String(cid))!).Links) {
    if (Name === name || (Name!.slice(2) === name && /^[0-9A-F]{2}/.test(Name!)))
      return [String(cid), ...way(Hash, ...rest)]
    const deeper = Name!.length === 2 ? steps(Hash, name, rest) : undefined
    if (deeper !== undefined) return [String(cid), ...deeper]
  }
  return undefined
}
