// A site whose rules name an origin, published to a devnet: copies, failures, uploads, streams of events and
// WebSockets through its edges, and what they do not let themselves be led to.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { NetworkEdge } from '../../cli/network.ts'
import { type Devnet, inxt, type Place, reservePlace, startDevnet } from './devnet.ts'
import { fetchSite, type Got, publish } from './reader.ts'
import { toolsMissing } from './tools.ts'

const mib = 1024 * 1024
const name = 'pulled.inxt'

/** What the origin of the site answers; `asked` counts what reached it. */
function createTestOrigin(): { server: Server; asked: Map<string, number>; told: EventEmitter } {
  const asked = new Map<string, number>()
  const told = new EventEmitter()
  const answer = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const path = from.url!
    asked.set(path, (asked.get(path) ?? 0) + 1)
    if (path === '/events') {
      to.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: first\n\n')
      await once(told, 'next')
      to.end('data: second\n\n')
    } else if (path === '/upload') {
      const hash = createHash('sha256')
      for await (const chunk of from) hash.update(chunk as Buffer)
      to.end(hash.digest('hex'))
    } else {
      to.setHeader('Cache-Control', path === '/stale' ? 'max-age=0, stale-if-error=60' : 'max-age=60')
      to.setHeader('ETag', '"one"')
      to.end(`${path} for ${from.headers['x-forwarded-host']} at ${from.headers.host}`)
    }
  }
  const server = createServer((from, to) => void answer(from, to).catch(() => to.destroy()))
  server.on('upgrade', (from: IncomingMessage, socket: Socket) => {
    const key = `${from.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const switching = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${switching}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
    socket.pipe(socket)
  })
  return { server, asked, told }
}

describe('a site with an origin', { skip: toolsMissing() }, () => {
  let place: Place
  let devnet: Devnet
  let edges: readonly NetworkEdge[]
  let data: string
  let site: string
  let origin: string
  const { server, asked, told } = createTestOrigin()

  before(async () => {
    place = await reservePlace()
    data = join(place.folder, '.inxt')
    devnet = await startDevnet(place)
    edges = (await devnet.network()).edges
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    site = join(place.folder, 'site')
    await mkdir(site)
    await writeFile(join(site, 'index.html'), 'a file')
    await write(`/api/* ${origin}/:splat 200`)
    await publish(data, site, 'pulled')
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await devnet?.stop()
    await place?.remove()
  })

  const write = (rules: string): Promise<void> => writeFile(join(site, '_redirects'), `${rules}\n`)
  const how = ({ headers }: Got): unknown => headers['cache-status']
  const ask = (edge: NetworkEdge, path: string): Promise<Got> => fetchSite(edge, name, path)
  const text = ({ body }: Got): string => body.toString()
  const about = (edge: NetworkEdge, path: string) => ({
    ...{ host: edge.address, port: edge.httpPort, path, agent: false as const },
    headers: { host: `${name}:${edge.httpPort}` },
  })

  test('files beside an origin, which each edge asks once', async () => {
    for (const edge of edges.slice(0, 2)) {
      assert.equal(text(await ask(edge, '/')), 'a file')
      const first = await ask(edge, '/api/a?b')
      assert.equal(text(first), `/a?b for ${name}:${edge.httpPort} at ${new URL(origin).host}`)
      assert.match(String(how(first)), /^inxt; fwd=uri-miss; fwd-status=200; stored/)
      assert.match(String(how(await ask(edge, '/api/a?b'))), /^inxt; hit; ttl=\d+$/)
      assert.equal(first.headers['x-inxt-edge'], edge.address)
    }
    assert.equal(asked.get('/a?b'), 2)
  })

  test('a new version of the site keeps the copies, another origin has none', async () => {
    await writeFile(join(site, 'index.html'), 'another file')
    await publish(data, site, 'pulled')
    const edge = edges[0]!
    assert.equal(text(await ask(edge, '/')), 'another file')
    assert.match(String(how(await ask(edge, '/api/a?b'))), /^inxt; hit/)
    await write(`/api/* ${origin}/other/:splat 200`)
    await publish(data, site, 'pulled')
    assert.match(String(how(await ask(edge, '/api/a?b'))), /fwd=uri-miss/)
    await write(`/api/* ${origin}/:splat 200`)
    await publish(data, site, 'pulled')
  })

  test('events come as they are said, and a WebSocket goes both ways', { timeout: 20_000 }, async () => {
    const edge = edges[1]!
    const events = request(about(edge, '/api/events')).end()
    const [answer] = (await once(events, 'response')) as [IncomingMessage]
    const [first] = await once(answer, 'data')
    assert.equal(String(first), 'data: first\n\n')
    told.emit('next')
    const [second] = await once(answer, 'data')
    assert.equal(String(second), 'data: second\n\n')

    const options = about(edge, '/api/echo')
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const asking = request({ ...options, headers: { ...options.headers, ...upgrade, ...key } }).end()
    const [switched, socket] = (await once(asking, 'upgrade')) as [IncomingMessage, Socket]
    assert.equal(switched.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    socket.write('there and back')
    const [echo] = await once(socket, 'data')
    assert.equal(String(echo), 'there and back')
    socket.destroy()
  })

  test('an upload of 300 MB passes without being kept', { timeout: 60_000 }, async () => {
    const edge = edges[2]!
    const rss = async (): Promise<number> => {
      const status = await readFile(`/proc/${edge.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
    }
    const before = await rss()
    let most = before
    const sending = request({ ...about(edge, '/api/upload'), method: 'POST' })
    const [hash, chunk] = [createHash('sha256'), Buffer.alloc(mib, 7)]
    for (let sent = 0; sent < 300; sent++) {
      hash.update(chunk)
      if (!sending.write(chunk)) await once(sending, 'drain')
      most = Math.max(most, await rss())
    }
    sending.end()
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    const [said] = await once(answer, 'data')
    assert.equal(String(said), hash.digest('hex'))
    assert.ok(most - before < 150 * mib, `${(most - before) / mib} MiB more for 300 MiB`)
  })

  test('where edges are not led: private networks, this network, edges themselves', async () => {
    const rules = ['10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', name, edges[3]!.address]
    await write(rules.map((host, i) => `/${i} http://${host}/ 200`).join('\n'))
    await publish(data, site, 'pulled')
    for (const [i, host] of rules.entries()) {
      const refused = await ask(edges[i % 5]!, `/${i}`)
      assert.equal(refused.status, 502, host)
      assert.match(text(refused), /does not ask that origin/, host)
    }
    await write(`/api/* ftp://example.org/:splat 200\n/b https://me:secret@example.org/ 200`)
    const { code, stderr } = await inxt(['publish', site, 'pulled', '--data', data])
    assert.equal(code, 1)
    assert.match(stderr, /_redirects:1: .*neither a path nor an http address/)
    assert.match(stderr, /_redirects:2: .*no name and password/)
    await write(`/api/* ${origin}/:splat 200`)
    await publish(data, site, 'pulled')
  })

  test('an origin that is gone leaves what it said, and its site goes on', async () => {
    const two = edges.slice(0, 2)
    for (const edge of two) assert.equal((await ask(edge, '/api/stale')).status, 200)
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    for (const edge of two) {
      const kept = await ask(edge, '/api/stale')
      assert.equal(kept.status, 200)
      assert.match(String(how(kept)), /^inxt; fwd=stale; fwd-status=502/)
      assert.equal((await ask(edge, '/api/new')).status, 502)
      assert.equal(text(await ask(edge, '/')), 'another file')
    }
  })
})
