// One interface, every implementation.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { type Block, blockBytesMax, blockOf } from './block.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { openBlockFolder } from './io/blocks.ts'
import { createMemoryStore } from './memory.ts'
import type { Store } from './store.ts'

/** Blocks of 4 KiB, so that both implementations charge the same for them. */
const page = (seed: number): Block => blockOf(rawCodec, new Uint8Array(4096).fill(seed))
const pages = (count: number): Block[] => Array.from({ length: count }, (_, i) => page(i))
const room = (count: number): number => count * 4096

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'inxt-store-'))
})
after(() => rm(home, { recursive: true }))

let folders = 0
const newFolder = (): string => join(home, `${++folders}`)
const openFolder = (folder: string, bytesMax = room(100), meter = createMeter()): Promise<Store> =>
  openBlockFolder({ folder, bytesMax, fsync: false, meter })

const kinds: Record<string, (bytesMax: number) => Promise<Store>> = {
  memory: async bytesMax => createMemoryStore({ bytesMax }),
  folder: bytesMax => openFolder(newFolder(), bytesMax),
  'folder with fsync': bytesMax =>
    openBlockFolder({ folder: newFolder(), bytesMax, fsync: true, meter: createMeter() }),
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(`store: ${kind}`, () => {
    test('what was put is there, until it is deleted', async () => {
      const store = await make(room(10))
      const block = page(1)
      assert.equal(await store.has(block.cid), false)
      assert.equal(await store.get(block.cid), undefined)
      assert.equal(await store.sizeBytes(block.cid), undefined)
      await Promise.all([store.put(block), store.put(block)])
      assert.equal(await store.has(block.cid), true)
      assert.deepEqual(await store.get(block.cid), block.bytes)
      assert.equal(await store.sizeBytes(block.cid), 4096)
      assert.deepEqual(store.usage(), { blocks: 1, bytes: 4096, bytesMax: room(10), pinnedBytes: 0 })
      assert.equal(await store.delete(block.cid), true)
      assert.equal(await store.delete(block.cid), false)
      assert.equal(await store.get(block.cid), undefined)
      assert.equal(store.usage().bytes, 0)
    })

    test('bytes under a name that is not theirs are refused, and so are blocks over the bound', async () => {
      const store = await make(room(10_000))
      await assert.rejects(store.put({ cid: page(1).cid, bytes: page(2).bytes }), error =>
        isFault(error, 'content/mismatch'),
      )
      await assert.rejects(store.put(blockOf(rawCodec, new Uint8Array(blockBytesMax + 1))), error =>
        isFault(error, 'bytes/too-large'),
      )
      assert.equal(store.usage().bytes, 0)
      assert.equal(await store.has(page(1).cid), false)
    })

    test('the least recently used unpinned block goes first', async () => {
      const store = await make(room(3))
      const [a, b, c, d, e] = pages(5) as [Block, Block, Block, Block, Block]
      for (const block of [a, b, c]) await store.put(block)
      await store.get(a.cid)
      store.pin(a.cid, b.cid)
      await store.put(d)
      const there = async (): Promise<boolean[]> =>
        Promise.all([a, b, c, d, e].map(block => store.has(block.cid)))
      assert.deepEqual(await there(), [true, true, false, true, false])
      await store.put(e)
      assert.deepEqual(await there(), [false, true, false, true, true])
      assert.equal(store.usage().pinnedBytes, 4096)
    })

    test('full of pinned blocks, it refuses and evicts nothing', async () => {
      const store = await make(room(3))
      const [a, b, c, d] = pages(4) as [Block, Block, Block, Block]
      for (const block of [a, b, c]) {
        store.pin(a.cid, block.cid) // before it is there
        await store.put(block)
      }
      await assert.rejects(store.put(d), error => isFault(error, 'store/full'))
      assert.equal(await store.delete(b.cid), false)
      assert.equal(store.usage().blocks, 3)
      store.pin(d.cid, c.cid) // a second owner
      store.unpin(a.cid)
      await store.put(d)
      assert.equal(await store.has(a.cid), false)
      assert.equal(await store.has(c.cid), true)
      store.unpin(d.cid)
      assert.equal(await store.delete(c.cid), true)
    })

    test('many writers together stay within the bound', async () => {
      const store = await make(room(10))
      const all = pages(60)
      await Promise.all(all.map(block => store.put(block)))
      assert.ok(store.usage().bytes <= room(10))
      const there = await Promise.all(all.map(block => store.get(block.cid)))
      assert.equal(there.filter(bytes => bytes !== undefined).length, 10)
      await Promise.all(all.map((block, i) => (i % 2 ? store.put(block) : store.delete(block.cid))))
      for (const block of all) {
        const bytes = await store.get(block.cid)
        assert.equal(bytes !== undefined, await store.has(block.cid))
      }
    })
  })
}

