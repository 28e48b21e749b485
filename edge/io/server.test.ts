import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { Fault, isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createIngress, type IngressOptions } from '../ingress.ts'
import type { Ingress } from '../message.ts'
import type { Content } from '../questions.ts'
import { createWorld, routes, sites, content as smallContent } from '../transcripts/world.ts'
import type { HttpLimits } from './limits.ts'
import { type HttpServer, serveHttp } from './server.ts'

const address = '127.0.0.1'
const open: HttpServer[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(open.splice(0).map(server => server.close(0)))
})

interface Started extends HttpServer {
  readonly counts: () => Record<string, number>
}

async function start(ingress: Ingress, limits: Partial<HttpLimits> = {}): Promise<Started> {
  const meter = createMeter()
  const server = await serveHttp({ address, port: 0, ingress, log: silentLog, meter, limits })
  open.push(server)
  return { ...server, counts: meter.read }
}

function ingressOf(parts: Partial<IngressOptions>): Ingress {
  const usual = { suffixes: ['inxt'] as const, ownHosts: [address], sites, content: smallContent, routes }
  return createIngress({ ...usual, meter: createMeter(), ...parts })
}

/** A file of `sizeBytes` under every path, made while it is read; `state` tells what became of the reading. */
function bigContent(
  sizeBytes: number,
  chunkBytes = 64 * 1024,
): { content: Content; state: { sent: number; closed: Promise<void> } } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const state = { sent: 0, closed: promise }
  async function* read(
    _root: string,
    _cid: string,
    { start, end }: { start: number; end: number },
  ): AsyncGenerator<Uint8Array> {
    try {
      for (let at = start; at < end; at += chunkBytes) {
        const chunk = pattern(at, Math.min(end, at + chunkBytes))
        state.sent += chunk.length
        yield chunk
      }
    } finally {
      resolve()
    }
  }
  const resolved = { kind: 'file', cid: 'cid-big', sizeBytes } as const
  return { content: { resolve: async () => resolved, read, block: async () => undefined }, state }
}

/** Bytes that tell their own position, so that a wrong offset shows. */
function pattern(start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start)
  for (let i = 0; i < bytes.length; i++) bytes[i] = ((start + i) * 2654435761) >>> 24
  return bytes
}

