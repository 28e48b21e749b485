// One interface, every implementation.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { type Block, blockBytesMax, blockOf } from './block.ts'
import { formatCid, parseCid, rawCodec } from './identifier.ts'
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

    test('what others hold goes before what they may not, unless that has long been idle', async () => {
      const store = await make(room(4))
      const [a, b, c, d, ...more] = pages(40) as [Block, Block, Block, Block, ...Block[]]
      await store.put(a)
      for (const block of [b, c, d]) await store.put(block, true)
      await store.put(more[0]!, true)
      assert.deepEqual([await store.has(a.cid), await store.has(b.cid)], [true, false])
      for (const block of more.slice(1)) await store.put(block, true)
      assert.equal(await store.has(a.cid), false)
      assert.equal(store.keys().length, 4)
    })

    test('a check tells the length and is no use', async () => {
      const store = await make(room(2))
      const [a, b, c] = pages(3) as [Block, Block, Block]
      for (const block of [a, b]) await store.put(block)
      assert.equal(await store.check(a.cid), 4096)
      assert.equal(await store.check(c.cid), undefined)
      await store.put(c)
      assert.equal(await store.has(a.cid), false)
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
      [
        'a folder in its place',
        async path => {
          await rm(path)
          await mkdir(join(path, 'with', 'more'), { recursive: true })
        },
      ],
    ]
    for (const [name, spoil] of rot) {
      const folder = newFolder()
      const meter = createMeter()
      const lost: string[] = []
      const onLost = (roots: readonly string[]): void => void lost.push(...roots)
      const store = await openBlockFolder({ folder, bytesMax: room(10), fsync: false, meter, onLost })
      const [block, owner] = [page(1), page(2)]
      store.pin(owner.cid, block.cid)
      await store.put(block)
      await spoil(pathOf(folder, block))
      assert.equal(await store.get(block.cid), undefined, name)
      assert.deepEqual([meter.read()['store.corrupt'], lost], [1, [formatCid(owner.cid)]])
      assert.equal(await store.has(block.cid), false)
      assert.equal(store.usage().bytes, 0)
      await store.put(block)
      assert.deepEqual(await store.get(block.cid), block.bytes)
      assert.equal(store.usage().pinnedBytes, 4096)
    }
  })

  test('without file descriptors a block cannot be read, and is not thrown away', async () => {
    const program = `
      import { closeSync, openSync } from 'node:fs'
      import { createMeter } from '${join(import.meta.dirname, '../base/meter.ts')}'
      import { blockOf } from '${join(import.meta.dirname, 'block.ts')}'
      import { openBlockFolder } from '${join(import.meta.dirname, 'io/blocks.ts')}'
      const meter = createMeter()
      const store = await openBlockFolder({ folder: process.argv[1], bytesMax: 1e6, fsync: false, meter })
      const block = blockOf(0x55, new Uint8Array(4096).fill(7))
      await store.put(block)
      const opened = []
      try { for (;;) opened.push(openSync('/dev/null')) } catch {}
      const without = await store.get(block.cid)
      for (const fd of opened) closeSync(fd)
      const again = await store.get(block.cid)
      console.log(without === undefined, again?.length, meter.read()['store.unread'])`
    const words = ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1" "$2"']
    const { stdout, stderr } = spawnSync('sh', [...words, process.execPath, program, newFolder()])
    assert.equal(`${stdout}${stderr}`, 'true 4096 1\n')
  })

  test('a disk that is full, or that cannot be read, costs neither a block nor the bound', async context => {
    const folder = newFolder()
    await mkdir(folder)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    if (mounted.status !== 0) return context.skip('mounting a small file system needs root')
    context.after(() => spawnSync('umount', [folder]))
    const store = await openFolder(folder)
    const kept: Block[] = []
    for (const block of pages(40)) {
      const isKept = await store.put(block).then(
        () => true,
        error => !isFault(error, 'store/full') && Promise.reject(error),
      )
      if (isKept) kept.push(block)
    }
    assert.ok(kept.length > 4 && kept.length < 20, `${kept.length}`)
    assert.equal(store.usage().bytes, room(kept.length))
    for (const block of kept) assert.deepEqual(await store.get(block.cid), block.bytes)
    await store.delete(kept[0]!.cid)
    await store.put(page(99))
  })

  test('killed at any moment of a put, it has whole blocks only, and all that were acknowledged', async () => {
    const writer = join(import.meta.dirname, 'io', 'testing-block-writer.ts')
    for (const acknowledged of [1, 7, 40]) {
      const folder = newFolder()
      const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      const said: string[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        said.push(line)
        if (said.length === acknowledged) child.kill('SIGKILL')
      }
      const store = await openFolder(folder, room(1_000_000))
      for (const text of said) assert.ok((await store.get(parseCid(text))) !== undefined, text)
      for (const text of store.keys()) assert.ok((await store.check(parseCid(text))) !== undefined, text)
      assert.ok(said.length >= acknowledged)
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
