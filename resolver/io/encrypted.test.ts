// DoT and DoH on loopback: our servers, and Node's own TLS, HTTP/2 and HTTP/1.1 clients in front of them.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2, constants } from 'node:http2'
import { request as requestHttp1 } from 'node:https'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import { types } from '../wire/code.ts'
import { createFramer, frame } from '../wire/frame.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import { freshnessS } from './doh.ts'
import { serveHttps } from './https.ts'
import { type Certificate, serveTls } from './tls.ts'

const address = '127.0.0.1'
const timeoutMs = 5000
const folder = mkdtempSync(join(tmpdir(), 'inxt-tls-'))
const meter = createMeter()

function madeCertificate(name: string): Certificate {
  const [chain, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`
  const more = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', chain]
  execFileSync('openssl', [...words.split(' '), ...more], { stdio: 'ignore' })
  return { chain: readFileSync(chain, 'utf8'), key: readFileSync(key, 'utf8') }
}

const certificate = madeCertificate('first')
const second = madeCertificate('second')
const respond = createResponder({
  suffixes: ['inxt'],
  names: {
    site: label => (label === 'welcome' ? { contentCid: 'bafy', sequence: 1 } : undefined),
    serial: () => 1,
  },
  places: { near: () => [{ ipv4: '127.0.1.1' }], servers: () => [] },
  meter,
})
const serving = { address, port: 0, respond, meter, log: silentLog, certificate }
const dot = await serveTls({ ...serving, idleTimeoutMs: 300 })
const doh = await serveHttps({ ...serving, idleTimeoutMs: 300 })
after(async () => {
  await Promise.all([dot.close(), doh.close()])
  rmSync(folder, { recursive: true })
})

function query(name = 'welcome.inxt', type: number = types.A, id = 0): Uint8Array {
  const sections = { answers: [], authorities: [], additionals: [] }
  return encodeMessage({ id, flags: 0, questions: [{ name: parseName(name), type, class: 1 }], ...sections })
}

async function shakeHands(port: number, alpn: string[], ca = certificate.chain): Promise<TLSSocket> {
  const socket = connectTls({ host: address, port, ca, ALPNProtocols: alpn })
  socket.on('error', () => {})
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) })
  return socket
}

function closed(socket: { once(event: 'close', told: () => void): unknown }): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => resolve())
    AbortSignal.timeout(timeoutMs).addEventListener('abort', () => reject(new Error('it stays open')))
  })
}

async function firstMessage(socket: TLSSocket): Promise<Message> {
  const framer = createFramer()
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    framer.push(chunk)
    const message = framer.next()
    if (message !== undefined) return decodeMessage(message)
  }
  throw new Error('closed without a message')
}

describe('DoT', () => {
  test('answers, with the protocol that RFC 7858 registered', async () => {
    const socket = await shakeHands(dot.port, ['dot'])
    assert.equal(socket.alpnProtocol, 'dot')
    socket.write(frame(query('welcome.inxt', types.A, 7)))
    const message = await firstMessage(socket)
    assert.deepEqual([message.id, message.answers.length], [7, 1])
    socket.destroy()
  })
  test('hangs up on who is silent, before and after the handshake', async () => {
    const bare = createConnection({ host: address, port: dot.port })
    bare.on('error', () => {})
    const polite = await shakeHands(dot.port, [])
    // What is not read does not end.
    bare.resume()
    polite.resume()
    await Promise.all([closed(bare), closed(polite)])
  })
  test('takes no TLS 1.1 and no cipher without forward secrecy', async () => {
    const weak: { maxVersion: 'TLSv1.1' | 'TLSv1.2'; ciphers: string }[] = [
      { maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
    ]
    for (const terms of weak) {
      const client = {
        host: address,
        port: dot.port,
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
      } as const
      const socket = connectTls({ ...client, ...terms })
      await assert.rejects(once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) }))
    }
  })
  test('uses a renewed certificate from the next handshake on, and keeps the old for a bad one', async () => {
    assert.throws(
      () => dot.renew({ ...second, key: certificate.key }),
      error => isFault(error, 'config/invalid'),
    )
    dot.renew(second)
    const socket = await shakeHands(dot.port, [], second.chain)
    assert.equal(socket.getPeerCertificate().subject.CN, 'second')
    socket.destroy()
    dot.renew(certificate)
  })
  test('a taken port is a Fault that names it', async () => {
    await assert.rejects(serveTls({ ...serving, port: dot.port }), error => {
      return isFault(error, 'net/port-taken') && error.message.includes(`TLS 127.0.0.1:${dot.port}`)
    })
  })
})

interface Got {
  readonly status: number
  readonly media: string | undefined
  readonly cache: string | undefined
  readonly body: Buffer
}
type Fetch = (method: string, path: string, body?: Uint8Array, media?: string) => Promise<Got>

const overHttp1: Fetch = (method, path, content, media = 'application/dns-message') =>
  new Promise((resolve, reject) => {
    const where = { host: address, port: doh.port, ca: certificate.chain, timeout: timeoutMs }
    const headers = content === undefined ? {} : { 'content-type': media }
    const asked = requestHttp1({ ...where, method, path, headers, agent: false }, async response => {
      const body = await buffer(response)
      const { 'content-type': type, 'cache-control': cache } = response.headers
      resolve({ status: response.statusCode!, media: type, cache, body })
    })
    asked.on('error', reject)
    asked.end(content)
  })

const overHttp2: Fetch = async (method, path, content, media = 'application/dns-message') => {
  const session = connectHttp2(`https://${address}:${doh.port}`, { ca: certificate.chain })
  try {
    const headers = content === undefined ? {} : { 'content-type': media }
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    stream.end(content)
    const [fields] = await once(stream, 'response', { signal: AbortSignal.timeout(timeoutMs) })
    const body = await buffer(stream)
    return {
      status: fields[constants.HTTP2_HEADER_STATUS],
      media: fields['content-type'],
      cache: fields['cache-control'],
      body,
    }
  } finally {
    session.destroy()
  }
}

const base64 = (packet: Uint8Array): string => Buffer.from(packet).toString('base64url')
const rows: [label: string, status: number, ...asked: Parameters<Fetch>][] = [
  ['another path', 404, 'GET', '/'],
  ['another method', 405, 'PUT', '/dns-query', query()],
  ['no variable', 400, 'GET', '/dns-query'],
  ['an empty message', 400, 'GET', '/dns-query?dns='],
  ['two messages', 400, 'GET', `/dns-query?dns=${base64(query())}&dns=${base64(query())}`],
  ['padding', 400, 'GET', '/dns-query?dns=AA=='],
  ['an answer', 400, 'GET', `/dns-query?dns=${base64(fromHex('000084000000000000000000')!)}`],
  ['a body of another type', 415, 'POST', '/dns-query', query(), 'text/plain'],
  ['a body that is too long', 413, 'POST', '/dns-query', new Uint8Array(70_000)],
  ['a name that is none', 400, 'GET', '/dns-query?name=a..b'],
  ['a type that is none', 400, 'GET', '/dns-query?name=welcome.inxt&type=70000'],
]

for (const [label, fetch] of [
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const) {
  describe(`DoH over ${label}`, () => {
    test('answers GET and POST alike, fresh for as long as the records are', async () => {
      const get = await fetch('GET', `/dns-query?dns=${base64(query())}`)
      const post = await fetch('POST', '/dns-query', query())
      assert.deepEqual(get, post)
      const message = decodeMessage(get.body)
      assert.deepEqual([get.status, get.media, message.answers.length], [200, 'application/dns-message', 1])
      assert.equal(get.cache, `max-age=${message.answers[0]!.ttlS}`)
    })
    test('keeps an absence for as long as its SOA says, and an error not at all', async () => {
      const absent = await fetch('POST', '/dns-query', query('nobody.inxt'))
      const [soa] = decodeMessage(absent.body).authorities
      assert.ok(soa?.data.kind === 'authority')
      assert.equal(absent.cache, `max-age=${Math.min(soa.ttlS, soa.data.negativeS)}`)
      const refused = await fetch('POST', '/dns-query', query('example.com'))
      assert.deepEqual([refused.status, refused.cache], [200, 'max-age=0'])
    })
    test('has a view for people', async () => {
      const got = await fetch('GET', '/dns-query?name=Welcome.inxt&type=a')
      assert.equal(got.media, 'application/dns-json')
      const view = JSON.parse(got.body.toString())
      assert.equal(view.Status, 0)
      assert.deepEqual(view.Answer[0], {
        ...{ name: 'Welcome.inxt.', type: 1 },
        ...{ TTL: view.Answer[0].TTL, data: '127.0.1.1' },
      })
      const absent = await fetch('GET', '/dns-query?name=nobody.inxt&type=28')
      assert.equal(JSON.parse(absent.body.toString()).Status, 3)
    })
    test('HEAD tells what GET would', async () => {
      const got = await fetch('HEAD', `/dns-query?dns=${base64(query())}`)
      assert.deepEqual([got.status, got.body.length], [200, 0])
    })
    for (const [what, status, ...asked] of rows) {
      test(`refuses ${what} with ${status}`, async () => assert.equal((await fetch(...asked)).status, status))
    }
  })
}

describe('DoH', () => {
  test('hangs up on a session and on a client of HTTP/1.1 that ask nothing', async () => {
    const [modern, old] = [await shakeHands(doh.port, ['h2']), await shakeHands(doh.port, ['http/1.1'])]
    modern.resume()
    old.resume()
    await Promise.all([closed(modern), closed(old)])
  })
  test('asks for a renewed certificate to be used', async () => {
    doh.renew(second)
    const socket = await shakeHands(doh.port, ['h2'], second.chain)
    socket.destroy()
    doh.renew(certificate)
  })
  test('a truncated answer is not fresh', () => {
    assert.equal(freshnessS(fromHex('000086000000000000000000')!), 0)
  })
})
