// A site's rules lead to origins: what these hear, what clients get, and what two sites see of each other.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { createMeter } from '../base/meter.ts'
import { collect } from './body.ts'
import { createStores } from './cache/stores.ts'
import { createIngress } from './ingress.ts'
import { type Field, fieldValue, type Ingress, type IngressRequest } from './message.ts'
import type { Origin, OriginRequest } from './origin.ts'
import { createPull, type OriginsOptions, pullByName } from './origins.ts'
import type { Content } from './questions.ts'

const byHash = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

const rulesOf: Readonly<Record<string, string>> = {
  one: '/api/* https://api.example/v1/:splat 200\n/moved /about\n/* http://pages.example/:splat 200',
  two: '/api/* https://api.example/v1/:splat 200',
  [byHash]: '/* https://api.example/:splat 200!',
  private: '/* https://private.example/:splat 200!',
}

/** Every site has an index.html and an about.html beside its rules; a root is a label with a version. */
const content: Content = {
  async resolve(root, path) {
    const text = textOf(`${root}:${path}`)
    return text === undefined
      ? { kind: 'missing' }
      : { kind: 'file', cid: `${root}:${path}`, sizeBytes: text.length }
  },
  async *read(_root, cid, { start, end }) {
    yield utf8(textOf(cid)!).subarray(start, end)
  },
  block: async () => undefined,
}

function textOf(cid: string): string | undefined {
  const [root, path] = cid.split(':')
  if (path === '_redirects') return rulesOf[root!.split('.')[0]!]
  return path === 'index.html' || path === 'about.html' ? `file ${path}` : undefined
}

interface Bench {
  readonly asked: (OriginRequest & { origin: string })[]
  readonly ingress: Ingress
  readonly versions: Record<string, number>
  /** Ends every answer that is held open. */
  readonly end: () => void
  ask(
    url: string,
    more?: Partial<IngressRequest>,
  ): Promise<{ status: number; text: string; fields: readonly Field[] }>
}

function bench(options: Partial<OriginsOptions> & { fields?: readonly Field[]; held?: boolean } = {}): Bench {
  const { fields = [['Cache-Control', 'max-age=60']], held = false, ...more } = options
  const asked: (OriginRequest & { origin: string })[] = []
  const ends: (() => void)[] = []
  const versions: Record<string, number> = {}
  const open = (origin: string): Origin => ({
    name: origin,
    async ask(request) {
      asked.push({ ...request, origin })
      const ended = held ? new Promise<void>(resolve => ends.push(resolve)) : Promise.resolve()
      const text = utf8(`${origin}${request.path} ${asked.length}`)
      const body = (async function* () {
        yield text
      })()
      return { status: 200, fields, body, trailers: () => [], ended }
    },
  })
  const meter = createMeter()
  const now = (): number => Date.UTC(2026, 10, 22)
  const pull = createPull({
    ...{ name: 'inxt', meter, now, open, restMs: 0, restMaxMs: 0, staleOnErrorMs: 60_000 },
    ...{ storeOf: createStores(1 << 20), bodyBytesMax: 1 << 16, arrivingBytesMax: 1 << 18 },
    heuristic: { share: 0, lifetimeMaxMs: 0 },
    requestsPerSiteMax: 2,
    refuses: origin => (origin === 'https://private.example' ? 'nobody may' : undefined),
    onBug: error => assert.fail(String(error)),
    ...more,
  })
  const ingress = createIngress({
    ...{ suffixes: ['inxt'], ownHosts: [], content, routes: {}, meter, pull, edgeName: 'this', hstsS: 9 },
    sites: {
      find: label =>
        label in rulesOf ? { root: `${label}.${versions[label] ?? 1}`, sequence: 1 } : 'unknown',
      bound: host => (host === 'one.example' ? 'one' : undefined),
    },
    gateway: { isServed: () => true },
  })
  const ask: Bench['ask'] = async (url, more = {}) => {
    const { host, pathname, search } = new URL(url)
    const answer = await ingress({
      ...{
        method: 'GET',
        target: `${pathname}${search}`,
        version: '1.1',
        secure: false,
        client: '192.0.2.1',
      },
      ...{ body: (async function* () {})(), receivedAt: now(), signal: new AbortController().signal },
      ...more,
      fields: [['Host', host], ...(more.fields ?? [])],
    })
    const { status, body } = answer
    const bytes = body === undefined || body instanceof Uint8Array ? body : await collect(body, 1e6)
    return { status, text: Buffer.from(bytes ?? []).toString(), fields: answer.fields }
  }
  const end = (): void => {
    for (const one of ends.splice(0)) one()
  }
  return { asked, ingress, versions, ask, end }
}

const how = ({ fields }: { fields: readonly Field[] }): string | undefined =>
  fieldValue(fields, 'cache-status')

test('a file goes before the rule, the rule before what is missing', async () => {
  const { ask } = bench()
  const rows = [
    ['http://one.inxt/about', 'file about.html'],
    ['http://one.inxt/api/a?b', 'https://api.example/v1/a?b 1'],
    ['http://one.inxt/x/', 'http://pages.example/x/ 2'],
    ['http://two.inxt/', 'file index.html'],
  ] as const
  for (const [url, text] of rows) assert.equal((await ask(url)).text, text)
  assert.equal((await ask('http://two.inxt/x')).status, 404)
})

