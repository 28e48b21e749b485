// Streams from real sockets where the wire matters, from generators where the order of events does.

import assert from 'node:assert/strict'
import { once as onceEvent } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import type { Block } from './block.ts'
import { createBlocks } from './blocks.ts'
import { exportCar } from './dag-export.ts'
import { createHeads } from './heads.ts'
import { parseCid } from './identifier.ts'
import { createGateway } from './io/gateway.ts'
import { createMemoryStore } from './memory.ts'
import { type GetOnWay, resolvePath } from './path.ts'
import { readFile } from './reader.ts'
import { gather, grow, noise, type Specimen } from './specimen.ts'

const servers: Server[] = []
const gateway = createGateway({ connectMs: 1000, idleMs: 2000, connectionsMax: 8 })
after(() => {
  gateway.close()
  for (const server of servers) server.close().closeAllConnections()
})

type Spoil = (part: Uint8Array, sentBytes: number) => Uint8Array | undefined

/** Answers for a CAR and for single blocks; `spoil` sees each part of a CAR, and undefined breaks the connection. */
async function holderOf({ get }: Specimen, spoil: Spoil = part => part) {
  const requests: string[] = []
  const answer: RequestListener = async (request, response) => {
    requests.push(request.url!)
    const { pathname, searchParams } = new URL(request.url!, 'http://holder')
    const [root = '', ...segments] = pathname.split('/').slice(2).map(decodeURIComponent)
    if (searchParams.get('format') !== 'car') {
      response.end(await get(parseCid(root)))
      return
    }
    const last = Number(searchParams.get('entity-bytes')!.split(':')[1])
    const selection = {
      root: parseCid(root),
      path: segments.join('/'),
      scope: 'entity',
      duplicates: false,
    } as const
    let sentBytes = 0
    for await (const part of exportCar(get, { ...selection, bytes: { first: 0, last } })) {
      const spoilt = spoil(part, sentBytes)
      if (spoilt === undefined) return void response.destroy()
      response.write(spoilt)
      sentBytes += part.length
    }
    response.end()
  }
  const server = createServer(answer)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { holder: { id: 'holder', host: '127.0.0.1', port }, requests }
}

function edgeBeside(
  holder: { id: string; host: string; port: number },
  store = createMemoryStore({ bytesMax: 100_000_000 }),
) {
  const meter = createMeter()
  const blocks = createBlocks({
    ...{ store, gateway, meter, clock: realClock, holders: { find: async () => [holder] } },
    ...{ memoryBytesMax: 8_000_000, askedMax: 3, hedgeMs: 1000, roundsMax: 2, pauseMs: 1, patienceMs: 5000 },
    ...{ askedPerHolderMax: 8, freshMs: 5000, coldBelow: 1, lieOutMs: 60_000 },
  })
  const read = async (root: CID, path: string): Promise<Uint8Array> => {
    const onWay: GetOnWay = (cid, rest) =>
      blocks.get(cid, { root, ...(rest !== undefined && { way: { path, rest } }) })
    const found = await resolvePath(onWay, root, path)
    if (found.kind !== 'file') throw new Error(found.kind)
    return gather(readFile({ get: (cid, signal) => blocks.get(cid, { root, signal }), cid: found.cid }))
  }
  return { read, meter, store }
}

describe('heads', () => {
  const page = noise(1, 30_000)
  const tree = { a: { b: { 'page.html': page, other: noise(2, 9000) } }, c: 'c' }

  test('the way and the file in one request, all of it kept', async () => {
    const site = await grow(tree)
    const { holder, requests } = await holderOf(site)
    const { read, store } = edgeBeside(holder)
    assert.equal(Buffer.compare(await read(site.root, 'a/b/page.html'), page), 0)
    assert.equal(requests.length, 1)
    assert.equal(store.keys().length, site.blocks.size - 10 - 1) // without `other` and `c`
  })

  test('a reader does not wait for the disk', async () => {
    const site = await grow(tree)
    const { holder } = await holderOf(site)
    const store = createMemoryStore({ bytesMax: 100_000_000 })
    const disk = Promise.withResolvers<void>()
    const slow = { ...store, put: (block: Block) => disk.promise.then(() => store.put(block)) }
    const { read } = edgeBeside(holder, slow)
    assert.equal(Buffer.compare(await read(site.root, 'a/b/page.html'), page), 0)
    assert.equal(store.keys().length, 0)
    disk.resolve()
  })

  test('of a site in part, what is known of the way is not sent again', async () => {
    const site = await grow(tree)
    const { holder, requests } = await holderOf(site)
    const { read } = edgeBeside(holder)
    await read(site.root, 'a/b/page.html')
    await read(site.root, 'a/b/other')
    assert.equal(requests.length, 2)
    assert.match(requests[1]!, /^\/ipfs\/b\w+\?format=car/) // from the file itself
  })

  test('two readers of one path share the stream', async () => {
    const site = await grow(tree)
    const { holder, requests } = await holderOf(site)
    const { read } = edgeBeside(holder)
    const both = await Promise.all([1, 2].map(() => read(site.root, 'a/b/page.html')))
    assert.ok(both.every(bytes => Buffer.compare(bytes, page) === 0))
    assert.equal(requests.length, 1)
  })

  const spoils: [string, Spoil][] = [
    ['breaks off', (part, sent) => (sent > 8000 ? undefined : part)],
    ['lies', (part, sent) => (sent > 8000 ? part.map(byte => byte ^ 1) : part)],
    ['loses bytes', (part, sent) => (sent > 8000 ? part.subarray(1) : part)],
    ['sends nothing', () => undefined],
  ]
  for (const [what, spoil] of spoils) {
    test(`a holder that ${what} in a stream: the rest comes block by block`, async () => {
      const site = await grow(tree)
      const { holder, requests } = await holderOf(site, spoil)
      const { read, meter } = edgeBeside(holder)
      assert.equal(Buffer.compare(await read(site.root, 'a/b/page.html'), page), 0)
      assert.ok(requests.length > 1)
      assert.equal(meter.read()['fetch.heads.broken'], 1)
    })
  }

  test('nobody waits for a silent stream, and leaving is at once', async () => {
    const { root } = await grow('x')
    const forever = Promise.withResolvers<never>()
    // biome-ignore lint/correctness/useYield: it is silent
    async function* open(): AsyncGenerator<{ cid: CID; bytes: Uint8Array }> {
      await forever.promise
    }
    const heads = createHeads({ open, clock: realClock, silenceMs: 20, headBytes: 1000 })
    const { signal } = new AbortController()
    const way = { path: 'a', rest: 'a' }
    assert.equal(await heads.get(root, root, way, signal), undefined)
    const leaver = new AbortController()
    const leaving = heads.get(root, root, { path: 'b', rest: 'b' }, leaver.signal)
    leaver.abort(new Error('left'))
    await assert.rejects(leaving, /left/)
    assert.equal(await heads.get(root, root, undefined, signal), undefined) // on no way, and not named by a node
  })
})
