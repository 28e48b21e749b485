import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { type Block, blockOf } from './block.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { createMemoryStore } from './memory.ts'
import { encodeNode } from './node.ts'
import { getFrom, grow, noise } from './specimen.ts'
import { completeness, walk } from './walk.ts'

const none = new Uint8Array(0)
const bounds = { blocksMax: 1000, windowBlocks: 4 }

test('every block below the root, each once, within the window', async () => {
  const { root, blocks, get } = await grow({ a: noise(1, 9000), again: noise(1, 9000), d: { e: 'e', f: {} } })
  const seen: string[] = []
  let under = 0
  let most = 0
  const visit = async (cid: CID): Promise<Uint8Array> => {
    seen.push(formatCid(cid))
    most = Math.max(most, ++under)
    const bytes = await get(cid)
    await new Promise(setImmediate)
    under--
    return bytes
  }
  assert.equal(await walk({ root, visit, ...bounds }), blocks.size)
  assert.deepEqual(seen.toSorted(), [...blocks.keys()].toSorted())
  assert.equal(most, 4)
})

test('one at a time comes in the order of the files', async () => {
  const { root, get } = await grow({ a: 'first', b: { c: 'second' }, d: 'third' })
  const texts: string[] = []
  const visit = async (cid: CID): Promise<Uint8Array> => {
    const bytes = await get(cid)
    if (cid.code === rawCodec) texts.push(Buffer.from(bytes).toString())
    return bytes
  }
  await walk({ root, visit, blocksMax: 100, windowBlocks: 1 })
  assert.deepEqual(texts, ['first', 'second', 'third'])
})

test('bounds on blocks and depth', async () => {
  const { root, get } = await grow({ a: noise(1, 9000) })
  await assert.rejects(walk({ root, visit: get, blocksMax: 5, windowBlocks: 4 }), error =>
    isFault(error, 'bytes/too-large'),
  )
  const blocks = new Map<string, Block>()
  let top = blockOf(rawCodec, utf8('x'))
  for (let i = 0; i < 300; i++) {
    blocks.set(formatCid(top.cid), top)
    top = encodeNode({ kind: 'directory', data: none, blockSizes: [] }, [
      { name: 'd', cid: top.cid, totalBytes: 1 },
    ])
  }
  blocks.set(formatCid(top.cid), top)
  await assert.rejects(walk({ root: top.cid, visit: getFrom(blocks), ...bounds }), error =>
    isFault(error, 'bytes/too-large'),
  )
})

test('the first failure ends the walk, and so does the signal', async () => {
  const { root, get } = await grow({ a: noise(1, 9000) })
  let visits = 0
  const failing = async (cid: CID): Promise<Uint8Array> => {
    if (++visits === 4) throw new Error('fourth')
    return get(cid)
  }
  await assert.rejects(walk({ root, visit: failing, ...bounds }), /fourth/)
  assert.ok(visits <= 8)
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await assert.rejects(walk({ root, visit: get, ...bounds, signal: stop.signal }), /enough/)
})

test('completeness: counts what is here, names the first block that is not', async () => {
  const { root, blocks } = await grow({ a: noise(1, 9000), b: 'b', c: {} })
  const store = createMemoryStore({ bytesMax: 1e6 })
  for (const block of blocks.values()) await store.put(block)
  const bytes = [...blocks.values()].reduce((sum, block) => sum + block.bytes.length, 0)
  assert.deepEqual(await completeness(store, root, bounds), {
    blocks: blocks.size,
    bytes,
    missing: undefined,
  })
  for (const block of blocks.values()) {
    await store.delete(block.cid)
    const { missing } = await completeness(store, root, bounds)
    assert.equal(formatCid(missing!), formatCid(block.cid))
    await store.put(block)
  }
})
