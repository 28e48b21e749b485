import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { CID } from 'multiformats/cid'
import { concatBytes, equalBytes, utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import type { Block } from './block.ts'
import { writeCar } from './car.ts'
import { carTarget, exportCar, exportDag, type Selection, select, verifyCarStream } from './dag-export.ts'
import { cidOf, formatCid, parseCid, rawCodec } from './identifier.ts'
import { encodeNode } from './node.ts'
import { findTerminus } from './path.ts'
import { readFile } from './reader.ts'
import { gather, getFrom, grow, noise, once, type Specimen } from './specimen.ts'

const mib = 1024 * 1024

/** Six chunks of 256 bytes and a rest; below a folder, beside its double. */
const long = noise(1, 6 * 256 + 2)
const small = await grow({ sub: { 'hi.txt': 'hi', 'long.bin': long, 'twin.bin': long }, empty: {} }, 256)
/** 4,000 names of 60 characters and more: a HAMT of two levels; one of them is a file of several blocks. */
const many = await grow(
  {
    ...Object.fromEntries(
      Array.from({ length: 4000 }, (_, i) => [`${'name-'.repeat(12)}${i}.txt`, `${i % 7}`]),
    ),
    'long.bin': long,
  },
  256,
)

type Asked = Partial<Omit<Selection, 'root'>>

function asked(world: Specimen, rest: Asked): Selection {
  return { root: world.root, path: '', scope: 'all', duplicates: false, ...rest }
}

async function sent(world: Specimen, rest: Asked): Promise<string[]> {
  const cids: string[] = []
  for await (const { cid } of exportDag(world.get, asked(world, rest))) cids.push(formatCid(cid))
  return cids
}

/** The CIDs along a path of a world, and below its end depth first, by the shortest code that can say it. */
async function along(world: Specimen, ...paths: string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(path => findTerminus(world.get, { root: world.root, path })))
  return found.map(terminus => formatCid(terminus!.cid))
}

async function leaves(world: Specimen, path: string): Promise<string[]> {
  const { node } = (await findTerminus(world.get, { root: world.root, path }))!
  return node.links.map(({ cid }) => formatCid(cid))
}

describe('what is sent', () => {
  const way = (): Promise<string[]> => along(small, '', 'sub', 'sub/long.bin')

  test('block: the path and the first block', async () => {
    assert.deepEqual(await sent(small, { path: 'sub/long.bin', scope: 'block' }), await way())
  })

  test('entity of a file: the path and all of the file; of a folder, one block', async () => {
    const file = [...(await way()), ...(await leaves(small, 'sub/long.bin'))]
    assert.deepEqual(await sent(small, { path: 'sub/long.bin', scope: 'entity' }), file)
    assert.deepEqual(await sent(small, { path: 'sub', scope: 'entity' }), await along(small, '', 'sub'))
    assert.deepEqual(await sent(small, { path: 'sub/long.bin', scope: 'all' }), file)
  })

  test('all: depth first, the double once or twice', async () => {
    const [root, sub, file] = (await way()) as [string, string, string]
    const [hi] = await along(small, 'sub/hi.txt')
    const [empty] = await along(small, 'empty')
    const whole = [file, ...(await leaves(small, 'sub/long.bin'))]
    assert.deepEqual(await sent(small, {}), [root, empty, sub, hi, ...whole])
    assert.deepEqual(await sent(small, { duplicates: true }), [root, empty, sub, hi, ...whole, ...whole])
  })

  const size = long.length
  for (const [first, last, from, to] of [
    [0, undefined, 0, 7],
    [512, undefined, 2, 7],
    [512, 1023, 2, 4],
    [512, -256, 2, 6],
    [-5, undefined, 5, 7],
    [-9999, undefined, 0, 7],
    [-9999, -3, 0, 6],
    [0, 0, 0, 1],
    [255, 256, 0, 2],
    [1200, 99_999, 4, 7],
    [9, 8, 0, 0],
    [size, undefined, 0, 0],
    [0, -9999, 0, 0],
  ] as const) {
    test(`entity-bytes ${first}:${last ?? '*'} is chunks ${from} to ${to}`, async () => {
      const chunks = (await leaves(small, 'sub/long.bin')).slice(from, to)
      const got = await sent(small, { path: 'sub/long.bin', scope: 'all', bytes: { first, last } })
      assert.deepEqual(got, [...(await way()), ...chunks])
    })
  }

  test('a path through a HAMT brings the shards on it; its listing all shards and no file', async () => {
    const shards = [...many.blocks.values()].filter(({ cid }) => cid.code !== rawCodec).length - 1
    assert.ok(shards > 200, 'two levels')
    const listing = await sent(many, { scope: 'entity', bytes: { first: 0, last: undefined } })
    assert.equal(listing.length, shards)
    const got = await sent(many, { path: 'long.bin', scope: 'entity' })
    const end = [...(await along(many, 'long.bin')), ...(await leaves(many, 'long.bin'))]
    assert.deepEqual(got.slice(-8), end)
    assert.ok(got.length >= 9 && got.slice(0, -8).every(cid => listing.includes(cid)))
  })

  test('an identity CID is in no CAR', async () => {
    const root = parseCid('bafkqaaa')
    assert.deepEqual(await sent({ ...small, root }, { duplicates: true }), [])
  })

  test('a path that leads nowhere ends with undefined, after the blocks that prove it', async () => {
    for (const path of ['sub/none', 'sub/hi.txt/deeper', `${'a/'.repeat(200)}a`, '..']) {
      const way = exportDag(small.get, asked(small, { path }))
      let step = await way.next()
      while (!step.done) step = await way.next()
      assert.equal(step.value, undefined, path)
    }
    assert.equal(await findTerminus(many.get, { root: many.root, path: 'none' }), undefined)
  })
})

