// The trustless gateway of `inxt edge --standalone --car`, by the cases of its specification and clients of others.
//
// The cases are those of the gateway's conformance suite (ipfs/gateway-conformance: raw blocks, CARs by path, scope,
// range, order and repetition), told in our own words over DAGs of our own, each by `format` and by the Accept field.
// Which blocks have to come is worked out in `gateway-world.ts`, not with our walk. The
// clients are @helia/trustless-gateway-client, @ipld/car and ipfs-unixfs-exporter.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { on, once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, test } from 'node:test'
import { trustlessGatewayBlockBroker } from '@helia/trustless-gateway-client'
import { CarBlockIterator, CarReader } from '@ipld/car'
import { multiaddr } from '@multiformats/multiaddr'
import { exporter } from 'ipfs-unixfs-exporter'
import { CID } from 'multiformats/cid'
import { writeCar } from '../../content/car.ts'
import { projectRoot } from '../e2e/devnet.ts'
import {
  below,
  big,
  bigPieces,
  blocks,
  childrenOf,
  document,
  doubles,
  hole,
  made,
  many,
  manyEntries,
  manyOf,
  missing,
  mixed,
  rootOf,
  shards,
  way,
} from './gateway-world.ts'

const raw = 'application/vnd.ipld.raw'
const car = 'application/vnd.ipld.car'
function storeOf(get: (cid: CID) => Promise<Uint8Array>): Parameters<typeof exporter>[1] {
  return {
    async *get(cid: CID) {
      yield await get(cid)
    },
  } as Parameters<typeof exporter>[1]
}

