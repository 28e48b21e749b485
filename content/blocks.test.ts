// Real holders on real sockets: one that dies in mid-body, one that lies in one byte, one that is slow, one that has
// nothing, one that sends too much.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once as onceEvent } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, describe, test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import { delay, realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { type Block, blockBytesMax, blockOf } from './block.ts'
import { createBlocks, type Source } from './blocks.ts'
import type { Lie } from './fetch.ts'
import type { Holder } from './holders.ts'
import { formatCid, parseCid, rawCodec } from './identifier.ts'
import { createGateway } from './io/gateway.ts'
import { createMemoryStore } from './memory.ts'
import { readFile } from './reader.ts'
import { gather, grow, noise } from './specimen.ts'

const openGateway = (idleMs: number) => createGateway({ connectMs: 1000, idleMs, connectionsMax: 8 })
const gateways = { patient: openGateway(2000), hasty: openGateway(30) }
after(() => Object.values(gateways).map(gateway => gateway.close()))

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

type Stand = { holder: Holder; requests: string[]; server: Server }

async function stand(id: string, answer: RequestListener): Promise<Stand> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.url}`)
    answer(request, response)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  return { holder: { id, host: '127.0.0.1', port: (server.address() as AddressInfo).port }, requests, server }
}

const cidIn = (url = ''): string => /^\/ipfs\/([a-z0-9]+)\?format=raw$/.exec(url)?.[1] ?? ''

/** Answers as an edge does that holds `blocks`. */
const honest =
  (blocks: ReadonlyMap<string, Block>): RequestListener =>
  (request, response) => {
    const block = blocks.get(cidIn(request.url))
    if (block === undefined) response.writeHead(412).end()
    else response.writeHead(200, { 'content-length': block.bytes.length }).end(block.bytes)
  }
const lying =
  (blocks: ReadonlyMap<string, Block>): RequestListener =>
  (request, response) => {
    const bytes = Uint8Array.from(blocks.get(cidIn(request.url))!.bytes)
    bytes[bytes.length >> 1]! ^= 1
    response.end(bytes)
  }
const dying =
  (blocks: ReadonlyMap<string, Block>): RequestListener =>
  (request, response) => {
    const { bytes } = blocks.get(cidIn(request.url))!
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
  }
/** Never answers. */
const silent: RequestListener = () => {}
const status =
  (code: number): RequestListener =>
  (_, response) => {
    response.writeHead(code).end('no')
  }

const block = blockOf(rawCodec, noise(1, 5000))
const one = new Map([[formatCid(block.cid), block]])

function world(
  holders: readonly Stand[],
  options: Partial<Parameters<typeof createBlocks>[0]> & { bytesMax?: number } = {},
) {
  const meter = createMeter()
  const store = createMemoryStore({ bytesMax: options.bytesMax ?? 10_000_000 })
  const asked: string[] = []
  const blocks = createBlocks({
    store,
    gateway: gateways.patient,
    meter,
    clock: realClock,
    holders: {
      find: async cid => {
        asked.push(cid)
        return holders.map(({ holder }) => holder)
      },
    },
    memoryBytesMax: 1_000_000,
    askedMax: 3,
    hedgeMs: 5000,
    roundsMax: 2,
    pauseMs: 1,
    patienceMs: 5000,
    askedPerHolderMax: 8,
    freshMs: 5000,
    coldBelow: 1,
    lieOutMs: 60_000,
    ...options,
  })
  return { blocks, store, meter, asked }
}

describe('blocks', () => {
  test('memory, then disk, then the holders; what came is kept', async () => {
    const good = await stand('good', honest(one))
    const { blocks, store, meter } = world([good])
    assert.equal(await blocks.local(block.cid), undefined)
    assert.deepEqual(await blocks.get(block.cid), block.bytes)
    assert.deepEqual(good.requests, [`/ipfs/${formatCid(block.cid)}?format=raw`])
    assert.equal(await store.has(block.cid), true)
    await blocks.get(block.cid)
    assert.deepEqual(await blocks.local(block.cid), block.bytes)
    assert.equal(good.requests.length, 1)
    assert.equal(meter.read()['blocks.memory'], 2)
  })

  test('what a reader still holds is not read again when memory has let it go', async () => {
    const other = Array.from({ length: 40 }, (_, seed) => blockOf(rawCodec, noise(seed + 9, 5000)))
    const { blocks, meter, store } = world([], { memoryBytesMax: 50_000 })
    for (const one of [block, ...other]) await store.put(one)
    const held = await blocks.get(block.cid)
    for (const { cid } of other) await blocks.get(cid)
    assert.equal((await blocks.get(block.cid)).buffer, held.buffer)
    assert.equal(meter.read()['blocks.disk'], 41)
  })

  test('many readers, one request', async () => {
    const good = await stand('good', honest(one))
    const { blocks, asked } = world([good])
    const root = parseCid('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
    const all = await Promise.all(Array.from({ length: 20 }, () => blocks.get(block.cid, { root })))
    assert.ok(all.every(bytes => Buffer.compare(bytes, block.bytes) === 0))
    assert.equal(good.requests.length, 1)
    assert.deepEqual(asked, [formatCid(root)])
  })

  const bad: [name: string, answer: RequestListener, counted: string][] = [
    ['lies in one byte', lying(one), 'fetch.lying'],
    ['dies in mid-body', dying(one), 'fetch.failing'],
    ['answers 404', status(404), 'fetch.lacking'],
    ['answers 412', status(412), 'fetch.lacking'],
    ['answers 500', status(500), 'fetch.failing'],
    ['redirects', (_, response) => response.writeHead(302, { location: '/' }).end(), 'fetch.failing'],
    [
      'announces too much',
      (_, r) => r.writeHead(200, { 'content-length': blockBytesMax + 1 }).write('x'),
      'fetch.lying',
    ],
    [
      'never ends',
      (_, response) => {
        const more = (): void => void (response.destroyed || response.write(new Uint8Array(65536), more))
        more()
      },
      'fetch.lying',
    ],
    ['speaks no HTTP', (request, _) => request.socket.end('hello\r\n\r\n'), 'fetch.failing'],
  ]
  for (const [name, answer, counted] of bad) {
    test(`the next holder delivers when one ${name}`, async () => {
      const [first, second] = [await stand('bad', answer), await stand('good', honest(one))]
      const { blocks, meter } = world([first, second])
      assert.deepEqual(await blocks.get(block.cid), block.bytes)
      assert.equal(first.requests.length, 1)
      assert.equal(meter.read()[counted], 1)
    })
  }

  test('a liar is not asked again, not even for other blocks', async () => {
    const { root, blocks: all } = await grow({ a: 'a', b: 'b' })
    const [liar, good] = [await stand('liar', lying(all)), await stand('good', honest(all))]
    const { blocks } = world([liar, good])
    for (const { cid } of all.values()) await blocks.get(cid, { root })
    assert.equal(liar.requests.length, 1)
    assert.equal(good.requests.length, all.size)
  })

  test('what a liar sent is told as evidence; where a block came from, too', async () => {
    const lies: Lie[] = []
    const sources: Source[] = []
    const [liar, good] = [await stand('liar', lying(one)), await stand('good', honest(one))]
    const { blocks } = world([liar, good], { onLie: lie => lies.push(lie) })
    const onSource = (source: Source): void => void sources.push(source)
    for (let i = 0; i < 2; i++) await blocks.get(block.cid, { onSource })
    const sent = Uint8Array.from(block.bytes)
    sent[sent.length >> 1]! ^= 1
    const sentSha256 = createHash('sha256').update(sent).digest('hex')
    assert.deepEqual(lies, [{ holder: 'liar', cid: formatCid(block.cid), sentSha256 }])
    assert.deepEqual(sources, [{ from: 'peer', which: 'good' }, { from: 'memory' }])
  })

  test('three that fail at once are not blamed for our own line', async () => {
    const blamed: string[] = []
    const dead = await Promise.all(['a', 'b', 'c', 'd'].map(id => stand(id, status(500))))
    const { blocks, meter } = world(dead, { onFailing: id => blamed.push(id), roundsMax: 1 })
    await assert.rejects(blocks.get(block.cid), error => isFault(error, 'content/missing'))
    assert.deepEqual(blamed, ['a', 'b'])
    assert.equal(meter.read()['fetch.doubted'], 2)
  })

  test('a holder that trickles loses to a quick one in mid-block, and delivers where it is the only one', async () => {
    const trickling: RequestListener = async (_, response) => {
      for (let at = 0; at < 5000 && !response.destroyed; at += 500) {
        response.write(block.bytes.subarray(at, at + 500))
        await delay(15)
      }
      response.end()
    }
    const [slow, good] = [await stand('slow', trickling), await stand('good', honest(one))]
    const raced: Source[] = []
    const options = { hedgeMs: 25, patienceMs: 40, roundsMax: 1 }
    await world([slow, good], options).blocks.get(block.cid, { onSource: source => raced.push(source) })
    assert.deepEqual(raced, [{ from: 'peer', which: 'good' }])
    assert.deepEqual(await world([slow], options).blocks.get(block.cid), block.bytes)
  })

  test('a slow holder gets company, and goes behind afterwards', async () => {
    const { root, blocks: all } = await grow({ a: 'a', b: 'b', c: 'c' })
    const [slow, good] = [await stand('slow', silent), await stand('good', honest(all))]
    const { blocks } = world([slow, good], { hedgeMs: 30 })
    for (const { cid } of all.values()) await blocks.get(cid, { root })
    assert.equal(slow.requests.length, 1)
    assert.equal(good.requests.length, all.size)
  })

  test('a holder that is killed between two blocks', async () => {
    const bytes = noise(2, 50_000)
    const { root, blocks: all } = await grow(bytes)
    const [near, far] = [await stand('near', honest(all)), await stand('far', honest(all))]
    const { blocks } = world([near, far])
    const get = (cid: CID, signal: AbortSignal): Promise<Uint8Array> => blocks.get(cid, { root, signal })
    const parts: Uint8Array[] = []
    for await (const part of readFile({ get, cid: root, windowBlocks: 2 })) {
      parts.push(part)
      if (parts.length === 10) {
        near.server.closeAllConnections()
        near.server.close()
      }
    }
    assert.deepEqual(Uint8Array.from(Buffer.concat(parts)), bytes)
    assert.ok(far.requests.length > 0 && near.requests.length > 0)
  })

  test('nobody has it: a Fault, after asking for holders afresh', async () => {
    const { blocks, asked } = world([await stand('empty', status(404))])
    await assert.rejects(blocks.get(block.cid), error => isFault(error, 'content/missing'))
    assert.equal(asked.length, 2)
    await assert.rejects(world([]).blocks.get(block.cid), error => isFault(error, 'content/missing'))
  })

  test('a time limit for each holder', async () => {
    const { blocks, meter } = world([await stand('slow', silent)], { gateway: gateways.hasty })
    await assert.rejects(blocks.get(block.cid), error => isFault(error, 'content/missing'))
    assert.equal(meter.read()['fetch.failing'], 2) // once a round
  })

  test('the last reader who leaves ends the request', async () => {
    const gone = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const slow = await stand('slow', (request, response) => {
      response.on('close', () => gone.resolve())
      request.resume()
      arrived.resolve()
    })
    const { blocks } = world([slow])
    const [a, b] = [new AbortController(), new AbortController()]
    const both = [a, b].map(({ signal }) => assert.rejects(blocks.get(block.cid, { signal }), /left/))
    await arrived.promise
    a.abort(new Error('left'))
    b.abort(new Error('left'))
    await Promise.all(both)
    await gone.promise
    assert.equal(blocks.usage().fetching, 0)
  })

  test('a full store does not keep a reader from reading', async () => {
    const { blocks, store, meter } = world([await stand('good', honest(one))], { bytesMax: 10 })
    assert.deepEqual(await blocks.get(block.cid), block.bytes)
    assert.equal(await store.has(block.cid), false)
    assert.equal(meter.read()['blocks.unkept'], 1)
  })

  test('addresses that are none reach no URL', async () => {
    for (const host of ['', 'a/b', 'a@b', 'a b', 'a:1', '[::1]', 'fe80::1%eth0', '-a', 'a?x', '#']) {
      const ask = gateways.patient.get(
        { id: 'x', host, port: 80 },
        {
          ...{ cid: block.cid, root: block.cid, bytesMax: 1000 },
          signal: new AbortController().signal,
        },
      )
      await assert.rejects(
        ask,
        error => isFault(error, 'net/unreachable') && /no usable/.test(error.message),
        host,
      )
    }
  })

  test('more holders than pools', async () => {
    const stands = await Promise.all(Array.from({ length: 8 }, (_, i) => stand(`${i}`, honest(one))))
    const signal = new AbortController().signal
    const wish = { cid: block.cid, root: block.cid, bytesMax: 10_000, signal }
    const gets = stands.map(({ holder }) => gateways.patient.get(holder, wish))
    for (const bytes of await Promise.all(gets)) assert.deepEqual(Uint8Array.from(bytes), block.bytes)
    assert.ok(await gather(readFile({ get: async () => block.bytes, cid: block.cid })))
  })
})
