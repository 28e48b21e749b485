import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { buildDirectory, buildFile } from './builder.ts'
import { formatCid, parseCid } from './identifier.ts'
import { createKeeper } from './keep.ts'
import { createMemoryStore } from './memory.ts'
import { createSteward, type Steward } from './steward.ts'

/** A site of one file, in a store of its own: what a holder would send. */
async function site(text: string): Promise<{ root: CID; blocks: Map<string, Uint8Array> }> {
  const blocks = new Map<string, Uint8Array>()
  const sink = ({ cid, bytes }: { cid: CID; bytes: Uint8Array }): void => {
    blocks.set(formatCid(cid), bytes)
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield utf8(text)
  }
  const file = await buildFile(pieces(), sink)
  const { cid } = await buildDirectory([{ name: 'index.html', ...file }], sink)
  return { root: cid, blocks }
}

function household(network: Map<string, Uint8Array>, bytesMax = 1_000_000) {
  const store = createMemoryStore({ bytesMax })
  const named = new Set<string>()
  const duties = new Set<string>()
  const said: string[] = []
  const meter = createMeter()
  const blocks = {
    get: async (cid: CID): Promise<Uint8Array> => {
      const bytes = (await store.get(cid)) ?? network.get(formatCid(cid))
      if (bytes === undefined) throw new Fault('content/missing', 'no holder')
      return bytes
    },
  }
  const wanted = { read: async () => [], write: async () => {} }
  const keeper = createKeeper({ blocks, store, wanted, windowBlocks: 4, blocksMax: 100 })
  const steward: Steward = createSteward({
    keeper,
    store,
    named,
    duties: {
      has: root => named.has(root) && duties.has(root),
      [Symbol.iterator]: () => duties.intersection(named).values(),
    },
    announce: (root, isComplete) => said.push(`${isComplete ? '+' : '~'}${root}`),
    retract: root => said.push(`-${root}`),
    graceMs: 1000,
    farewellMs: 100,
    retryMs: 10,
    meter,
  })
  const turn = async (now: number): Promise<void> => {
    steward.turn(now)
    await steward.idle()
  }
  return { store, named, duties, said, keeper, steward, turn, meter }
}

