// HTTP/1.1 as a stranger would check it, octet by octet: what is taken, what is refused, and that nothing is smuggled.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { type HttpServer, serveHttp } from '../../edge/io/server.ts'
import type { Ingress } from '../../edge/message.ts'
import { createWorld } from '../../edge/transcripts/world.ts'
import { cases, hidden, request } from './http1-cases.ts'

const world = createWorld()
const asked: string[] = []
const ingress: Ingress = async got => {
  asked.push(got.target)
  if (got.target === '/trailers') return unknownLength(got.version)
  if (got.target !== '/echo') return world(got)
  for await (const _ of got.body);
  const names = (got.trailers?.() ?? []).map(([name]) => name).join()
  return {
    status: 200,
    fields: [
      ['X-Trailers', names],
      ['Content-Length', '0'],
    ],
    body: undefined,
    sizeBytes: 0,
  }
}

function unknownLength(version: string): Awaited<ReturnType<Ingress>> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one')
    yield Buffer.from(version)
  }
  return { status: 200, fields: [], body: body(), sizeBytes: undefined, trailers: () => [['X-Sum', '7']] }
}

describe('HTTP/1.1', () => {
  let server: HttpServer
  before(async () => {
    const limits = { lingerMs: 20, keepAliveMs: 500 }
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

  const talk = async (...pieces: string[]): Promise<string> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    const parts: Buffer[] = []
    socket.on('data', part => parts.push(part))
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    for (const piece of pieces) {
      await new Promise<void>(resolve => socket.write(piece, 'latin1', () => setImmediate(resolve)))
    }
    await closed
    return Buffer.concat(parts).toString('latin1')
  }
  const statuses = (got: string): number[] =>
    [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(match => Number(match[1])).filter(status => status !== 100)

  test('there are at least 134 mutations', () => {
    const mutations = cases.filter(([, , ...expected]) => expected.some(status => status >= 400))
    assert.ok(mutations.length >= 134, `${mutations.length}`)
  })

  for (const [title, text, ...expected] of cases) {
    test(title, async () => {
      asked.length = 0
      const got = await talk(text)
      assert.deepEqual(statuses(got), expected, got.slice(0, 300))
      if (expected.at(-1)! >= 400) assert.match(got, /\r\nConnection: close\r\n/)
      assert.ok(!asked.includes('/smuggled'))
    })
  }

  test('a request in as many pieces as octets is the same', async () => {
    const fields = ['Host: welcome.inxt', 'Connection: close', 'Transfer-Encoding: chunked']
    const text = `${request('POST /echo HTTP/1.1', ...fields)}3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`
    const got = await talk(...text)
    assert.deepEqual(statuses(got), [200])
    assert.match(got, /X-Trailers: X-Sum\r\n/)
  })

  test('trailers that could change the request are dropped (RFC 9110 §6.5.1)', async () => {
    const head = request(
      'POST /echo HTTP/1.1',
      'Host: welcome.inxt',
      'Connection: close',
      'Transfer-Encoding: chunked',
    )
    const got = await talk(`${head}0\r\nHost: evil.example\r\nContent-Length: 5\r\nX-Sum: 1\r\n\r\n`)
    assert.match(got, /X-Trailers: X-Sum\r\n/)
  })

  test('an answer of unknown length is chunked, with trailers for those who take them', async () => {
    const plain = await talk(request('GET /trailers HTTP/1.1', 'Host: welcome.inxt', 'Connection: close'))
    assert.match(plain, /\r\nTransfer-Encoding: chunked\r\n/)
    assert.ok(plain.endsWith('\r\n\r\n3\r\none\r\n3\r\n1.1\r\n0\r\n\r\n'), plain)
    const wanted = await talk(
      request('GET /trailers HTTP/1.1', 'Host: welcome.inxt', 'TE: trailers', 'Connection: close, TE'),
    )
    assert.ok(wanted.endsWith('0\r\nX-Sum: 7\r\n\r\n'), wanted)
    const old = await talk(request('GET /trailers HTTP/1.0', 'Host: welcome.inxt', 'Connection: keep-alive'))
    assert.doesNotMatch(old, /chunked|keep-alive/i)
    assert.ok(old.endsWith('\r\n\r\none1.0'), old)
  })

  test('HEAD has the fields of GET and no body, also when the length is unknown', async () => {
    const got = await talk(
      request('HEAD /trailers HTTP/1.1', 'Host: welcome.inxt') +
        request('HEAD / HTTP/1.1', 'Host: welcome.inxt', 'Connection: close'),
    )
    assert.deepEqual(statuses(got), [200, 200])
    assert.ok(got.endsWith('\r\n\r\n'))
  })

  test('100 Continue comes when the body is wanted, and only then', async () => {
    const text = request(
      'POST /echo HTTP/1.1',
      'Host: welcome.inxt',
      'Expect: 100-continue',
      'Content-Length: 2',
      'Connection: close',
    )
    assert.match(await talk(text, 'hi'), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    const unwanted = await talk(text.replace('/echo', '/style.css'), hidden)
    assert.deepEqual(statuses(unwanted), [405])
    assert.doesNotMatch(unwanted, /100 Continue/)
  })
})
