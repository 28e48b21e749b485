// Import speed, ours and the ecosystem's in one run: `node content/builder.bench.ts`.
//
// Both import the same stream of 256 KiB pieces into nothing, three times in turn; the best run of each counts.

import { BlackHoleBlockstore } from 'blockstore-core'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import { realClock } from '../base/io/clock.ts'
import { buildFile, chunkBytes } from './builder.ts'
import { noise } from './specimen.ts'

const mebibytes = 200
const rounds = 3
const piece = noise(1, chunkBytes)

async function* stream(): AsyncGenerator<Uint8Array> {
  // Each piece differs in its first byte only: hashing costs the same, making noise does not count.
  for (let i = 0; i < mebibytes * 4; i++) yield piece.with(0, i % 256)
}

async function ours(): Promise<string> {
  return (await buildFile(stream(), () => {})).cid.toString()
}

async function theirs(): Promise<string> {
  const options = {
    cidVersion: 1 as const,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: chunkBytes }),
    layout: balanced({ maxChildrenPerNode: 174 }),
  }
  let root = ''
  for await (const entry of importer(
    [{ path: 'f', content: stream() }],
    new BlackHoleBlockstore(),
    options,
  )) {
    root = entry.cid.toString()
  }
  return root
}

const best = { ours: 0, theirs: 0 }
const roots = new Set<string>()
for (let round = 0; round < rounds; round++) {
  for (const [who, run] of Object.entries({ ours, theirs })) {
    const startedAt = realClock.now()
    roots.add(await run())
    const rate = (mebibytes * 1.048576) / ((realClock.now() - startedAt) / 1000)
    best[who as keyof typeof best] = Math.max(best[who as keyof typeof best], rate)
  }
}
if (roots.size !== 1) throw new Error(`different roots: ${[...roots]}`)
console.log(`${mebibytes} MiB, root ${[...roots][0]}`)
console.log(`ours      ${best.ours.toFixed(0)} MB/s`)
console.log(`importer  ${best.theirs.toFixed(0)} MB/s`)
console.log(`ratio     ${(best.ours / best.theirs).toFixed(2)}`)