describe('steward', () => {
  test('duty: holds what is named and its own, lets go of what is not any more', async () => {
    const { root, blocks } = await site('one')
    const key = formatCid(root)
    const { named, duties, said, keeper, turn, store } = household(blocks)
    named.add(key)
    await turn(0)
    assert.equal(keeper.holds(root), false)
    duties.add(key)
    await turn(1)
    assert.equal(keeper.holds(root), true)
    assert.deepEqual(said, [`~${key}`, `+${key}`])
    await turn(2)
    assert.equal(said.length, 2)
    named.delete(key)
    await turn(3)
    await turn(102)
    assert.equal(keeper.holds(root), true, 'who began to read this version reads it to its end')
    await turn(103)
    assert.equal(keeper.holds(root), false)
    assert.deepEqual(said, [`~${key}`, `+${key}`, `-${key}`])
    assert.equal(store.usage().pinnedBytes, 0)
  })

  test('what lost a block is fetched again, and nobody is told meanwhile that it is complete', async () => {
    const { root, blocks } = await site('rot')
    const key = formatCid(root)
    const { named, duties, said, keeper, turn, store } = household(blocks)
    named.add(key)
    duties.add(key)
    await turn(0)
    store.unpin(root)
    await store.delete(root)
    keeper.lost(root)
    assert.equal(keeper.holds(root), false)
    await turn(1)
    assert.equal(keeper.holds(root), true)
    assert.equal(await store.has(root), true)
    assert.deepEqual(said, [`~${key}`, `+${key}`, `~${key}`, `+${key}`])
  })

  test('grant: holds before any name points there, and until the grace is over', async () => {
    const { root, blocks } = await site('two')
    const { said, keeper, steward, turn } = household(blocks)
    await steward.grant(root, 0)
    assert.equal(keeper.holds(root), true)
    await turn(999)
    assert.equal(said.length, 2)
    await turn(1000)
    assert.equal(keeper.holds(root), false)
  })

  test('an upload: stays while it goes on, and is let go of when it never ends', async () => {
    const { root, blocks } = await site('seven')
    const { store, keeper, steward, turn } = household(new Map())
    const cids = [...blocks.keys()].map(cid => parseCid(cid))
    const send = async (cid: CID, now: number): Promise<void> => {
      await store.put({ cid, bytes: blocks.get(formatCid(cid))! })
      steward.arrive(root, cid, now)
    }
    await send(cids[0]!, 0)
    await turn(999)
    assert.ok(store.usage().pinnedBytes > 0)
    await turn(1000)
    assert.equal(store.usage().pinnedBytes, 0)

    for (const cid of cids) await send(cid, 1000)
    const allBytes = store.usage().pinnedBytes
    await steward.grant(root, 1500)
    await turn(2499)
    assert.equal(keeper.holds(root), true)
    assert.equal(store.usage().pinnedBytes, allBytes, 'of what is kept nothing was let go of with the upload')
    await turn(2500)
    assert.equal(store.usage().pinnedBytes, 0)
  })

  test('visit: a reader makes a holder, while a name points there and half of the store is free', async () => {
    const { root, blocks } = await site('three')
    const key = formatCid(root)
    const { named, keeper, steward, turn } = household(blocks)
    steward.visit(key)
    await turn(0)
    assert.equal(keeper.holds(root), false)
    named.add(key)
    steward.visit(key)
    await turn(1)
    assert.equal(keeper.holds(root), true)
    named.clear()
    await turn(2)
    await turn(102)
    assert.equal(keeper.holds(root), false)

    const other = await site('four')
    const full = household(new Map([...blocks, ...other.blocks]), 100)
    full.named.add(key).add(formatCid(other.root))
    full.duties.add(key)
    await full.turn(0)
    full.steward.visit(formatCid(other.root))
    await full.turn(1)
    assert.equal(full.keeper.holds(other.root), false)
  })

  test('what is only visited makes room for what must be here, and is let go of where it has none itself', async () => {
    const [visited, due] = [await site('read by one'), await site('of this edge')]
    const [visitedKey, dueKey] = [formatCid(visited.root), formatCid(due.root)]
    const bytes = [...visited.blocks.values()].reduce((sum, { length }) => sum + length, 0)
    const both = new Map([...visited.blocks, ...due.blocks])
    const tight = household(both, 1.5 * bytes)
    tight.named.add(visitedKey).add(dueKey)
    tight.steward.visit(visitedKey)
    await tight.turn(0)
    assert.equal(tight.keeper.holds(visited.root), true)
    tight.duties.add(dueKey)
    for (const now of [1, 2, 12]) await tight.turn(now)
    assert.equal(tight.keeper.holds(due.root), true)
    assert.equal(tight.keeper.holds(visited.root), false)

    const tiny = household(both, 0.5 * bytes)
    tiny.named.add(visitedKey)
    tiny.steward.visit(visitedKey)
    for (const now of [0, 20, 40]) await tiny.turn(now)
    assert.equal(tiny.meter.read()['steward.failed.store/full'], 1)
    assert.equal(tiny.keeper.wants(visitedKey), false)
  })

  test('farewell: not where three quarters of the store are pinned, and not of what has a name again', async () => {
    const { root, blocks } = await site('six')
    const key = formatCid(root)
    const bytes = [...blocks.values()].reduce((sum, { length }) => sum + length, 0)
    const tight = household(blocks, 1.2 * bytes)
    tight.named.add(key)
    tight.duties.add(key)
    await tight.turn(0)
    assert.equal(tight.keeper.holds(root), true)
    tight.named.delete(key)
    await tight.turn(1)
    assert.equal(tight.keeper.holds(root), false)

    const { named, duties, keeper, turn } = household(blocks)
    named.add(key)
    duties.add(key)
    await turn(0)
    named.delete(key)
    await turn(1)
    named.add(key)
    await turn(2)
    duties.delete(key)
    await turn(3)
    assert.equal(keeper.holds(root), false, 'another edge has it now')
  })

  test('sites that nobody holds do not keep others from being fetched', async () => {
    const lost = await Promise.all(['lost 1', 'lost 2', 'lost 3'].map(site))
    const { root, blocks } = await site('found')
    const { named, duties, keeper, turn } = household(blocks)
    for (const one of [...lost.map(({ root }) => root), root]) {
      named.add(formatCid(one))
      duties.add(formatCid(one))
    }
    await turn(0)
    await turn(1)
    assert.equal(keeper.holds(root), true)
  })

  test('what nobody has is tried again after a pause and announced when it is here', async () => {
    const { root, blocks } = await site('five')
    const key = formatCid(root)
    const network = new Map<string, Uint8Array>()
    const { named, duties, said, turn, meter, steward } = household(network)
    named.add(key)
    duties.add(key)
    await turn(0)
    await turn(9)
    assert.equal(meter.read()['steward.failed.content/missing'], 1)
    await turn(10)
    assert.equal(meter.read()['steward.failed.content/missing'], 2)
    assert.deepEqual(said, [])
    for (const [cid, bytes] of blocks) network.set(cid, bytes)
    await turn(20)
    assert.deepEqual(said, [`~${key}`, `+${key}`])
    await assert.rejects(steward.grant((await site('six')).root, 0), (e: unknown) =>
      isFault(e, 'content/missing'),
    )
  })
})
