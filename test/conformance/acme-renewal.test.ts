// Renewal and interruption at a real authority (pebble, which validates every order anew) behind a proxy that speaks
// renewalInfo and can end the client between two requests.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { delay } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { Desk, type Paper } from '../../edge/acme/desk.ts'
import { openTalk } from '../../edge/acme/io/talk.ts'
import { thumbprint } from '../../edge/acme/jws.ts'
import { orderCertificate } from '../../edge/acme/order.ts'
import { readIssued, requestFor } from '../../edge/acme/papers.ts'
import { proposalFrom } from '../../edge/acme/renewal.ts'
import { createSession } from '../../edge/acme/session.ts'
import { projectRoot } from '../e2e/devnet.ts'
import { toolsMissing } from '../e2e/tools.ts'
import { type Info, orderPath, startProxy } from './acme-proxy.ts'
import { type Pebble, startPebble } from './pebble.ts'

const missing = toolsMissing({ pebble: 'pebble', openssl: 'openssl', curl: 'curl' })
const validityS = 9000
const child = join(projectRoot, 'test', 'conformance', 'ordering.ts')

describe('renewal and interruption', missing ? { skip: missing } : {}, () => {
  const stack = new AsyncDisposableStack()
  let pebble: Pebble
  let directoryUrl: string
  let folder: string
  let renewalInfo: (certId: string) => Info
  let onRequest: Parameters<typeof startProxy>[0]['onRequest']
  let orders: Readonly<Record<string, unknown>>[]
  const accountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-acme-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    pebble = await startPebble({ badNonces: 0, validityS }, stack)
    const port = await startProxy(
      {
        ...{ port: 0, pebblePort: Number(new URL(pebble.directoryUrl).port), ...pebble.own },
        renewalInfo: certId => renewalInfo(certId),
        onRequest(path, payload) {
          if (path === orderPath) orders.push(payload)
          onRequest(path, payload)
        },
      },
      stack,
    )
    directoryUrl = `https://127.0.0.1:${port}/dir`
  })
  after(() => stack.disposeAsync())

  /** A desk whose calendar can be moved on, that orders by HTTP-01. */
  async function openDesk(host: string, own: AsyncDisposableStack) {
    let aheadMs = 0
    let shown = 0
    let answer = ''
    const web = createServer((_request, response) => response.end(answer)).listen(
      pebble.httpPort,
      '127.0.0.1',
    )
    await once(web, 'listening')
    own.defer(async () => {
      web.closeAllConnections()
      await new Promise(resolve => web.close(resolve))
    })
    const talk = openTalk({ authorities: pebble.authorities })
    own.defer(async () => talk.close())
    const session = createSession({ directoryUrl, accountKey, ask: talk.ask, contact: [], now: Date.now })
    const failures: Error[] = []
    const desk = new Desk({
      ...{
        mayServe: name => name === host,
        now: () => Date.now() + aheadMs,
        date: () => Date.now() + aheadMs,
      },
      async obtain(_host, old, begin): Promise<Paper> {
        begin()
        const { csr, key } = await requestFor([host])
        const chain = await orderCertificate(session, {
          ...{ names: [host], csr, thumbprint: thumbprint(accountKey), types: ['http-01'] as const },
          prepare: async ({ keyAuthorization }) => {
            shown++
            answer = keyAuthorization
            return () => {}
          },
          ...(old?.certId && { replaces: old.certId }),
          ...{ now: Date.now, pause: delay, totalMs: 20_000, onPlaced: async () => {} },
        })
        return { host, chain, key, ...readIssued(chain) }
      },
      proposalFor: ({ certId }) => proposalFrom(session, certId, Date.now),
      ...{ challenge: () => undefined, keep: async () => {}, forget: async () => {} },
      after: (ms, action) => {
        const timer = AbortSignal.timeout(ms)
        timer.addEventListener('abort', action)
        return () => timer.removeEventListener('abort', action)
      },
      ...{ random: seededRandom(1), meter: createMeter(), ordersPerHourMax: 100, waitMs: 20_000 },
      onFailed: (_host, error) => failures.push(error),
    })
    /** `share` of the life after it began; what comes of a turn then is waited for. */
    const at = async (paper: Paper, share: number): Promise<Paper> => {
      aheadMs = paper.notBefore + share * (paper.notAfter - paper.notBefore) - Date.now()
      desk.turn()
      await idle(desk)
      assert.deepEqual(failures, [])
      return (await desk.find(host)) as Paper
    }
    return { desk, at, shown: () => shown, first: async () => (await desk.find(host)) as Paper }
  }
  /** Until no order is under way, nor a look at the authority. */
  const idle = async (desk: Desk): Promise<void> => {
    while (desk.counts().busy > 0) await delay(5)
  }

  test('an authority that must revoke is heard; a renewal names what it replaces and is validated anew', async () => {
    await using own = new AsyncDisposableStack()
    orders = []
    onRequest = () => {}
    let revoked = ''
    const later = new Date(Date.now() + 0.7 * validityS * 1000).toISOString()
    renewalInfo = certId => {
      const start = certId === revoked ? new Date().toISOString() : later
      return { ...windowed(start, start), headers: { 'retry-after': '60' } }
    }
    const { at, shown, first } = await openDesk('revoked.example.test', own)
    const old = await first()
    assert.equal(await at(old, 0.3), old, 'nothing is due')
    revoked = old.certId!
    assert.equal(await at(old, 0.31), old, 'now it is told')
    const renewed = await at(old, 0.311)
    assert.notEqual(renewed.certId, old.certId)
    assert.equal(shown(), 2, 'each order had a challenge of its own')
    assert.deepEqual(
      orders.map(({ replaces }) => replaces),
      [undefined, old.certId],
    )
  })

  const hostile: [what: string, info: Info][] = [
    ['the year 9999', windowed('9999-01-01T00:00:00Z', '9999-12-31T00:00:00Z')],
    ['an end before its start', windowed('2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z')],
    ['objects for instants', { status: 200, body: '{"suggestedWindow":{"start":{"toString":1},"end":[]}}' }],
    ['a body of 4 MiB', { status: 200, body: `{"x":"${'x'.repeat(4 << 20)}"}` }],
    ['an error for ever', { status: 503, headers: { 'retry-after': '99999999' }, body: '' }],
    ['HTML', { status: 200, body: '<html>' }],
  ]
  for (const [i, [what, info]] of hostile.entries()) {
    test(`an authority that proposes ${what} changes nothing but the time`, async () => {
      await using own = new AsyncDisposableStack()
      orders = []
      onRequest = () => {}
      renewalInfo = () => info
      const { at, first } = await openDesk(`hostile${i}.example.test`, own)
      const old = await first()
      assert.equal(await at(old, 0.6), old, 'it is too early')
      assert.notEqual((await at(old, 0.96)).certId, old.certId)
      assert.equal(orders.length, 2)
    })
  }

  test('one that wants all renewed at once, for ever, gets an order in a fiftieth of a life', async () => {
    await using own = new AsyncDisposableStack()
    orders = []
    onRequest = () => {}
    renewalInfo = () => windowed('2000-01-01T00:00:00Z', '2000-01-01T00:00:00Z')
    const { at, first } = await openDesk('again.example.test', own)
    const old = await first()
    for (const share of [0.005, 0.01, 0.015]) assert.equal(await at(old, share), old)
    assert.notEqual(await at(old, 0.021), old)
    assert.equal(orders.length, 2)
  })

  /** Runs the process that orders until it ends, or until the request `endsAt`, where it is killed. */
  async function runOrder(place: string, host: string, endsAt?: RegExp, endCode = 0): Promise<string> {
    const trust = pebble.own.certificateFile
    const words = [child, place, directoryUrl, trust, `${pebble.httpPort}`, host]
    const running = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] })
    onRequest = path => {
      if (endsAt?.test(path)) running.kill('SIGKILL')
    }
    let printed = ''
    running.stdout.on('data', chunk => (printed += chunk))
    const [code, signal] = await once(running, 'close')
    assert.deepEqual([code, signal], endsAt === undefined ? [endCode, null] : [null, 'SIGKILL'])
    return printed
  }

  async function openPlace(name: string): Promise<string> {
    orders = []
    const place = join(folder, `place-${name}`)
    await mkdir(place)
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(join(place, 'account.pem'), accountKey.export({ type: 'sec1', format: 'pem' }))
    await writeFile(join(place, 'identity.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return place
  }

  const stages: [when: string, endsAt: RegExp, ordersInAll: number][] = [
    ['its order arrived', /^\/order-plz/, 2],
    ['its request was handed in', /^\/finalize-order\//, 1],
    ['its certificate was asked for', /^\/certZ\//, 1],
  ]
  for (const [i, [when, endsAt, ordersInAll]] of stages.entries()) {
    const places = ordersInAll === 1 ? 'no order' : 'another order, and counts'
    test(`killed when ${when}, the next run places ${places}`, async () => {
      const place = await openPlace(`${i}`)
      const host = `killed${i}.example.test`
      assert.deepEqual(JSON.parse(await runOrder(place, host, endsAt)), [])
      const sealed = await readFile(join(place, 'orders', `${host}.sealed`))
      assert.ok(!sealed.includes('PRIVATE KEY'), 'nothing lies in the clear')
      const [begun, ...chain] = (await runOrder(place, host)).split('\n')
      const [attempt] = JSON.parse(begun!)
      assert.deepEqual([attempt.host, attempt.tries, attempt.isPlaced], [host, 1, ordersInAll === 1])
      assert.deepEqual(readIssued(chain.join('\n')).names, [host])
      assert.equal(orders.length, ordersInAll)
    })
  }

  test('killed when its challenge was announced, nobody shows it: the order is given up, and counted', async () => {
    const place = await openPlace('announced')
    const host = 'announced.example.test'
    await runOrder(place, host, /^\/chalZ\//)
    const [placed] = JSON.parse((await runOrder(place, host, undefined, 1)).split('\n')[0]!)
    assert.deepEqual([placed.tries, placed.isPlaced], [1, true])
    const [refused] = JSON.parse((await runOrder(place, host)).split('\n')[0]!)
    assert.deepEqual([refused.tries, refused.isPlaced], [1, false])
    const [stored] = JSON.parse((await runOrder(place, host)).split('\n')[0]!)
    assert.equal(stored.tries, 0, 'what was stored counts for the hour alone')
    assert.equal(orders.length, 3)
  })
})

function windowed(start: string, end: string): Info {
  return { status: 200, body: JSON.stringify({ suggestedWindow: { start, end } }) }
}
