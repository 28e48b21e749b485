import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer as createHttp,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net'
import { after, afterEach, describe, test } from 'node:test'
import { realClock } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createStore } from '../cache/store.ts'
import { FairShare } from '../fair-share.ts'
import { createProxy } from '../proxy.ts'
import { createOrigin } from './origin.ts'
import { get, last, raw } from './rig.ts'
import { serveHttp } from './server.ts'

const address = '127.0.0.1'
const stack: (() => unknown)[] = []
const unwind = async (): Promise<void> => {
  for (const undo of stack.splice(0).reverse()) await undo()
}
afterEach(unwind)
after(unwind)

async function listening(server: Server | NetServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, address)
  await once(server, 'listening')
  stack.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

interface Bench {
  readonly port: number
  counts(): Record<string, number>
}

async function proxyTo(
  originPort: number,
  limits: { headMs?: number; restMs?: number } = {},
): Promise<Bench> {
  const bounds = { connectionsMax: 64, connectMs: 1000, headMs: limits.headMs ?? 5000, idleMs: 5000 }
  const origin = createOrigin({ url: `http://${address}:${originPort}`, ...bounds })
  const meter = createMeter()
  const ingress = createProxy({
    ...{ name: 'inxt', origin, meter, now: realClock.now, store: createStore(8 << 20) },
    ...{ bodyBytesMax: 1 << 20, arriving: new FairShare(4 << 20).of(''), staleOnErrorMs: 60_000 },
    ...{ heuristic: { share: 0.1, lifetimeMaxMs: 60_000 }, restMs: limits.restMs ?? 0, restMaxMs: 1000 },
    onBug: error => assert.fail(String(error)),
  })
  const server = await serveHttp({ address, port: 0, ingress, log: silentLog, meter })
  stack.push(
    () => origin.close(),
    () => server.close(0),
  )
  return { port: server.port, counts: meter.read }
}

const serving = async (answer: (from: IncomingMessage, to: ServerResponse) => void): Promise<Bench> =>
  proxyTo(await listening(createHttp(answer)))

/** An origin that says what it is told, byte by byte, to whoever connects. */
const saying = async (text: string): Promise<Bench> => {
  const origin = createServer({ allowHalfOpen: true }, socket => {
    socket.once('data', () => socket.end(text))
  })
  return proxyTo(await listening(origin))
}

interface Got {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly trailers: IncomingMessage['trailers']
}