describe('the folder', () => {
  const pathOf = (folder: string, { cid }: Block): string => {
    const key = formatCid(cid)
    return join(folder, 'shards', key.slice(-3, -1), key)
  }

  test('holds its blocks after a restart, the oldest first to go', async () => {
    const folder = newFolder()
    const store = await openFolder(folder)
    const [a, b, c] = pages(3) as [Block, Block, Block]
    for (const [i, block] of [b, c, a].entries()) {
      await store.put(block)
      await utimes(pathOf(folder, block), 1000 + i, 1000 + i)
    }
    const again = await openFolder(folder, room(3))
    assert.equal(again.usage().blocks, 3)
    await again.put(page(9))
    assert.deepEqual(await Promise.all([a, b, c].map(block => again.has(block.cid))), [true, false, true])
  })

  test('a bound that was lowered takes nothing that is pinned by the time it bites', async () => {
    const folder = newFolder()
    const store = await openFolder(folder)
    const [a, b, c, d] = pages(4) as [Block, Block, Block, Block]
    for (const block of [a, b, c]) await store.put(block)
    const again = await openFolder(folder, room(2))
    assert.equal(again.usage().blocks, 3)
    again.pin(a.cid, a.cid)
    await again.put(d)
    assert.equal(await again.has(a.cid), true)
    assert.equal(again.usage().bytes, room(2))
  })

  test('half-written files of a crash are removed, foreign files are left alone', async () => {
    const folder = newFolder()
    const store = await openFolder(folder)
    const [a, b] = pages(2) as [Block, Block]
    await store.put(a)
    await writeFile(join(folder, 'half', formatCid(b.cid)), b.bytes.subarray(0, 100))
    await writeFile(`${pathOf(folder, a)}.note`, 'not ours')
    const again = await openFolder(folder)
    assert.deepEqual(await readdir(join(folder, 'half')), [])
    assert.equal(await again.has(b.cid), false)
    assert.equal(again.usage().blocks, 1)
    assert.equal(await readFile(`${pathOf(folder, a)}.note`, 'utf8'), 'not ours')
  })

  test('a rotten block is dropped, counted and can come back, pinned as it was', async () => {
    const rot: [name: string, spoil: (path: string) => Promise<void>][] = [
      ['cut', path => truncate(path, 10)],
      ['one bit', async path => writeFile(path, (await readFile(path)).fill(7, 0, 1))],
      ['gone', path => rm(path)],
    ]
    for (const [name, spoil] of rot) {
      const folder = newFolder()
      const meter = createMeter()
      const store = await openFolder(folder, room(10), meter)
      const block = page(1)
      store.pin(block.cid, block.cid)
      await store.put(block)
      await spoil(pathOf(folder, block))
      assert.equal(await store.get(block.cid), undefined, name)
      assert.equal(meter.read()['store.corrupt'], 1)
      assert.equal(await store.has(block.cid), false)
      assert.equal(store.usage().bytes, 0)
      await store.put(block)
      assert.deepEqual(await store.get(block.cid), block.bytes)
      assert.equal(store.usage().pinnedBytes, 4096)
    }
  })

  test('a write that fails leaves neither a block nor a charge', async () => {
    const folder = newFolder()
    const store = await openFolder(folder)
    const block = blockOf(rawCodec, utf8('x'))
    await rm(join(folder, 'half'), { recursive: true })
    await assert.rejects(store.put(block), error => isFault(error))
    assert.deepEqual([await store.has(block.cid), store.usage().bytes], [false, 0])
  })

  test('a path that cannot be a folder is a Fault', async () => {
    const path = newFolder()
    await writeFile(path, '')
    await assert.rejects(openFolder(path), error => isFault(error, 'config/unreadable'))
  })
})
