// What a server learns of the distance of its clients, through a relay that holds everything back for a while.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { realClock } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { serveHttps } from './https.ts'
import { boundPort } from './listen.ts'
import { serveTls } from './tls.ts'

const address = '127.0.0.1'
const folder = mkdtempSync(join(tmpdir(), 'inxt-handshake-'))
const [chain, key] = [join(folder, 'crt'), join(folder, 'key')]
const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=edge'
execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', chain], { stdio: 'ignore' })
const certificate = { chain: readFileSync(chain, 'utf8'), key: readFileSync(key, 'utf8') }
const seen: { address: string; rttMs: number }[] = []
const onHandshake = (address: string, rttMs: number): void => void seen.push({ address, rttMs })
const options = {
  address,
  port: 0,
  respond: () => undefined,
  meter: createMeter(),
  log: silentLog,
  certificate,
}
const stack = new AsyncDisposableStack()
const [dot, doh] = [
  await serveTls({ ...options, onHandshake }),
  await serveHttps({ ...options, onHandshake }),
]
for (const listening of [dot, doh]) stack.defer(() => listening.close())
after(async () => {
  await stack.disposeAsync()
  rmSync(folder, { recursive: true })
})

const wayMs = 20
/** A relay to `port` on which every octet takes `wayMs`. */
async function farFrom(port: number): Promise<Server> {
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', bytes => void realClock.after(wayMs, () => to.destroyed || to.write(bytes)))
    from.on('error', () => {})
    from.on('close', () => void realClock.after(wayMs, () => to.destroy()))
  }
  const relay = createServer(near => {
    const far = createConnection({ host: address, port, noDelay: true })
    pass(near, far)
    pass(far, near)
  })
  relay.listen(0, address)
  await once(relay, 'listening')
  stack.defer(() => void relay.close())
  return relay
}

async function shakeHands(port: number, more: { maxVersion?: 'TLSv1.2' } = {}) {
  const socket = connect({ host: address, port, rejectUnauthorized: false, ...more })
  socket.on('error', () => {})
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5000) })
  return socket
}

async function measured(port: number, more = {}): Promise<{ rttMs: number; socket: TLSSocket }> {
  const before = seen.length
  const socket = await shakeHands(port, more)
  const endAt = realClock.now() + 5000
  while (seen.length === before && realClock.now() < endAt) await new Promise(setImmediate)
  assert.equal(seen.length, before + 1)
  assert.equal(seen.at(-1)!.address, address)
  return { rttMs: seen.at(-1)!.rttMs, socket }
}

for (const [name, { port }] of Object.entries({ dot, doh })) {
  test(`${name}: a handshake takes a round trip, and the way of the first octets`, async () => {
    const relay = boundPort(await farFrom(port), 0)
    for (const maxVersion of [undefined, 'TLSv1.2'] as const) {
      const { rttMs, socket } = await measured(relay, maxVersion && { maxVersion })
      // The relay's own connection is accepted at once, so here the ClientHello is late by one way.
      assert.ok(rttMs >= 3 * wayMs - 1 && rttMs < 3 * wayMs + 1000, `${maxVersion ?? 'TLSv1.3'}: ${rttMs} ms`)
      socket.destroy()
    }
  })
}

test('who never finishes is not told of', async () => {
  const before = seen.length
  const socket = createConnection({ host: address, port: dot.port })
  await once(socket, 'connect')
  socket.write('nonsense\r\n\r\n')
  await once(socket, 'close', { signal: AbortSignal.timeout(5000) })
  assert.equal(seen.length, before)
})