describe('what is verified', () => {
  const wanted = asked(small, { path: 'sub/long.bin', scope: 'entity' })
  const chosen = async (): Promise<Block[]> => listed(exportDag(small.get, wanted))
  const verified = (blocks: readonly Block[], selection = wanted): Promise<Block[]> =>
    listed(verifyCarStream(selection, writeCar([small.root], blocks), mib))

  test('what was sent arrives, and is enough to read the file', async () => {
    const got = new Map((await verified(await chosen())).map(block => [formatCid(block.cid), block]))
    const file = (await findTerminus(getFrom(got), { root: small.root, path: 'sub/long.bin' }))!.cid
    assert.ok(equalBytes(await gather(readFile({ get: getFrom(got), cid: file })), long))
  })

  for (const [what, code, change] of [
    ['a block left out', 'content/mismatch', (blocks: Block[]) => blocks.toSpliced(4, 1)],
    ['the end left out', 'content/missing', (blocks: Block[]) => blocks.slice(0, -1)],
    ['a block too many', 'content/mismatch', (blocks: Block[]) => [...blocks, blocks[0]!]],
    [
      'another order',
      'content/mismatch',
      (blocks: Block[]) => [...blocks.slice(0, 3), ...blocks.slice(3).reverse()],
    ],
    ['one byte that is wrong', 'content/mismatch', (blocks: Block[]) => blocks.with(5, spoilt(blocks[5]!))],
    ['nothing', 'content/missing', () => []],
  ] as const) {
    test(`${what} is ${code}`, async () => {
      const blocks = change(await chosen())
      await assert.rejects(verified(blocks), error => isFault(error, code))
    })
  }

  test('a reader who leaves closes the stream', async () => {
    let closed = false
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield* exportCar(small.get, wanted)
      } finally {
        closed = true
      }
    }
    for await (const _ of verifyCarStream(wanted, chunks(), mib)) break
    assert.ok(closed)
  })

  test('a file without end is not read to its end', async () => {
    const blocks = verifyCarStream(wanted, writeCar([small.root], await chosen()), 300)
    await assert.rejects(listed(blocks), error => isFault(error, 'bytes/too-large'))
  })

  test('any bytes are blocks or a Fault', async () => {
    const car = concatBytes(await listed(exportCar(small.get, wanted)))
    const damage = fc.record({ at: fc.nat(car.length - 1), to: fc.nat(255), cut: fc.nat(car.length) })
    const tried = fc.asyncProperty(damage, async ({ at, to, cut }) => {
      const bytes = car.slice(0, Math.max(at + 1, cut))
      bytes[at] = to
      try {
        for await (const _ of verifyCarStream(wanted, once(bytes), mib)) assert.ok(_.bytes.length > 0)
      } catch (error) {
        assert.ok(isFault(error), String(error))
      }
    })
    await fc.assert(tried, { numRuns: 300, seed: 1 })
  })
})