function dial(port: number): Socket {
  const socket = connect(port, address)
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

/** Sends text as it stands and gives everything that comes back until the server closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = dial(port)
  socket.write(text)
  const parts: Buffer[] = []
  socket.on('data', part => parts.push(part))
  await new Promise<void>(resolve => socket.once('close', () => resolve()))
  return Buffer.concat(parts).toString('latin1')
}

const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: welcome.inxt', ...fields, '', ''].join('\r\n')

const last = 'Connection: close'

function bodyOf(answer: string): Buffer {
  return Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')
}

describe('answers on the wire', () => {
  test('GET, HEAD and 304 with their exact fields', async () => {
    const { port } = await start(createWorld())
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

describe('slow, absent and failing parties', () => {
  test('a client that does not read costs a bounded part of the file, and gets all of it in the end', async () => {
    const sizeBytes = 64 * 1024 * 1024
    const { content, state } = bigContent(sizeBytes)
    const { port } = await start(ingressOf({ content }))
    const socket = dial(port)
    socket.write(get('/big', last))
    await new Promise<void>(resolve => socket.once('readable', resolve))
    const stalledAt = await settled(() => state.sent)
    assert.ok(stalledAt < sizeBytes / 2, `${stalledAt} bytes were pulled for a client that reads nothing`)
    const hash = createHash('sha256')
    let head = ''
    let got = 0
    for await (const part of socket as AsyncIterable<Buffer>) {
      let bytes = part
      if (!head.includes('\r\n\r\n')) {
        head += bytes.toString('latin1')
        bytes = bodyOf(head)
        if (!head.includes('\r\n\r\n')) continue
      }
      hash.update(bytes)
      got += bytes.length
    }
    const expected = createHash('sha256')
    for (let at = 0; at < sizeBytes; at += 1024 * 1024) expected.update(pattern(at, at + 1024 * 1024))
    assert.equal(got, sizeBytes)
    assert.equal(hash.digest('hex'), expected.digest('hex'))
  })

  test('when the client goes, the reading upstream ends', async () => {
    const { content, state } = bigContent(1024 * 1024 * 1024)
    const { port } = await start(ingressOf({ content }))
    const socket = dial(port)
    socket.write(get('/big'))
    await new Promise<void>(resolve => socket.once('data', () => resolve()))
    socket.destroy()
    await state.closed
    assert.ok(state.sent < 1024 * 1024 * 1024)
  })

  test('when the client goes before the first byte, a waiting fetch hears of it', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const { port } = await start(ingressOf({ content: waiting(asked.resolve) }))
    const socket = dial(port)
    socket.write(get('/slow'))
    const signal = await asked.promise
    socket.destroy()
    await aborted(signal)
    assert.ok(isFault(signal.reason, 'net/unreachable'))
  })

  test('content that is overdue is a 504, not a hanging page', async () => {
    const { port } = await start(ingressOf({ content: waiting() }), { answerTimeoutMs: 30 })
    const got = await raw(port, get('/slow', last))
    assert.match(got, /^HTTP\/1\.1 504 /)
    assert.match(got, /within 30 ms/)
  })

  test('content that fails in the middle cuts the connection: never a short 200', async () => {
    const seen = Promise.withResolvers<void>()
    async function* read(): AsyncGenerator<Uint8Array> {
      yield pattern(0, 100)
      await seen.promise
      throw new Fault('content/missing', 'The last holder died.')
    }
    const resolve = async () => ({ kind: 'file', cid: 'cid-half', sizeBytes: 200 }) as const
    const { port, counts } = await start(ingressOf({ content: { ...smallContent, resolve, read } }))
    const socket = dial(port)
    socket.write(get('/half'))
    const parts: Buffer[] = []
    socket.on('data', part => {
      parts.push(part)
      seen.resolve()
    })
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    const got = Buffer.concat(parts).toString('latin1')
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 200\r\n/)
    assert.equal(bodyOf(got).length, 100)
    assert.equal(counts()['http.cut'], 1)
  })

  test('content that is shorter than announced cuts the connection', async () => {
    const { port, counts } = await start(createWorld())
    const got = await raw(port, get('/broken/short.bin'))
    assert.ok(bodyOf(got).length < 32)
    assert.equal(counts()['http.cut'], 1)
  })

  test('a bug is a 500, is counted, and the next request on the connection is answered', async () => {
    const find = (label: string): 'unknown' => {
      assert.notEqual(label, 'welcome', 'a bug')
      return 'unknown'
    }
    const { port, counts } = await start(ingressOf({ sites: { find } }))
    const got = await raw(port, get('/') + get('/', last).replace('welcome', 'nobody'))
    assert.deepEqual(
      [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]),
      ['500', '404'],
    )
    assert.equal(counts()['http.bugs'], 1)
    assert.doesNotMatch(got, /a bug/, 'what went wrong inside is nobody else’s business')
  })
})

describe('strictness', () => {
  const refused: [title: string, text: string, status: number][] = [
    ['two Hosts', get('/', 'Host: evil.example', last), 400],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a length beside chunks', `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, 400],
    ['chunks beside a length', `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`, 400],
    ['two lengths', `${post('Content-Length: 5', 'Content-Length: 6')}hello`, 400],
    ['a length with a sign', `${post('Content-Length: +5')}hello`, 400],
    ['chunks that are not last', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`, 400],
    ['a space before the colon', get('/', 'X-A : b', last), 400],
    ['a folded line', get('/', 'X-A: b\r\n c', last), 400],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: welcome.inxt\n\n', 400],
    ['a NUL in a field', get('/', 'X-A: b\0c', last), 400],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a head that is too long', get('/', `X-A: ${'a'.repeat(20_000)}`, last), 431],
    ['more fields than anybody needs', get('/', ...Array<string>(120).fill('X-A: b'), last), 431],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 405],
  ]
  for (const [title, text, status] of refused) {
    test(`${title}: ${status}, and the connection ends`, async () => {
      const { port } = await start(createWorld())
      const got = await raw(port, text)
      assert.deepEqual(
        [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1])),
        [status],
        got,
      )
    })
  }

  test('a body that nobody wants is not taken for the next request', async () => {
    const { port } = await start(createWorld())
    const hidden = get('/style.css')
    const got = await raw(port, `${get('/', `Content-Length: ${hidden.length}`)}${hidden}`)
    assert.equal([...got.matchAll(/HTTP\/1\.1/g)].length, 1)
  })

  test('a head that never ends is cut off', async () => {
    const { port } = await start(createWorld(), { headTimeoutMs: 100 })
    assert.match(await raw(port, 'GET / HTTP/1.1\r\nHost: welc'), /^HTTP\/1\.1 408 /)
  })

  test('one client cannot have all connections', async () => {
    const { port, counts } = await start(createWorld(), { connectionsPerClientMax: 2 })
    for (let i = 0; i < 2; i++) {
      const socket = dial(port)
      socket.write(get('/style.css'))
      await new Promise<void>(resolve => socket.once('data', () => resolve()))
    }
    assert.equal(await raw(port, get('/style.css')), '')
    assert.equal(counts()['http.refused'], 1)
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
    const chunked = `POST /inxt/uploads HTTP/1.1\r\nHost: ${address}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const piece = `${(bytesMax + 1).toString(16)}\r\n${'a'.repeat(bytesMax + 1)}\r\n0\r\n\r\n`
    assert.match(await raw(port, chunked + piece), /^HTTP\/1\.1 413 /)
  })

  test('a client that asks first is told no before it sends', async () => {
    const { port } = await start(createWorld())
    const ask = (length: number): string =>
      `POST /inxt/uploads/missing HTTP/1.1\r\nHost: ${address}\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
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

function post(...fields: string[]): string {
  return ['POST / HTTP/1.1', 'Host: welcome.inxt', ...fields, '', ''].join('\r\n')
}

/** Content that never comes, and says so when it is told to stop. */
function waiting(asked: (signal: AbortSignal) => void = () => {}): Content {
  return {
    async resolve(_root, _path, signal) {
      asked(signal)
      await aborted(signal)
      throw new Error('stopped')
    },
    read: smallContent.read,
    block: smallContent.block,
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** The value of a counter once it has stayed the same over many turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  let value = read()
  for (let turns = 0; turns < 200; turns++) {
    await new Promise<void>(resolve => setImmediate(resolve))
    if (read() !== value) [value, turns] = [read(), 0]
  }
  return value
}