test('what the origin hears, and what it says, are its own', async () => {
  const { ask, asked } = bench({
    fields: [
      ['Set-Cookie', 'a=b; Domain=inxt; Path=/'],
      ['Alt-Svc', 'h3=":443"'],
      ['X-Inxt-Edge', 'another'],
      ['Via', '1.1 theirs'],
      ['Cache-Control', 'no-store'],
    ],
  })
  const { fields } = await ask('http://one.inxt:8080/api/', { fields: [['X-Forwarded-Host', 'forged']] })
  const heard = asked[0]!.fields.filter(([name]) => /^(host|x-forwarded-host|via)$/i.test(name))
  assert.deepEqual(heard, [
    ['X-Forwarded-Host', 'one.inxt:8080'],
    ['Via', '1.1 inxt'],
  ])
  const value = (name: string) => fieldValue(fields, name)
  assert.deepEqual([value('set-cookie'), value('alt-svc')], ['a=b; Path=/', undefined])
  assert.deepEqual([value('x-inxt-edge'), value('via')], ['this', '1.1 theirs, 1.1 this'])
  for (const own of ['x-content-type-options', 'strict-transport-security', 'x-ipfs-path'])
    assert.equal(value(own), undefined)
})

test('copies are of one site, one name of it, one origin; not of a version', async () => {
  const { ask, asked, versions } = bench()
  await ask('http://one.inxt/api/a')
  assert.match(how(await ask('http://one.inxt/api/a'))!, /^inxt; hit/)
  versions['one'] = 2
  assert.match(how(await ask('http://one.inxt/api/a'))!, /^inxt; hit/)
  for (const url of ['http://two.inxt/api/a', 'http://one.example/api/a', 'http://one.inxt:81/api/a'])
    assert.match(how(await ask(url))!, /fwd=uri-miss/, url)
  assert.match(how(await ask('http://one.inxt/api/a', { secure: true }))!, /fwd=uri-miss/)
  assert.equal(asked.length, 5)
})

test('what no file can take goes to the origin, and makes its copies worthless', async () => {
  const { ask, asked } = bench()
  await ask('http://one.inxt/api/a')
  assert.equal((await ask('http://one.inxt/api/a', { method: 'POST' })).status, 200)
  assert.match(how(await ask('http://one.inxt/api/a'))!, /fwd=uri-miss/)
  assert.equal((await ask('http://one.inxt/about', { method: 'PUT' })).status, 200)
  assert.equal((await ask('http://one.inxt/api/a', { method: 'OPTIONS' })).status, 200)
  assert.equal(asked.length, 5)
  const kept: [string, Partial<IngressRequest>, number][] = [
    ['http://one.inxt/api/a', { method: 'OPTIONS', fields: [['Max-Forwards', '0']] }, 204],
    ['http://one.inxt/moved', { method: 'POST' }, 405],
    ['http://two.inxt/about', { method: 'POST' }, 405],
    ['http://two.inxt/api/', { method: 'TRACE' }, 405],
  ]
  for (const [url, more, status] of kept) assert.equal((await ask(url, more)).status, status, url)
  assert.equal(asked.length, 5)
})

test('where nobody is asked: refused origins, sites by their hash, edges that ask none, circles', async () => {
  const { ask, asked } = bench()
  assert.match((await ask('http://private.inxt/')).text, /nobody may/)
  const loops: Field[] = Array.from({ length: 4 }, () => ['CDN-Loop', 'inxt'])
  assert.equal((await ask('http://one.inxt/api/a', { fields: loops })).status, 508)
  assert.equal(asked.length, 0)
  assert.match((await ask(`http://${byHash}.ipfs.inxt/`)).text, /asked for by its hash/)
  const none = await pullByName(undefined, () => false)(
    { request: {} as IngressRequest },
    {
      ...{ kind: 'origin', origin: 'https://api.example', path: '/' },
    },
  )
  assert.equal(none.status, 502)
  assert.equal(asked.length, 0)
  assert.equal((await ask('http://one.inxt/api/a')).status, 200)
})

test('a site has so many requests under way, and hears so at once when it wants more', async () => {
  const { ask, end } = bench({ held: true, fields: [['Cache-Control', 'no-store']] })
  for (const path of ['a', 'b']) assert.equal((await ask(`http://one.inxt/api/${path}`)).status, 200)
  const { status, text } = await ask('http://one.inxt/api/c')
  assert.equal(status, 503)
  assert.match(text, /2 requests of this site are under way/)
  assert.equal((await ask('http://two.inxt/api/c')).status, 200)
  end()
  await Promise.resolve()
  assert.equal((await ask('http://one.inxt/api/c')).status, 200)
})

test('what arrives for all sites and origins has one bound', async () => {
  const end = Promise.withResolvers<void>()
  let count = 0
  const open = (name: string): Origin => ({
    name,
    async ask() {
      count++
      const body = (async function* () {
        yield utf8('x'.repeat(60))
        await end.promise
      })()
      return {
        ...{ status: 200, body, trailers: () => [], ended: end.promise },
        fields: [
          ['Cache-Control', 'max-age=60'],
          ['Content-Length', '60'],
        ],
      }
    },
  })
  const { ask } = bench({ open, arrivingBytesMax: 100, requestsPerSiteMax: 9 })
  const all = ['http://one.inxt/api/a', 'http://one.inxt/x/', 'http://two.inxt/api/a']
  const answers = Promise.all(all.map(url => ask(url)))
  await new Promise(resolve => setImmediate(resolve))
  end.resolve()
  await answers
  assert.equal(count, 3)
  const kept = []
  for (const url of all) kept.push(/hit/.test(how(await ask(url)) ?? ''))
  assert.deepEqual([kept, count], [[true, false, false], 5])
})
