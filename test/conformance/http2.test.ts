// HTTP/2 as a stranger would check it: raw frames to the real server, section by section.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { codes, frame, frameTypes, settings, settingsFrame } from '../../edge/http2/frames.ts'
import { Decoder } from '../../edge/http2/hpack.ts'
import { type HttpServer, serveHttp } from '../../edge/io/server.ts'
import type { Ingress } from '../../edge/message.ts'
import { createWorld } from '../../edge/transcripts/world.ts'
import { FrameClient, type Heard } from './frame-client.ts'
import { cases } from './http2-cases.ts'
import * as c from './raw-frames.ts'

const bigBytes = 1024 * 1024
const world = createWorld()
let underWay = 0
const ingress: Ingress = async request => {
  if (request.target === '/echo') {
    for await (const _ of request.body);
    return { status: 200, fields: [], body: new Uint8Array(3), sizeBytes: 3 }
  }
  if (request.target === '/slow' || request.target === '/never') {
    underWay++
    await new Promise<void>(resolve =>
      request.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    underWay--
  }
  if (request.target === '/streamed')
    return { status: 200, fields: [], body: arriving('ab', 'c'), sizeBytes: 3 }
  if (request.target === '/big')
    return { status: 200, fields: [], body: new Uint8Array(bigBytes), sizeBytes: bigBytes }
  return world(request)
}

async function* arriving(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

describe('HTTP/2', () => {
  let server: HttpServer
  before(async () => {
    const limits = { lingerMs: 20 }
    server = await serveHttp({
      address: '127.0.0.1',
      port: 0,
      ingress,
      log: silentLog,
      meter: createMeter(),
      limits,
    })
  })
  after(() => server.close(0))

  const open = async (greeting?: readonly Uint8Array[]): Promise<FrameClient> => {
    const client = await FrameClient.open(server.port)
    if (greeting === undefined) client.greet()
    else client.send(...greeting)
    return client
  }

  test('there are at least the 146 checks of the field', () =>
    assert.ok(cases.length >= 146, `${cases.length}`))

  for (const { title, greeting, send, outcome } of cases) {
    test(title, async () => {
      const client = await open(greeting)
      client.send(...send)
      await judge(client, outcome)
      client.end()
    })
  }

  test('§6.5.3: SETTINGS are acknowledged', async () => {
    const client = await open()
    const acknowledged = await client.until(heard =>
      heard.find(({ type, flags }) => type === 4 && flags === 1),
    )
    assert.ok(acknowledged)
    client.end()
  })

  test('§5.1.2: more streams than allowed are refused, and may be tried again', async () => {
    const client = await open()
    const slow = c.block(...c.pseudo('GET', '/slow'))
    for (let id = 1; id <= 203; id += 2) client.send(c.headers(slow, 5, id))
    const refused = await client.until(heard => heard.find(isReset(codes.refusedStream)))
    assert.equal(refused?.stream, 201)
    client.end()
  })

  test('§6.9: DATA waits for the window, to the octet, and goes on when it opens', async () => {
    const client = await FrameClient.open(server.port)
    client.greet(settingsFrame({ [settings.initialWindowSize]: 1 }))
    client.send(c.headers(c.block(...c.pseudo('GET', '/big'))))
    const bytes = (heard: readonly Heard[]): number =>
      heard.filter(({ type }) => type === 0).reduce((sum, { payload }) => sum + payload.length, 0)
    assert.equal(await client.until(heard => bytes(heard) || undefined), 1)
    client.send(c.windowUpdate(1, 9))
    await client.until(heard => (bytes(heard) === 10 ? true : undefined))
    // §6.9.2: SETTINGS can make it negative; then it must become positive first.
    client.send(settingsFrame({ [settings.initialWindowSize]: 0 }), c.windowUpdate(1, 1), c.ping())
    await client.until(pong)
    assert.equal(bytes(client.heard), 10)
    client.send(c.windowUpdate(1, 2))
    await client.until(heard => (bytes(heard) === 12 ? true : undefined))
    client.send(c.windowUpdate(0, bigBytes), c.windowUpdate(1, bigBytes))
    await client.until(heard => (bytes(heard) === bigBytes ? true : undefined))
    client.end()
  })

  const floods: [title: string, ...frames: Uint8Array[]][] = [
    ['PING', c.ping()],
    ['SETTINGS', settingsFrame({})],
    ['PRIORITY', frame(frameTypes.priority, 0, 1, Buffer.alloc(5))],
    ['empty DATA', frame(frameTypes.data, 0, 1, Buffer.alloc(0))],
    ['unknown frames', frame(0x77, 0, 0, Buffer.alloc(0))],
    ['windows opened by one octet', c.windowUpdate(0, 1)],
    ['GOAWAY', frame(frameTypes.goaway, 0, 0, Buffer.alloc(8))],
  ]
  for (const [title, ...frames] of floods) {
    test(`a flood of ${title} is told to be calm`, async () => {
      const client = await open()
      client.send(c.headers(c.block(...c.pseudo('POST', '/never')), 4))
      for (let i = 0; i < 10_000 && !client.closed; i += 1000)
        client.send(...Array(1000).fill(Buffer.concat(frames)))
      await judge(client, c.connection(codes.enhanceYourCalm))
    })
  }

  test('rapid reset (CVE-2023-44487) is told to be calm, and leaves nothing running', async () => {
    const client = await open()
    const slow = c.block(...c.pseudo('GET', '/slow'))
    const batch: Uint8Array[] = []
    for (let id = 1; id < 4000; id += 2) {
      batch.push(c.headers(slow, 5, id), frame(frameTypes.rstStream, 0, id, Buffer.from([0, 0, 0, 8])))
    }
    client.send(...batch)
    await judge(client, c.connection(codes.enhanceYourCalm))
    assert.equal(underWay, 0)
  })

  test('resets that we are made to send (CVE-2025-8671) are told to be calm', async () => {
    const client = await open()
    const batch: Uint8Array[] = []
    for (let id = 1; id < 4000; id += 2) batch.push(c.headers(c.get, 4, id), c.windowUpdate(id, 0))
    client.send(...batch)
    await judge(client, c.connection(codes.enhanceYourCalm))
  })

  test('who resets what was answered to its end owes nothing for it, once', async () => {
    const client = await open()
    const perBatch = 50
    for (let first = 1; first < 4000; first += 2 * perBatch) {
      const ids = Array.from({ length: perBatch }, (_, i) => first + 2 * i)
      client.send(...ids.map(id => c.headers(c.get, 5, id)))
      const last = ids.at(-1)!
      await client.until(all => all.find(({ flags, stream }) => stream === last && flags & 1))
      client.send(...ids.map(id => c.rst(id, codes.streamClosed)))
    }
    await judge(client, { kind: 'alive' })
    client.send(...Array(4000).fill(c.rst(3999, codes.streamClosed)))
    await judge(client, c.connection(codes.enhanceYourCalm))
  })

  test('§8.1: the last of a body of known length ends its stream itself', async () => {
    const client = await open()
    client.send(c.headers(c.block(...c.pseudo('GET', '/streamed'))))
    await client.until(all => all.find(({ type, flags }) => type === 0 && flags & 1))
    const parts = client.heard.filter(({ type }) => type === 0)
    assert.deepEqual(
      parts.map(({ payload, flags }) => [`${payload}`, flags]),
      [
        ['ab', 0],
        ['c', 1],
      ],
    )
    client.end()
  })

  test('a CONTINUATION flood is told to be calm', async () => {
    const client = await open()
    client.send(
      c.headers(c.get, 0),
      ...Array.from({ length: 1000 }, () => c.continuation(Buffer.alloc(0), 0)),
    )
    await judge(client, c.connection(codes.enhanceYourCalm))
  })

  test('a block of fields without end is told to be calm', async () => {
    const client = await open()
    client.send(c.headers(Buffer.alloc(16_000), 0), c.continuation(Buffer.alloc(16_000), 0))
    await judge(client, c.connection(codes.enhanceYourCalm))
  })

  test('an HPACK bomb costs no more than its bound, and is a 431', async () => {
    const client = await open()
    const entry = Buffer.concat([Buffer.from([0x40, 1, 0x78]), lengthOf(3000), Buffer.alloc(3000, 'a')])
    client.send(c.headers(Buffer.concat([c.get, entry, Buffer.alloc(8000, 0xbe)])))
    await judge(client, c.answered(431))
    client.end()
  })

  test('§6.8: closing announces the end, waits a round trip, and finishes what is under way', async () => {
    const meter = createMeter()
    const gate = Promise.withResolvers<void>()
    const waiting: Ingress = async request => {
      await gate.promise
      return ingress(request)
    }
    const own = await serveHttp({ address: '127.0.0.1', port: 0, ingress: waiting, log: silentLog, meter })
    const client = await FrameClient.open(own.port)
    client.greet()
    client.send(c.headers(c.get))
    await client.until(heard => heard.find(({ type, flags }) => type === 4 && flags === 1))
    const closed = own.close(10_000)
    const asked = await client.until(heard => heard.find(({ type, flags }) => type === 6 && flags === 0))
    const goaways = (): number[] =>
      client.heard.filter(({ type }) => type === 7).map(({ payload }) => payload.readUInt32BE(0))
    assert.deepEqual(goaways(), [0x7fff_ffff])
    // A request that was under way meanwhile is still taken.
    client.send(c.headers(c.get, 5, 3), c.ping(asked!.payload.toString(), 1))
    gate.resolve()
    await judge(client, c.answered(200, 3))
    await client.untilClosed()
    assert.deepEqual(goaways(), [0x7fff_ffff, 3])
    await closed
  })
})

function lengthOf(value: number): Buffer {
  const left = value - 127
  return Buffer.from([127, (left & 127) | 128, left >> 7])
}

const isReset =
  (...wanted: number[]) =>
  ({ type, payload }: Heard): boolean =>
    type === frameTypes.rstStream && wanted.includes(payload.readUInt32BE(0))
const isGoaway =
  (...wanted: number[]) =>
  ({ type, payload }: Heard): boolean =>
    type === frameTypes.goaway && wanted.includes(payload.readUInt32BE(4))
const pong = (heard: readonly Heard[]): Heard | undefined =>
  heard.find(({ type, flags }) => type === frameTypes.ping && flags === 1)

async function judge(client: FrameClient, outcome: c.Outcome): Promise<void> {
  if (outcome.kind === 'seen') {
    await outcome.see(client)
  } else if (outcome.kind === 'alive') {
    client.send(c.ping('are you?'))
    const heard = await client.until(all =>
      all.find(({ type, payload }) => type === 6 && `${payload}` === 'are you?'),
    )
    assert.ok(heard, `no pong, heard ${client.said()}`)
  } else if (outcome.kind === 'answered') {
    const head = await client.until(all =>
      all.find(({ type, stream }) => type === 1 && stream === outcome.stream),
    )
    assert.ok(head, `no answer, heard ${client.said()}`)
    const decoder = new Decoder({ listBytesMax: 65_536, fieldsMax: 100 })
    const before = client.heard.filter(({ type }) => type === 1)
    const blocks = before.slice(0, before.indexOf(head) + 1).map(({ payload }) => decoder.decode(payload))
    assert.deepEqual(blocks.at(-1)!.fields[0], [':status', String(outcome.status)])
  } else {
    const { kind, codes: wanted } = outcome
    const error = (heard: readonly Heard[]): Heard | undefined =>
      heard.find(isGoaway(...wanted)) ?? (kind === 'stream' ? heard.find(isReset(...wanted)) : undefined)
    const heard = await client.until(error)
    assert.ok(heard, `no error of ${wanted}, heard ${client.said()}`)
    if (kind === 'connection') await client.untilClosed()
  }
}
