// Clients of DoH that want to stay, on real connections: by octets that ask nothing, by asking much, by resetting.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { serveHttps } from './https.ts'
import type { StreamLimits } from './stream.ts'

const address = '127.0.0.1'
const idleTimeoutMs = 200
const deadline = (): AbortSignal => AbortSignal.timeout(5000)
const folder = mkdtempSync(join(tmpdir(), 'inxt-doh-'))
after(() => rmSync(folder, { recursive: true }))
const [chainFile, keyFile] = [join(folder, 'crt'), join(folder, 'key')]
const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a'
execFileSync('openssl', [...words.split(' '), '-keyout', keyFile, '-out', chainFile], { stdio: 'ignore' })
const certificate = { chain: readFileSync(chainFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }

const path = '/dns-query?dns=AAAAAAABAAAAAAAAA3d3dwAAAQAB'

async function server(limits: Partial<StreamLimits> = {}): Promise<{ port: number; answered(): number }> {
  let answered = 0
  const listening = await serveHttps({
    ...{ address, port: 0, meter: createMeter(), log: silentLog, certificate, idleTimeoutMs },
    ...limits,
    respond(packet) {
      answered++
      return packet.slice()
    },
  })
  after(() => listening.close())
  return { port: listening.port, answered: () => answered }
}

async function session(port: number): Promise<ClientHttp2Session> {
  const client = connect(`https://${address}:${port}`, { rejectUnauthorized: false })
  client.on('error', () => {})
  await once(client, 'connect', { signal: deadline() })
  return client
}

async function status(client: ClientHttp2Session): Promise<number | undefined> {
  const stream = client.request({ ':path': path })
  stream.resume()
  const [headers] = (await once(stream, 'response', { signal: deadline() })) as [{ ':status'?: number }]
  return headers[':status']
}

/** The status of a query over a connection that is kept, and whether it is to be closed. */
async function visit(port: number, agent: Agent): Promise<string> {
  const request = get({ host: address, port, path, agent, rejectUnauthorized: false })
  const [response] = await once(request, 'response', { signal: deadline() })
  response.resume()
  await once(response, 'end', { signal: deadline() })
  return `${response.statusCode} ${response.headers.connection}`
}

test('PING does not keep a session', async () => {
  const { port } = await server()
  const client = await session(port)
  const again = (error: Error | null): void => {
    if (error === null && !client.destroyed) client.ping(again)
  }
  client.ping(again)
  await once(client, 'close', { signal: deadline() })
})

test('neither does a body that comes octet by octet', async () => {
  const { port, answered } = await server()
  const client = await session(port)
  const type = 'application/dns-message'
  const stream = client.request({ ':method': 'POST', ':path': '/dns-query', 'content-type': type })
  stream.on('error', () => {})
  const more = (): void => void (stream.destroyed || stream.write(Buffer.of(0), () => client.ping(more)))
  more()
  await Promise.all([
    once(stream, 'close', { signal: deadline() }),
    once(client, 'close', { signal: deadline() }),
  ])
  assert.equal(answered(), 0)
})

test('after so many queries a session is told to go, and a connection of HTTP/1.1 too', async () => {
  const { port } = await server({ queriesPerConnectionMax: 3, idleTimeoutMs: 5000 })
  const client = await session(port)
  const told = once(client, 'goaway', { signal: deadline() })
  for (let i = 0; i < 3; i++) assert.equal(await status(client), 200)
  await told
  await once(client, 'close', { signal: deadline() })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const seen: string[] = []
  for (let i = 0; i < 4; i++) seen.push(await visit(port, agent))
  assert.deepEqual(seen, ['200 keep-alive', '200 keep-alive', '200 close', '200 keep-alive'])
  agent.destroy()
})

test('nobody stays for ever, however busy', async () => {
  const { port } = await server({ lifetimeMs: 300, idleTimeoutMs: 5000 })
  const client = await session(port)
  let isTold = false
  client.once('goaway', () => (isTold = true))
  while (!isTold && !client.closed) await status(client).catch(() => undefined)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const until = deadline()
  while (!(await visit(port, agent)).endsWith('close')) assert.ok(!until.aborted)
  agent.destroy()
})

test('who resets what it began is cut off, and nobody else is', async () => {
  const { port, answered } = await server()
  const other = await session(port)
  const client = await session(port)
  const reset = (): void => {
    for (let i = 0; i < 50 && !client.destroyed && !client.closed; i++) {
      const stream = client.request({ ':path': path })
      stream.on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
    }
    if (!client.destroyed && !client.closed) client.ping(reset)
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  client.once('close', resolve)
  reset()
  await promise
  assert.ok(answered() < 500, `${answered()} answers`)
  assert.equal(await status(other), 200)
  other.close()
})