function ask(
  port: number,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: Buffer | string } = {},
): Promise<Got> {
  const { path = '/', method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, method, headers, agent: false }, answer => {
      const parts: Buffer[] = []
      answer.on('data', part => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const { statusCode, trailers } = answer
        resolve({ status: statusCode!, headers: answer.headers, body: Buffer.concat(parts), trailers })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

describe('an origin behind the edge', () => {
  test('hears who asks, and nothing that belongs to one connection or is forged', async () => {
    let seen: IncomingMessage | undefined
    const { port } = await serving((from, to) => {
      seen = from
      to.writeHead(200, { Connection: 'close, X-Hop', 'X-Hop': '1', 'Keep-Alive': 'timeout=1', 'X-End': '2' })
      to.end('ok')
    })
    const forged = {
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'for=10.0.0.1',
    }
    const headers = {
      Host: 'site.example',
      ...forged,
      Connection: 'X-Own',
      'X-Own': 'a',
      Via: '1.0 before',
      'X-Real-IP': '1',
    }
    const { status, headers: got } = await ask(port, { path: '/a%2Fb?c=%20', headers })
    assert.equal(status, 200)
    assert.equal(seen!.url, '/a%2Fb?c=%20')
    const wanted = {
      ...{ 'x-forwarded-for': address, 'x-forwarded-host': 'site.example', 'x-forwarded-proto': 'http' },
      ...{
        forwarded: `for=${address};host="site.example";proto=http`,
        via: '1.0 before, 1.1 inxt',
        'cdn-loop': 'inxt',
      },
      ...{ 'x-own': undefined, 'x-real-ip': undefined },
    }
    for (const [name, value] of Object.entries(wanted)) assert.equal(seen!.headers[name], value, name)
    assert.match(seen!.headers.host!, /^127\.0\.0\.1:\d+$/)
    assert.deepEqual([got['x-hop'], got['x-end'], got.via], [undefined, '2', '1.1 inxt'])
  })

  test('gets an upload as it comes, and answers in the middle of it', async () => {
    const hash = createHash('sha256')
    const { port } = await serving((from, to) => {
      from.on('data', part => hash.update(part))
      from.on('end', () => to.end(hash.digest('hex')))
    })
    const body = Buffer.alloc(3 << 20, 'abcdefg')
    const wanted = createHash('sha256').update(body).digest('hex')
    const { body: got } = await ask(port, { method: 'POST', body, headers: { Expect: '100-continue' } })
    assert.equal(got.toString(), wanted)
    const refusing = await serving((from, to) => {
      to.writeHead(413).end('too much')
      from.resume()
    })
    assert.equal((await ask(refusing.port, { method: 'POST', body })).status, 413)
  })

  test('streams events one by one', async () => {
    let say: ServerResponse | undefined
    const { port } = await serving((_from, to) => {
      to.writeHead(200, { 'Content-Type': 'text/event-stream' })
      to.write('data: 1\n\n')
      say = to
    })
    const asked = request({ host: address, port, agent: false })
    asked.end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    assert.equal(String((await once(answer, 'data'))[0]), 'data: 1\n\n')
    const closed = once(say!, 'close')
    say!.write('data: 2\n\n')
    assert.equal(String((await once(answer, 'data'))[0]), 'data: 2\n\n')
    answer.on('error', () => {})
    asked.destroy()
    // A client may close its half and still listen: only what is sent to it shows that it has gone.
    while (!say!.closed) {
      say!.write('data: 3\n\n')
      await new Promise(resolve => setImmediate(resolve))
    }
    await closed
  })

  test('passes a WebSocket through, both ways, and ends it on both sides', async () => {
    const origin = createHttp()
    const ended = Promise.withResolvers<void>()
    origin.on('upgrade', (from: IncomingMessage, socket: Socket) => {
      const accept = `Sec-WebSocket-Accept: of-${from.headers['sec-websocket-key']}`
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${accept}\r\n\r\nhi`,
      )
      socket.on('data', part => socket.write(`echo ${part}`))
      socket.on('end', () => socket.end())
      socket.on('close', () => ended.resolve())
    })
    const { port } = await proxyTo(await listening(origin))
    const asked = request({
      ...{ host: address, port, agent: false },
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'key' },
    })
    asked.end()
    const [answer, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket, Buffer]
    assert.equal(answer.headers['sec-websocket-accept'], 'of-key')
    const greeting = head.length > 0 ? head : (await once(socket, 'data'))[0]
    assert.equal(String(greeting), 'hi')
    socket.write('one')
    assert.equal(String((await once(socket, 'data'))[0]), 'echo one')
    socket.destroy()
    await ended.promise
  })

  test('that will not switch protocols answers as ever', async () => {
    const { port } = await serving((_from, to) => to.writeHead(426, { 'X-A': 'b' }).end('no'))
    const { status, body } = await ask(port, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } })
    assert.deepEqual([status, String(body)], [426, 'no'])
  })

  test('is read no faster than the client reads, and let go when it leaves', async () => {
    let sent = 0
    const gone = Promise.withResolvers<void>()
    const full = Promise.withResolvers<void>()
    const { port } = await serving((_from, to) => {
      const chunk = Buffer.alloc(64 * 1024)
      const pour = (): void => {
        for (sent += chunk.length; to.write(chunk); sent += chunk.length) if (sent > 512 << 20) return
        full.resolve()
        to.once('drain', pour)
      }
      to.writeHead(200, { 'Cache-Control': 'max-age=60' })
      to.once('close', gone.resolve)
      pour()
    })
    const socket = connect(port, address)
    stack.push(() => socket.destroy())
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await full.promise
    // Buffers of two connections and our own: far from all of it.
    assert.ok(sent < 64 << 20, `${sent}`)
    socket.destroy()
    await gone.promise
    assert.ok(sent < 64 << 20, `${sent}`)
  })

  test('has its trailers passed on', async () => {
    const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n'
    const { port } = await saying(text)
    const { status, body, trailers } = await ask(port, { headers: { TE: 'trailers' } })
    assert.deepEqual([status, String(body)], [200, 'ok'])
    assert.equal(trailers['x-sum'], '7')
  })

  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n'
  const fine = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok'
  const headsOf = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(head => head[1]!)

  test('has its interim answers passed on to who asked, and to nobody who reads the copy', async () => {
    const { port } = await saying(`HTTP/1.1 102 Processing\r\n\r\n${early}Set-Cookie: a=1\r\n\r\n${fine}`)
    const first = await raw(port, get('/', last))
    assert.deepEqual(headsOf(first), ['102', '103', '200'])
    assert.ok(first.includes(`${early}\r\n`) && !/set-cookie/i.test(first), first)
    const copy = await raw(port, get('/', last))
    assert.deepEqual(headsOf(copy), ['200'])
  })

  test('has no more than a few interim answers passed on', async () => {
    const { port } = await saying(`${early}\r\n`.repeat(100) + fine)
    const got = await raw(port, get('/', last))
    assert.deepEqual(headsOf(got), [...Array(8).fill('103'), '200'])
  })

  const malformed: [what: string, text: string][] = [
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    [
      'a length beside chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    ],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab'],
    ['a line feed alone in a field', 'HTTP/1.1 200 OK\r\nX: a\nContent-Length: 2\r\n\r\nab'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    [
      'a switch nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
    ['nothing', ''],
  ]
  for (const [what, text] of malformed) {
    test(`is not believed: ${what}`, async () => {
      const { port } = await saying(text)
      const { status, body } = await ask(port)
      assert.equal(status, 502, String(body))
    })
  }

  test('that breaks off in the middle of a body breaks the answer off', async () => {
    const { port } = await saying(
      'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf',
    )
    await assert.rejects(ask(port))
    await assert.rejects(ask(port))
  })

  test('is asked twice when it hangs up on a request that may be repeated, and once otherwise', async () => {
    let connections = 0
    const origin = createServer(socket => {
      connections++
      const first = connections % 2 === 1
      socket.once('data', () =>
        first ? socket.destroy() : socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      )
    })
    const { port } = await proxyTo(await listening(origin))
    assert.equal((await ask(port)).status, 200)
    assert.equal(connections, 2)
    assert.equal((await ask(port, { method: 'POST', body: 'x' })).status, 502)
    assert.equal(connections, 3)
  })

  test('that is silent is given up, and one that is down rests', async () => {
    const silent = await proxyTo(await listening(createServer(() => {})), { headMs: 100 })
    assert.equal((await ask(silent.port)).status, 504)
    const server = createServer()
    const free = await listening(server)
    await unwindOne(server)
    const down = await proxyTo(free, { restMs: 60_000 })
    assert.equal((await ask(down.port)).status, 502)
    assert.equal((await ask(down.port)).status, 502)
    assert.equal(down.counts()['origin.requests'], 1)
  })

  test('may be asked one thing for many at once', async () => {
    let asked = 0
    const answers: ServerResponse[] = []
    const { port, counts } = await serving((_from, to) => {
      asked++
      answers.push(to.writeHead(200, { 'Cache-Control': 'max-age=60' }))
      to.write('x'.repeat(1000))
    })
    const waiting = Array.from({ length: 50 }, () => ask(port))
    while ((counts()['cache.misses'] ?? 0) < 50) await new Promise(resolve => setImmediate(resolve))
    for (const to of answers) to.end('y')
    for (const { body } of await Promise.all(waiting)) assert.equal(body.length, 1001)
    assert.equal(asked, 1)
  })

  test('is an address and nothing more', () => {
    const bad = ['127.0.0.1', 'ftp://a', 'http://a/b', 'http://a?b', 'http://u@a', 'http://', 'javascript:1']
    const bounds = { connectionsMax: 1, connectMs: 1, headMs: 1, idleMs: 1 }
    for (const url of bad)
      assert.throws(() => createOrigin({ url, ...bounds }), /not the address of an origin/, url)
  })
})

async function unwindOne(server: NetServer): Promise<void> {
  server.close()
  await once(server, 'close')
}
