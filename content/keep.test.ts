import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { formatCid } from './identifier.ts'
import { openBlockFolder } from './io/blocks.ts'
import { createWantedFile } from './io/wanted.ts'
import { createKeeper, type Held, type Keeper, type Wanted } from './keep.ts'
import { createMemoryStore } from './memory.ts'
import { grow, noise, type Specimen } from './specimen.ts'
import type { Store } from './store.ts'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'inxt-keep-'))
})
after(() => rm(home, { recursive: true }))

function memoryWanted(roots: readonly string[] = []): Wanted & { roots: readonly string[] } {
  const wanted = {
    roots,
    read: async () => wanted.roots,
    write: async (all: readonly string[]) => {
      wanted.roots = all
    },
  }
  return wanted
}

const site = (): Promise<Specimen> => grow({ a: noise(1, 9000), b: { c: 'c', d: noise(2, 5000) }, e: {} })

function keeper(
  store: Store,
  get: (cid: CID) => Promise<Uint8Array>,
  wanted: Wanted = memoryWanted(),
): Keeper {
  return createKeeper({ blocks: { get }, store, wanted, windowBlocks: 4, blocksMax: 1000 })
}

describe('keeping', () => {
  test('all of a root comes, is pinned and stays', async () => {
    const { root, blocks, get } = await site()
    const store = createMemoryStore({ bytesMax: 30_000 })
    const wanted = memoryWanted()
    const keep = keeper(store, get, wanted)
    const progress: Held[] = []
    const held = await keep.keep(root, { onProgress: step => progress.push(step) })
    assert.equal(held.blocks, blocks.size)
    assert.deepEqual(progress.at(-1), held)
    assert.equal(keep.holds(root), true)
    assert.deepEqual(wanted.roots, [formatCid(root)])
    assert.equal(store.usage().pinnedBytes, held.bytes)
    // Others' blocks come and go around it.
    const other = await grow(noise(9, 60_000))
    for (const block of other.blocks.values()) await store.put(block)
    for (const block of blocks.values()) assert.equal(await store.has(block.cid), true)
    assert.deepEqual(await keep.keep(root), held)
    await keep.release(root)
    assert.equal(keep.holds(root), false)
    assert.deepEqual(wanted.roots, [])
    assert.equal(store.usage().pinnedBytes, 0)
  })

  test('it goes on where it stopped', async () => {
    const { root, blocks, get } = await site()
    const store = createMemoryStore({ bytesMax: 100_000 })
    let fetched = 0
    const failing = async (cid: CID): Promise<Uint8Array> => {
      if (fetched >= 10) throw new Fault('content/missing', 'gone')
      fetched++
      return get(cid)
    }
    const wanted = memoryWanted()
    await assert.rejects(keeper(store, failing, wanted).keep(root), error =>
      isFault(error, 'content/missing'),
    )
    assert.equal(store.usage().pinnedBytes, 0)
    assert.deepEqual(wanted.roots, [formatCid(root)]) // still wanted
    let again = 0
    const counting = async (cid: CID): Promise<Uint8Array> => {
      const here = await store.get(cid)
      if (here === undefined) again++
      return here ?? get(cid)
    }
    const keep = keeper(store, counting, wanted)
    await keep.keep(root)
    assert.equal(again, blocks.size - 10)
  })

  test('a site that does not fit is refused, with nothing pinned', async () => {
    const { root, get } = await site()
    const store = createMemoryStore({ bytesMax: 8000 })
    const keep = keeper(store, get)
    await assert.rejects(keep.keep(root), error => isFault(error, 'store/full'))
    assert.equal(keep.holds(root), false)
    assert.equal(store.usage().pinnedBytes, 0)
  })

  test('an abort ends the fetch; a release ends it too and forgets the root', async () => {
    const { root } = await site()
    const never = (_: CID, context?: { signal?: AbortSignal }): Promise<Uint8Array> =>
      new Promise((_, reject) => {
        context?.signal?.addEventListener('abort', () => reject(context.signal?.reason))
      })
    const store = createMemoryStore({ bytesMax: 100_000 })
    const wanted = memoryWanted()
    const keep = createKeeper({ blocks: { get: never }, store, wanted, windowBlocks: 4, blocksMax: 1000 })
    const stop = new AbortController()
    const aborted = assert.rejects(keep.keep(root, { signal: stop.signal }), /enough/)
    stop.abort(new Error('enough'))
    await aborted
    const released = assert.rejects(keep.keep(root), { name: 'AbortError' })
    await new Promise(setImmediate)
    await keep.release(root)
    await released
    assert.deepEqual(wanted.roots, [])
    assert.deepEqual(keep.roots(), { complete: [], wanted: [] })
  })

  test('two roots share blocks: releasing one leaves the other whole', async () => {
    const [one, two] = [await grow({ a: noise(1, 5000) }), await grow({ a: noise(1, 5000), b: 'b' })]
    const store = createMemoryStore({ bytesMax: 100_000 })
    const keep = keeper(
      store,
      async cid => (one.blocks.get(formatCid(cid)) ?? two.blocks.get(formatCid(cid)))!.bytes,
    )
    await Promise.all([keep.keep(one.root), keep.keep(two.root), keep.keep(two.root)])
    await keep.release(one.root)
    for (const block of two.blocks.values()) assert.equal(await store.delete(block.cid), false)
    assert.equal(await store.delete(one.root), true)
  })
})

describe('after a restart', () => {
  const open = (folder: string): Promise<Store> =>
    openBlockFolder({ folder, bytesMax: 1e6, fsync: false, meter: createMeter() })

  test('what is whole is pinned again, what is not is still wanted', async () => {
    const folder = join(home, 'restart')
    const [whole, holed] = [await site(), await grow({ x: noise(7, 5000) })]
    const wanted = createWantedFile(join(home, 'wanted.json'))
    assert.deepEqual(await wanted.read(), [])
    const store = await open(folder)
    const get = async (cid: CID): Promise<Uint8Array> =>
      (whole.blocks.get(formatCid(cid)) ?? holed.blocks.get(formatCid(cid)))!.bytes
    const keep = keeper(store, get, wanted)
    await Promise.all([keep.keep(whole.root), keep.keep(holed.root)])

    const lost = [...holed.blocks.keys()][2]!
    await rm(join(folder, 'shards', lost.slice(-3, -1), lost))
    const storeAgain = await open(folder)
    const again = keeper(storeAgain, get, wanted)
    await again.recover()
    assert.equal(again.holds(whole.root), true)
    assert.equal(again.holds(holed.root), false)
    assert.deepEqual(
      again.roots().wanted.map(formatCid).sort(),
      [whole.root, holed.root].map(formatCid).sort(),
    )
    assert.equal(await storeAgain.delete(whole.root), false)
    await again.keep(holed.root)
    assert.equal(again.roots().complete.length, 2)
  })

  test('a damaged list says so, and a write leaves no half', async () => {
    const path = join(home, 'damaged.json')
    for (const text of ['', '{', 'null', '{"version":9,"roots":[]}', '{"version":1,"roots":["x"]}']) {
      await writeFile(path, text)
      await assert.rejects(createWantedFile(path).read(), error => isFault(error, 'state/broken'), text)
    }
    await createWantedFile(path).write([])
    assert.deepEqual(await createWantedFile(path).read(), [])
    assert.ok(!(await readdir(home)).some(name => name.endsWith('.half')))
  })
})
