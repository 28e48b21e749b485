import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import type { Ingress } from '../message.ts'
import { createWorld } from '../transcripts/world.ts'
import {
  address,
  bigContent,
  bodyOf,
  dial,
  get,
  ingressOf,
  last,
  pattern,
  raw,
  start,
  stopAll,
  waiting,
} from './rig.ts'
import { serveHttp } from './server.ts'

afterEach(stopAll)

describe('answers on the wire', () => {
  test('GET, HEAD and 304 with their exact fields', async () => {
    const { port } = await start(createWorld())
    await raw(port, get('/letters.txt', last)) // from here on it comes from memory, and says so
    const got = await raw(port, get('/letters.txt', last))
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(got, /\r\nContent-Length: 26\r\n/)
    assert.equal(bodyOf(got).toString(), 'abcdefghijklmnopqrstuvwxyz')
    assert.equal(got.match(/^Date: /gim)?.length, 1)
    const head = await raw(port, get('/letters.txt', last).replace('GET', 'HEAD'))
    assert.equal(
      head,
      got.slice(0, got.indexOf('\r\n\r\n') + 4).replace(/Date:.*\r\n/, /Date:.*\r\n/.exec(head)![0]),
    )
    const unchanged = await raw(port, get('/letters.txt', 'If-None-Match: "cid-letters"', last))
    assert.match(unchanged, /^HTTP\/1\.1 304 Not Modified\r\n/)
    assert.equal(bodyOf(unchanged).length, 0)
    assert.doesNotMatch(unchanged, /Content-Length|Transfer-Encoding/)
  })

  test('ranges are the exact bytes of the file', async () => {
    const sizeBytes = 300_001
    const { port } = await start(ingressOf({ content: bigContent(sizeBytes).content }))
    for (const [start, end] of [
      [0, 1],
      [65_535, 65_537],
      [100, 250_000],
      [300_000, 300_001],
    ] as const) {
      const got = await raw(port, get('/big', `Range: bytes=${start}-${end - 1}`, last))
      assert.match(got, new RegExp(`\r\nContent-Range: bytes ${start}-${end - 1}/${sizeBytes}\r\n`))
      assert.ok(bodyOf(got).equals(pattern(start, end)), `${start} to ${end}`)
    }
  })

  test('several ranges, taken apart as a client would', async () => {
    const { port } = await start(ingressOf({ content: bigContent(300_000).content }))
    const got = await raw(port, get('/big', 'Range: bytes=70000-140000,5-9,-3', last))
    const boundary = /multipart\/byteranges; boundary=(\w+)/.exec(got)![1]!
    const [before, ...parts] = `\r\n${bodyOf(got).toString('latin1')}`.split(`\r\n--${boundary}`)
    assert.equal(before, '')
    assert.equal(parts.pop(), '--\r\n')
    const ranges = parts.map(part => {
      const [, first, final] = /Content-Range: bytes (\d+)-(\d+)\/300000\r\n/.exec(part)!
      const bytes = Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4), 'latin1')
      assert.ok(bytes.equals(pattern(Number(first), Number(final) + 1)))
      return `${first}-${final}`
    })
    assert.deepEqual(ranges, ['70000-140000', '5-9', '299997-299999'])
  })

  test('many requests on one connection, pipelined, are answered in order and one at a time', async () => {
    let [now, most] = [0, 0]
    const world = createWorld()
    const { port } = await start(async request => {
      most = Math.max(most, ++now)
      const response = await world(request)
      now--
      return response
    })
    const paths = ['/letters.txt', '/style.css', '/', '/nowhere', '/letters.txt']
    const got = await raw(port, paths.map((path, i) => get(path, ...(i === 4 ? [last] : []))).join(''))
    assert.deepEqual(
      [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]),
      ['200', '200', '200', '404', '200'],
    )
    assert.equal(most, 1)
  })
})

describe('a connection that is kept', () => {
  test('is idle from its last answer on, however many came between two looks at it', async () => {
    // Looks come every 50 ms, requests every few: no look ever meets an answer under way.
    const { port, counts } = await start(createWorld(), { keepAliveMs: 200 })
    const socket = dial(port)
    let answers = 0
    const startedAt = performance.now()
    for (let at = startedAt; at - startedAt < 500; at = performance.now()) {
      socket.write(get('/letters.txt'))
      const more = once(socket, 'data').then(() => true)
      if (!(await Promise.race([more, once(socket, 'close').then(() => false)]))) break
      answers++
    }
    assert.ok(performance.now() - startedAt >= 500, `closed after ${answers} answers`)
    await once(socket, 'close')
    assert.equal(counts()['http.idle'], 1)
  })
})

