import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Wallet } from 'ethers'
import type { CID } from 'multiformats/cid'
import { utf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { type Block, blockOf } from '../../content/block.ts'
import type { Blocks } from '../../content/blocks.ts'
import { writeCar } from '../../content/car.ts'
import { formatCid, rawCodec } from '../../content/identifier.ts'
import { createKeeper } from '../../content/keep.ts'
import { createMemoryStore } from '../../content/memory.ts'
import { gather, grow, noise, once, type Specimen } from '../../content/specimen.ts'
import { createSteward } from '../../content/steward.ts'
import type { RouteRequest } from '../../edge/questions.ts'
import { encodeGrant, grantText } from '../../registry-contract/grant.ts'
import { blocksPath, completePath, holdPath, missingPath } from '../edge-interface.ts'
import { createRoutes } from './routes.ts'

const owner = Wallet.createRandom()
const graceMs = 1000
const siteBytesMax = 10_000
const now = Date.UTC(2026, 10, 23)
const nothing = new Set<string>()

/** One edge, whose clock stands at `at`, and what others hold. */
function openEdge() {
  const store = createMemoryStore({ bytesMax: 1_000_000 })
  const elsewhere = new Map<string, Block>()
  const get = async (cid: CID): Promise<Uint8Array> => {
    const bytes = (await store.get(cid)) ?? elsewhere.get(formatCid(cid))?.bytes
    if (bytes === undefined) throw new Fault('content/missing', 'no holder')
    return bytes
  }
  const wanted = { read: async () => [], write: async () => {} }
  const keeper = createKeeper({ blocks: { get }, store, wanted, windowBlocks: 4, blocksMax: 1000 })
  const steward = createSteward({
    ...{ keeper, store, graceMs, named: nothing, duties: nothing, farewellMs: 100, retryMs: 10 },
    ...{ announce() {}, retract() {}, meter: createMeter() },
  })
  const edge = { at: 0, store, elsewhere, steward, pinned: () => store.usage().pinnedBytes, post }
  const routes = createRoutes({
    ...{ store, steward, siteBytesMax, graceMs, blocks: store as unknown as Blocks },
    ownerOf: () => owner.address.toLowerCase(),
    status: () => assert.fail('nobody asks'),
    holders: async () => [],
    records: async () => [],
    certificate: async () => assert.fail('nobody asks'),
    invite() {},
    now: () => now,
    steadyNow: () => edge.at,
  })
  async function post(path: string, name: string, root: CID, body: Uint8Array): Promise<unknown> {
    const terms = { name, root: formatCid(root), untilAt: now + 60_000 }
    const signature = await owner.signMessage(grantText(terms))
    const fields = [['authorization', encodeGrant({ ...terms, signature })]] as const
    const request = { fields, body: once(body) } as unknown as RouteRequest
    const answer = (await routes[`POST ${path}`]!.answer(request)) as { json: unknown }
    return answer.json
  }
  return edge
}

type Edge = ReturnType<typeof openEdge>

async function publish(edge: Edge, name: string, { root, blocks }: Specimen): Promise<void> {
  const cids = [...blocks.keys()]
  const { missing } = (await edge.post(missingPath, name, root, utf8(JSON.stringify({ cids })))) as {
    missing: string[]
  }
  const lacking = missing.map(cid => blocks.get(cid)!)
  if (lacking.length > 0) await edge.post(blocksPath, name, root, await gather(writeCar([root], lacking)))
  await edge.post(completePath, name, root, utf8('{}'))
}

/** A site of `count` files of 1000 octets, those before `common` as in all others. */
const site = (number: number, count: number, common = 0): Promise<Specimen> =>
  grow(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`${i}`, noise(i < common ? i : 1000 * number + i, 1000)]),
    ),
  )

const refused = (error: unknown): boolean => isFault(error, 'publish/refused') && /in 1 s/.test(error.hint)
const tooLarge = (error: unknown): boolean => isFault(error, 'bytes/too-large')

describe('what one name may bring to an edge', () => {
  test('two sites by whatever roots within the grace, and again when that is over', async () => {
    const edge = openEdge()
    for (const number of [1, 2]) await publish(edge, 'one', await site(number, 9))
    await assert.rejects(publish(edge, 'one', await site(3, 9)), refused)
    await publish(edge, 'other', await site(4, 9))
    assert.ok(edge.pinned() < 4 * siteBytesMax, `${edge.pinned()}`)
    edge.at = graceMs
    edge.steward.turn(edge.at)
    await edge.steward.idle()
    await publish(edge, 'one', await site(5, 9))
  })

  test('one root brings one site, in however many pieces', async () => {
    const edge = openEdge()
    const { root, blocks } = await site(1, 12)
    await assert.rejects(async () => {
      for (const block of blocks.values())
        await edge.post(blocksPath, 'one', root, await gather(writeCar([root], [block])))
    }, tooLarge)
    assert.ok(edge.pinned() <= siteBytesMax)
  })

  test('who publishes often, and changes little, is not held up', async () => {
    const edge = openEdge()
    for (let version = 0; version < 6; version++) {
      edge.at += graceMs / 100
      await publish(edge, 'one', await site(version, 9, 8))
    }
  })

  test('a site that went for want of room can be uploaded again', async () => {
    const edge = openEdge()
    const specimen = await site(1, 9)
    for (let time = 0; time < 3; time++) {
      await publish(edge, 'one', specimen)
      edge.at += graceMs
      edge.steward.turn(edge.at)
      await edge.steward.idle()
      for (const { cid } of specimen.blocks.values()) assert.equal(await edge.store.delete(cid), true)
    }
  })

  test('what it has fetched counts as well, and two roots are fetched at once', async () => {
    const edge = openEdge()
    const sites = await Promise.all([1, 2, 3, 4].map(number => site(number, 9)))
    for (const { blocks } of sites) for (const [key, block] of blocks) edge.elsewhere.set(key, block)
    const hold = (number: number) => edge.post(holdPath, 'one', sites[number]!.root, utf8('{}'))
    const asked = await Promise.allSettled([hold(0), hold(1), hold(2)])
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 2)
    for (const number of [0, 1, 2])
      await edge
        .post(completePath, 'one', sites[number]!.root, utf8('{}'))
        .catch(error => assert.ok(isFault(error, 'publish/refused')))
    await assert.rejects(hold(3), refused)
    assert.ok(edge.pinned() < 4 * siteBytesMax, `${edge.pinned()}`)
  })

  test("others' blocks that are here are pinned up to that bound, and never refused", async () => {
    const edge = openEdge()
    const cids: string[] = []
    for (let i = 0; i < 100; i++) {
      const block = blockOf(rawCodec, noise(i, 1000))
      await edge.store.put(block)
      cids.push(formatCid(block.cid))
    }
    for (let number = 0; number < 5; number++) {
      const { root } = await site(number, 1)
      const question = utf8(JSON.stringify({ cids: cids.slice(20 * number, 20 * number + 20) }))
      assert.deepEqual(await edge.post(missingPath, 'one', root, question), { missing: [] })
    }
    assert.equal(edge.pinned(), 2 * siteBytesMax)
  })
})
