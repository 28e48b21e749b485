// A process that puts blocks into a folder until it is killed, and names each that was put: for the test of crashes.

import { createMeter } from '../../base/meter.ts'
import { blockOf } from '../block.ts'
import { formatCid, rawCodec } from '../identifier.ts'
import { noise } from '../specimen.ts'
import { openBlockFolder } from './blocks.ts'

const store = await openBlockFolder({
  folder: process.argv[2]!,
  bytesMax: 1e9,
  fsync: false,
  meter: createMeter(),
})
for (let seed = 0; ; seed++) {
  const block = blockOf(rawCodec, noise(seed, 20_000))
  await store.put(block)
  process.stdout.write(`${formatCid(block.cid)}\n`)
}