describe('uploads', () => {
  const own = `http://${address}`

  test('a body arrives whole; one too long is refused and the client hears why', async () => {
    const bytesMax = 1024 * 1024
    const route = {
      bytesMax,
      answer: async ({ body }: { body: AsyncIterable<Uint8Array> }) => {
        const hash = createHash('sha256')
        for await (const chunk of body) hash.update(chunk)
        return { status: 201, json: { hash: hash.digest('hex') } }
      },
    }
    const { port } = await start(ingressOf({ routes: { 'POST /inxt/uploads': route } }))
    const url = `${own}:${port}/inxt/uploads`
    const body = pattern(0, bytesMax)
    const good = await fetch(url, { method: 'POST', body })
    assert.equal(good.status, 201)
    assert.deepEqual(await good.json(), { hash: createHash('sha256').update(body).digest('hex') })
    const declared = await fetch(url, { method: 'POST', body: new Uint8Array(4 * bytesMax) })
    assert.equal(declared.status, 413)
    assert.equal(((await declared.json()) as { code: string }).code, 'bytes/too-large')
    const chunked = `POST /inxt/uploads HTTP/1.1\r\nHost: ${address}\r\n${last}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const piece = `${(bytesMax + 1).toString(16)}\r\n${'a'.repeat(bytesMax + 1)}\r\n0\r\n\r\n`
    assert.match(await raw(port, chunked + piece), /^HTTP\/1\.1 413 /)
  })

  test('a client that asks first is told no before it sends', async () => {
    const { port } = await start(createWorld())
    const ask = (length: number): string =>
      [
        'POST /inxt/uploads/missing HTTP/1.1',
        `Host: ${address}`,
        'Expect: 100-continue',
        `Content-Length: ${length}`,
        '\r\n',
      ].join('\r\n')
    const refusal = await raw(port, ask(5000))
    assert.match(refusal, /^HTTP\/1\.1 413 /)
    const socket = dial(port)
    socket.write(ask(2))
    const [first] = (await new Promise(resolve => socket.once('data', (...all) => resolve(all)))) as [Buffer]
    assert.match(first.toString(), /^HTTP\/1\.1 100 Continue/)
    socket.write('{}')
    const [second] = (await new Promise(resolve => socket.once('data', (...all) => resolve(all)))) as [Buffer]
    assert.match(second.toString(), /^HTTP\/1\.1 200 OK/)
  })
})

describe('start and stop', () => {
  test('a taken port is named', async () => {
    const { port } = await start(createWorld())
    const again = serveHttp({ address, port, ingress: createWorld(), log: silentLog, meter: createMeter() })
    await assert.rejects(
      again,
      error => isFault(error, 'net/port-taken') && error.message.includes(`${address}:${port}`),
    )
  })

  test('an address of another machine is named', async () => {
    const options = {
      address: '192.0.2.1',
      port: 0,
      ingress: createWorld(),
      log: silentLog,
      meter: createMeter(),
    }
    await assert.rejects(serveHttp(options), error => isFault(error, 'config/invalid'))
  })

  test('closing lets an answer under way finish and says that it is the last', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const world = createWorld()
    const { port, close } = await start(async request => {
      asked.resolve()
      await gate.promise
      return world(request)
    })
    const got = raw(port, get('/letters.txt'))
    await asked.promise
    const closed = close(10_000)
    gate.resolve()
    assert.match(await got, /\r\nConnection: close\r\n[\s\S]*xyz$/)
    await closed
  })

  test('closing does not wait for ever', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const { port, close } = await start(ingressOf({ content: waiting(asked.resolve) }))
    const got = raw(port, get('/slow'))
    await asked.promise
    await close(20)
    assert.equal(await got, '')
  })
})

describe('tunnels', () => {
  const tunnel: Ingress = async request => {
    const fields = [['Upgrade', 'echo']] as const
    if (!request.fields.some(([, value]) => value === 'echo')) return { ...emptied, status: 404 }
    async function* loud(incoming: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const part of incoming) yield Buffer.from(Buffer.from(part).toString().toUpperCase())
    }
    return { ...emptied, status: 101, fields, tunnel: loud }
  }
  const emptied = { fields: [], body: undefined, sizeBytes: 0 }
  const ask = get('/', 'Connection: Upgrade', 'Upgrade: echo')

  test('what comes behind the head, and later, goes through; the end of one side is the end of both', async () => {
    const { port } = await start(tunnel, { lingerMs: 20 })
    const socket = dial(port)
    socket.write(`${ask}early `)
    let got = ''
    for await (const part of socket as AsyncIterable<Buffer>) {
      got += part.toString()
      if (got.endsWith('EARLY ')) socket.write('late')
      if (got.endsWith('LATE')) socket.end()
    }
    assert.match(
      got,
      /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nEARLY LATE$/,
    )
  })

  test('a tunnel that nobody reads takes no more than it can pass on', async () => {
    const { port } = await start(tunnel)
    const socket = dial(port)
    socket.write(ask)
    socket.pause()
    const chunk = Buffer.alloc(1024 * 1024, 'a')
    let written = 0
    while (written < 64 && socket.write(chunk)) written++
    for (; written < 64; written++) {
      const more = await Promise.race([
        new Promise<true>(resolve => socket.once('drain', () => resolve(true))),
        new Promise<false>(resolve =>
          AbortSignal.timeout(100).addEventListener('abort', () => resolve(false)),
        ),
      ])
      if (!more) break
      socket.write(chunk)
    }
    assert.ok(written < 32, `${written} MiB went in`)
  })
})