describe('the trustless gateway', () => {
  let place: string
  let temporary: string
  let child: ChildProcess

  before(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'inxt-gateway-'))
    const [one, two] = ['world.car', 'big.car'].map(name => join(temporary, name)) as [string, string]
    const isBig = new Set(below(String(big.cid)))
    const given = made.filter(({ cid }) => String(cid) !== missing)
    const small = given.filter(({ cid }) => !isBig.has(String(cid)))
    await pipeline(writeCar([mixed.cid, many.cid], small), createWriteStream(one))
    await pipeline(
      writeCar(
        [big.cid],
        given.filter(({ cid }) => isBig.has(String(cid))),
      ),
      createWriteStream(two),
    )
    const args = ['edge', '--standalone', '--http', '127.0.0.1:0', '--car', one, '--car', two]
    child = spawn(process.execPath, [join(projectRoot, 'cli', 'inxt.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const roots: string[] = []
    const lines = createInterface(child.stdout!)
    for await (const [line] of on(lines, 'line', {
      close: ['close'],
      signal: AbortSignal.timeout(30_000),
    })) {
      const root = /^root: (\S+)/.exec(line as string)?.[1]
      if (root !== undefined) roots.push(root)
      place = /^ready: HTTP (\S+)/.exec(line as string)?.[1] ?? ''
      if (place !== '') break
    }
    assert.notEqual(place, '', 'it listens')
    assert.deepEqual(roots, [rootOf, manyOf, String(big.cid)])
  })
  after(async () => {
    if (child.exitCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
    await rm(temporary, { recursive: true })
  })

  const ask = (target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(`http://${place}${target}`, { headers, method, redirect: 'manual' })
  const cidsIn = async (response: Response): Promise<string[]> => {
    const cids: string[] = []
    const reader = await CarReader.fromBytes(new Uint8Array(await response.arrayBuffer()))
    for await (const { cid, bytes } of reader.blocks()) {
      assert.equal(CID.createV1(cid.code, cid.multihash).toString(), String(cid))
      assert.equal(
        createHash('sha256').update(bytes).digest('hex'),
        Buffer.from(cid.multihash.digest).toString('hex'),
      )
      cids.push(String(cid))
    }
    return cids
  }

  const multi = (): string[] => way(mixed.cid, 'sub', 'multiblock.bin')
  const chunks = (): string[] => childrenOf(CID.parse(multi().at(-1)!))
  const ranged = (from: number, to?: number) => (): string[] => [...multi(), ...chunks().slice(from, to)]
  const chosen: readonly (readonly [what: string, target: string, wanted: () => string[]])[] = [
    ['a file below a folder', `/${rootOf}/sub/ascii.txt`, () => way(mixed.cid, 'sub', 'ascii.txt')],
    [
      'a file in a HAMT',
      `/${manyOf}/multiblock.bin`,
      () => [...way(many.cid, 'multiblock.bin'), ...chunks()],
    ],
    ['block: a folder', `/${rootOf}/sub?dag-scope=block`, () => way(mixed.cid, 'sub')],
    ['block: a file', `/${rootOf}/sub/multiblock.bin?dag-scope=block`, multi],
    [
      'block: a file in a HAMT',
      `/${manyOf}/entry-number-1.txt?dag-scope=block`,
      () => way(many.cid, 'entry-number-1.txt'),
    ],
    ['entity: a folder', `/${rootOf}?dag-scope=entity`, () => [rootOf]],
    ['entity: a HAMT', `/${manyOf}?dag-scope=entity`, () => shards(manyOf)],
    ['entity: a file', `/${rootOf}/sub/multiblock.bin?dag-scope=entity`, ranged(0)],
    ['all: a folder', `/${rootOf}/sub?dag-scope=all`, () => [rootOf, ...below(way(mixed.cid, 'sub')[1]!)]],
    ['all: a file', `/${rootOf}/sub/multiblock.bin?dag-scope=all`, ranged(0)],
    ['range: all of a file', `/${rootOf}/sub/multiblock.bin?entity-bytes=0:*`, ranged(0)],
    ['range: a HAMT has none', `/${manyOf}?dag-scope=entity&entity-bytes=0:*`, () => shards(manyOf)],
    ['range: from the middle', `/${rootOf}/sub/multiblock.bin?entity-bytes=512:*`, ranged(2)],
    ['range: the middle', `/${rootOf}/sub/multiblock.bin?entity-bytes=512:1023`, ranged(2, 4)],
    ['range: up to before the end', `/${rootOf}/sub/multiblock.bin?entity-bytes=512:-256`, ranged(2, 4)],
    ['range: the end', `/${rootOf}/sub/multiblock.bin?entity-bytes=-5:*`, ranged(3)],
    ['range: from before the beginning', `/${rootOf}/sub/multiblock.bin?entity-bytes=-9999:*`, ranged(0)],
    ['range: the same, and an end', `/${rootOf}/sub/multiblock.bin?entity-bytes=-9999:-3`, ranged(0, 4)],
    ['range: the first byte', `/${rootOf}/sub/multiblock.bin?entity-bytes=0:0`, ranged(0, 1)],
    [
      'range: before a hole',
      `/${hole.cid}?entity-bytes=0:1000`,
      () => [String(hole.cid), childrenOf(hole.cid)[0]!],
    ],
    [
      'range: behind a hole',
      `/${hole.cid}?entity-bytes=2200:*`,
      () => [String(hole.cid), childrenOf(hole.cid)[2]!],
    ],
  ]

  for (const [what, address, wanted] of chosen) {
    test(`a CAR of ${what}`, async () => {
      const byFormat = `/ipfs${address}${address.includes('?') ? '&' : '?'}format=car`
      for (const response of [await ask(byFormat), await ask(`/ipfs${address}`, { accept: car })]) {
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
        assert.equal(response.headers.get('accept-ranges'), 'none')
        assert.match(response.headers.get('content-type')!, /^application\/vnd\.ipld\.car; version=1/)
        assert.match(response.headers.get('content-disposition')!, /^attachment; filename=".*\.car"$/)
        assert.match(response.headers.get('etag')!, /^".+"$/)
        assert.deepEqual(await cidsIn(response), wanted())
      }
    })
  }

  for (const [what, target, accept, dups] of [
    ['by the field', '', `${car}; version=1; order=dfs; dups=y`, 'y'],
    ['by the field, none', '', `${car}; version=1; order=dfs; dups=n`, 'n'],
    ['in any order', '', `${car}; version=1; order=unk`, 'n'],
    ['by the field beside the format', '?format=car', `${car}; version=1; order=dfs; dups=y`, 'y'],
    [
      'by the query against the field',
      '?format=car&car-dups=y&car-order=dfs',
      `${car}; dups=n; order=unk`,
      'y',
    ],
    ['by the format against the field', '?format=car', raw, 'n'],
  ] as const) {
    test(`repetitions ${what}`, async () => {
      const response = await ask(`/ipfs/${doubles.cid}${target}`, { accept })
      assert.equal(response.headers.get('content-type'), `${car}; version=1; order=dfs; dups=${dups}`)
      const all = below(String(doubles.cid))
      assert.deepEqual(await cidsIn(response), dups === 'y' ? all : [...new Set(all)])
    })
  }

  test('an identity CID is in no CAR, and the probe is answered', async () => {
    for (const cid of ['bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa', 'bafkqaaa']) {
      const response = await ask(`/ipfs/${cid}`, { accept: `${car}; dups=y` })
      assert.deepEqual([response.status, await cidsIn(response)], [200, []])
    }
    const probe = await ask('/ipfs/bafkqaaa?format=raw')
    assert.deepEqual([probe.status, await probe.text()], [200, ''])
    assert.equal((await ask('/ipfs/bafkqaaa?format=raw', {}, 'HEAD')).status, 200)
  })

  test('a block that is missing in the middle of a CAR cuts the answer', async () => {
    const response = await ask(`/ipfs/${hole.cid}?format=car`)
    assert.equal(response.status, 200)
    await assert.rejects(response.arrayBuffer())
  })

  test('a raw block, whole and in parts', async () => {
    const target = `/ipfs/${rootOf}`
    const block = Buffer.from(blocks.get(rootOf)!)
    for (const response of [
      await ask(`${target}?format=raw`),
      await ask(target, { accept: raw }),
      await ask(`${target}?format=raw`, { accept: car }),
    ]) {
      assert.equal(response.headers.get('content-type'), raw)
      assert.equal(response.headers.get('content-length'), String(block.length))
      assert.equal(response.headers.get('content-disposition'), `attachment; filename="${rootOf}.bin"`)
      assert.equal(response.headers.get('x-ipfs-path'), target)
      assert.equal(response.headers.get('x-ipfs-roots'), rootOf)
      assert.match(response.headers.get('cache-control')!, /public.*max-age=29030400.*immutable/)
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), block)
    }
    const named = await ask(`${target}?filename=foobar.bin`, { accept: raw })
    assert.equal(named.headers.get('content-disposition'), 'attachment; filename="foobar.bin"')
    for (const [range, start, end] of [
      ['bytes=6-16', 6, 17],
      ['bytes=-7', -7, undefined],
      ['bytes=9-', 9, undefined],
    ] as const) {
      const part = await ask(target, { accept: raw, range })
      assert.equal(part.status, 206)
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), block.subarray(start, end))
    }
    assert.equal((await ask(target, { accept: raw, range: 'bytes=0-1,3-4' })).status, 200)
    assert.equal((await ask(target, { accept: raw, range: `bytes=${block.length}-` })).status, 416)
  })

  test('what is not here, is none, or is another kind, by its status', async () => {
    for (const [target, headers, status] of [
      [`/ipfs/${rootOf}/sub/none?format=car`, {}, 404],
      [`/ipfs/${missing}?format=raw`, {}, 404],
      [`/ipfs/${missing}?format=car`, {}, 404],
      [`/ipfs/${missing}?format=car`, { 'cache-control': 'only-if-cached' }, 412],
      ['/ipfs/hello?format=raw', {}, 400],
      [`/ipfs/${document}?format=raw`, {}, 200],
      [`/ipfs/${document}?format=car`, {}, 400],
      [`/ipfs/${document}/a?format=car`, {}, 400],
      [`/ipfs/${rootOf}?format=tar`, {}, 406],
      [`/ipfs/${rootOf}/sub/multiblock.bin?format=car&entity-bytes=9999:*`, {}, 400],
    ] as const) {
      for (const method of ['GET', 'HEAD'])
        assert.equal((await ask(target, headers, method)).status, status, `${method} ${target}`)
    }
  })

  test('what is no UnixFS is its block, as an entity too', async () => {
    for (const shape of ['dag-scope=block', 'dag-scope=entity', 'entity-bytes=0:*']) {
      const response = await ask(`/ipfs/${document}?format=car&${shape}`)
      assert.equal(response.status, 200)
      const reader = await CarReader.fromBytes(new Uint8Array(await response.arrayBuffer()))
      const got: string[] = []
      for await (const { cid, bytes } of reader.blocks()) {
        got.push(String(cid))
        assert.equal(createHash('sha256').update(bytes).digest().compare(cid.multihash.digest), 0)
      }
      assert.deepEqual(got, [String(document)])
    }
  })

  test('a page is read under a host of its own', async () => {
    const moved = await ask(`/ipfs/${rootOf}/sub/ascii.txt`, { accept: 'text/html' })
    const location = new URL(moved.headers.get('location')!)
    assert.deepEqual([moved.status, location.hostname], [301, `${rootOf}.ipfs.localhost`])
    assert.equal(location.pathname, '/sub/ascii.txt')
  })

  test('helia reads 100 MB block by block', { timeout: 120_000 }, async () => {
    const [address, port] = place.split(':')
    const quiet = Object.assign(() => {}, { error() {}, trace() {}, enabled: false, newScope: () => quiet })
    const provider = {
      multiaddrs: [multiaddr(`/ip4/${address}/tcp/${port}/http`)],
      router: 'told',
      fallback: false,
    }
    const broker = trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true })({
      routing: {
        async *findProviders() {
          yield provider
        },
      },
      logger: { forComponent: () => quiet },
    } as unknown as Parameters<ReturnType<typeof trustlessGatewayBlockBroker>>[0])
    const store = storeOf(async cid => {
      const block = await broker.retrieve!(cid)
      assert.equal(createHash('sha256').update(block).digest().compare(cid.multihash.digest), 0)
      return block
    })
    assert.equal(await hashOf(contentOf(big.cid, store, 8)), bigHash())
  })

  test('@ipld/car and ipfs-unixfs-exporter read the same 100 MB from one CAR as it arrives', {
    timeout: 120_000,
  }, async () => {
    const response = await ask(`/ipfs/${big.cid}?format=car&car-dups=y`)
    const iterator = await CarBlockIterator.fromIterable(response.body!)
    const arriving = iterator[Symbol.asyncIterator]()
    const store = storeOf(async cid => {
      const { value } = await arriving.next()
      assert.ok(cid.equals(value.cid), 'depth first is the order in which it is read')
      return value.bytes
    })
    assert.equal(await hashOf(contentOf(big.cid, store, 1)), bigHash())
    assert.ok((await arriving.next()).done)
  })

  test('and a folder of 10,000 entries', { timeout: 120_000 }, async () => {
    const reader = await CarReader.fromIterable((await ask(`/ipfs/${many.cid}?format=car`)).body!)
    const store = storeOf(async cid => (await reader.get(cid))!.bytes)
    const names = new Set<string>()
    const folder = await exporter(many.cid, store)
    assert.ok(folder.type === 'directory')
    for await (const { name, cid } of folder.entries()) {
      names.add(name)
      const number = /^entry-number-(\d+)\.txt$/.exec(name)?.[1]
      if (number === undefined) continue
      assert.equal(Buffer.from((await reader.get(cid))!.bytes).toString(), `text ${number}`)
    }
    assert.equal(names.size, manyEntries + 1)
  })
})

/** The bytes of a file, as the exporter puts them together. */
async function* contentOf(
  cid: CID,
  store: ReturnType<typeof storeOf>,
  blockReadConcurrency: number,
): AsyncGenerator<Uint8Array> {
  const entry = await exporter(cid, store)
  assert.ok(entry.type === 'file')
  yield* entry.content({ blockReadConcurrency })
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of source) hash.update(part)
  return hash.digest('hex')
}

function bigHash(): string {
  const hash = createHash('sha256')
  for (const part of bigPieces()) hash.update(part)
  return hash.digest('hex')
}
