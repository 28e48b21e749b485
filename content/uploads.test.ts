import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { type Block, blockOf } from './block.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { createMemoryStore } from './memory.ts'
import { createUploads } from './uploads.ts'

const blockBytes = 100
const block = (text: string): Block => blockOf(rawCodec, utf8(text.padEnd(blockBytes, '.')))
const { cid: site } = block('a site')
const { cid: other } = block('another site')

function world(blocksMax: number) {
  const store = createMemoryStore({ bytesMax: blocksMax * blockBytes })
  const kept = new Set<string>()
  const uploads = createUploads({ store, isKept: root => kept.has(root), graceMs: 1000 })
  const send = async (text: string, now: number, root = site): Promise<void> => {
    await store.put(block(text))
    uploads.arrive(root, block(text).cid, now)
  }
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 2 * blocksMax; i++) await store.put(block(`filling ${i}`))
  }
  const has = (text: string): Promise<boolean> => store.has(block(text).cid)
  const pinned = (): number => store.usage().pinnedBytes / blockBytes
  return { store, kept, uploads, send, fill, has, pinned }
}

describe('uploads', () => {
  test('the first block is here when the last has come, however full the store', async () => {
    const { send, fill, has } = world(10)
    await send('first', 0)
    await fill()
    await send('last', 1)
    assert.deepEqual([await has('first'), await has('last')], [true, true])
  })

  test('nothing is pinned a grace after the last block, unless it is the keeper that pins it', async () => {
    const { uploads, kept, send, pinned } = world(10)
    await send('first', 0)
    await send('last', 900)
    await send('of another', 900, other)
    kept.add(formatCid(other))
    uploads.turn(1899)
    assert.equal(pinned(), 3)
    uploads.turn(1900)
    assert.equal(pinned(), 1)
  })

  test('together they pin half of the store, and nothing where three quarters are pinned', async () => {
    const { store, uploads, send, pinned } = world(20)
    for (let i = 0; i < 20; i++) await send(`block ${i}`, 0, i % 2 === 0 ? site : other)
    await send('block 0', 0)
    assert.equal(pinned(), 10)
    uploads.turn(1000)
    assert.equal(pinned(), 0)
    for (let i = 0; i < 12; i++) store.pin(other, block(`block ${i + 8}`).cid)
    for (let i = 0; i < 8; i++) await send(`block ${i}`, 1000)
    assert.equal(pinned(), 15)
  })

  test('what has ended no longer counts, and its pins are left to the keeper', async () => {
    const { uploads, send, pinned } = world(20)
    for (let i = 0; i < 10; i++) await send(`block ${i}`, 0)
    await send('one more', 0, other)
    assert.equal(pinned(), 10)
    uploads.end(site)
    await send('one more', 0, other)
    uploads.turn(1000)
    assert.equal(pinned(), 10)
  })
})