test('both sides agree on any tree, path, range and repetition; a range suffices to read it', async () => {
  const chunk = fc.constantFrom('a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16))
  const file = fc.array(chunk, { maxLength: 600 }).map(parts => parts.join(''))
  const choice = fc.record({
    file,
    other: file,
    scope: fc.constantFrom('block', 'entity', 'all'),
    duplicates: fc.boolean(),
    path: fc.constantFrom('', 'x', 'x/file', 'x/other', 'nowhere'),
    bytes: fc.option(
      fc.record({
        first: fc.integer({ min: -9999, max: 9999 }),
        last: fc.option(fc.integer({ min: -9999, max: 9999 })),
      }),
    ),
  })
  const property = fc.asyncProperty(choice, async ({ file, other, scope, duplicates, path, bytes }) => {
    const world = await grow({ x: { file, other } }, 16)
    const range = bytes && { first: bytes.first, last: bytes.last ?? undefined }
    const selection = asked(world, { path, scope, duplicates, ...(range && { bytes: range }) } as Asked)
    const blocks = await listed(exportDag(world.get, selection))
    const keys = blocks.map(({ cid }) => formatCid(cid))
    if (!duplicates) assert.equal(new Set(keys).size, keys.length, 'each once')
    const car = exportCar(world.get, selection)
    assert.deepEqual(await listed(verifyCarStream(selection, car, mib)), blocks)
    if (path !== 'x/file' || range === null || file.length === 0) return
    const [first, last] = [range.first, range.last ?? file.length - 1]
    const start = first < 0 ? Math.max(0, file.length + first) : first
    const end = (last < 0 ? file.length + last : last) + 1
    const get = getFrom(new Map(blocks.map(block => [formatCid(block.cid), block])))
    const { cid } = (await findTerminus(get, selection))!
    const read = await gather(readFile({ get, cid, start, end: Math.max(start, end) }))
    assert.ok(equalBytes(read, utf8(file.slice(start, Math.max(start, end)))))
  })
  await fc.assert(property, { numRuns: 150, seed: 2 })
})

describe('hostile DAGs end', () => {
  const linked = (child: CID, times: number): Block =>
    encodeNode(
      { kind: 'directory', data: new Uint8Array(0), blockSizes: [] },
      Array.from({ length: times }, (_, i) => ({ name: `${i}`.padStart(6, '0'), cid: child, totalBytes: 1 })),
    )

  test('a bomb of repetitions at its bound', async () => {
    const blocks = new Map<string, Block>()
    const add = (block: Block): CID => {
      blocks.set(formatCid(block.cid), block)
      return block.cid
    }
    let root = add({ cid: cidOf(rawCodec, utf8('x')), bytes: utf8('x') })
    for (let level = 0; level < 9; level++) root = add(linked(root, 16))
    const selection = { root, path: '', scope: 'all', blocksMax: 1000 } as const
    const once = await listed(exportDag(getFrom(blocks), { ...selection, duplicates: false }))
    assert.equal(once.length, 10)
    const again = listed(exportDag(getFrom(blocks), { ...selection, duplicates: true }))
    await assert.rejects(again, error => isFault(error, 'bytes/too-large'))
  })

  test('a part that is longer than announced, or is a folder', async () => {
    const leaf = { cid: cidOf(rawCodec, utf8('four')), bytes: utf8('four') }
    const folder = linked(leaf.cid, 1)
    for (const [part, size] of [
      [leaf, 5],
      [folder, 4],
    ] as const) {
      const links = [{ name: '', cid: part.cid, totalBytes: 4 }]
      const file = encodeNode(
        { kind: 'file', data: utf8('ab'), sizeBytes: size + 2, blockSizes: [size] },
        links,
      )
      const get = getFrom(new Map([part, file, leaf].map(block => [formatCid(block.cid), block])))
      const selection = { root: file.cid, path: '', scope: 'entity', duplicates: true } as const
      const walk = listed(exportDag(get, { ...selection, bytes: { first: 3, last: 4 } }))
      await assert.rejects(walk, error => isFault(error, 'bytes/malformed'))
    }
  })
})

test('a selection as an address', () => {
  const target = (rest: Asked): string => carTarget(asked(small, rest)).replace(formatCid(small.root), 'CID')
  assert.equal(target({}), '/ipfs/CID?format=car&dag-scope=all&car-order=dfs&car-dups=n')
  assert.equal(
    target({ path: 'a b/ü?', bytes: { first: -5, last: undefined }, duplicates: true }),
    '/ipfs/CID/a%20b/%C3%BC%3F?format=car&dag-scope=entity&entity-bytes=-5:*&car-order=dfs&car-dups=y',
  )
})

test('the walk asks for nothing before it is told', () => {
  const way = select(asked(small, {}))
  assert.deepEqual(way.next().value, [small.root])
})

test('leaves are loaded ahead, eight at most, and each once', async () => {
  const world = await grow({ 'a.bin': noise(5, 40 * 256) }, 256)
  const asks: string[] = []
  let under = 0
  let mostUnder = 0
  const get = async (cid: CID): Promise<Uint8Array> => {
    asks.push(formatCid(cid))
    mostUnder = Math.max(mostUnder, ++under)
    await new Promise(setImmediate)
    under--
    return world.get(cid)
  }
  const blocks = await listed(exportDag(get, asked(world, {})))
  assert.deepEqual([blocks.length, asks.length, new Set(asks).size], [42, 42, 42])
  assert.equal(mostUnder, 8)
})

test('what fails ahead of a reader who leaves is nobody’s business', async () => {
  const world = await grow({ 'a.bin': noise(6, 8 * 256) }, 256)
  const leaves = new Set((await leavesOf(world)).slice(1))
  const get = async (cid: CID): Promise<Uint8Array> => {
    if (leaves.has(formatCid(cid))) throw new Fault('content/missing', 'gone')
    return world.get(cid)
  }
  const way = exportDag(get, asked(world, {}))
  for (let i = 0; i < 3; i++) assert.ok(!(await way.next()).done)
  await assert.rejects(way.next(), error => isFault(error, 'content/missing'))
})

const leavesOf = (world: Specimen): Promise<string[]> => leaves(world, 'a.bin')

function spoilt({ cid, bytes }: Block): Block {
  return { cid, bytes: bytes.with(0, bytes[0]! ^ 1) }
}

async function listed<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of source) list.push(one)
  return list
}
