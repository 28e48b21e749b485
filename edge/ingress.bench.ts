// What the chain costs for a hot request, without sockets: µs of processor time in the best of five turns, kB of heap.
//
//   npm run bench -- ingress
//
// Content in memory; 20,000 requests a turn, all kinds warmed up first, each in a second of its own; only the last kind
// is asked for within one second, and is ready-made. Bodies are not read, which is the rim's and the store's to pay
// for. Times depend on the machine, so no build fails on them.

import { delay, realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { createIngress } from './ingress.ts'
import type { Field, IngressRequest, IngressResponse } from './message.ts'
import type { Content } from './questions.ts'
import { createVariantMemory, createVariants } from './site/variants.ts'

const text = new TextEncoder().encode('All the world is a stage. '.repeat(400))
const redirects = [
  ...Array.from({ length: 2000 }, (_, i) => `/fixed/${i} /to/${i} 301`),
  ...Array.from({ length: 100 }, (_, i) => `/moving/${i}/:a/* /to/:a/:splat 301`),
].join('\n')
const headers = Array.from({ length: 50 }, (_, i) => `/part/${i}/*\n  X-Part: ${i}`).join('\n')
const ruled: Record<string, Uint8Array> = {
  _redirects: new TextEncoder().encode(redirects),
  _headers: new TextEncoder().encode(headers),
}
const paths = new Set(['page.html', 'part/7/page.html', 'assets/app.3f9a1c2b.js'])

const content: Content = {
  async resolve(root, path) {
    const rules = root === 'ruled' ? ruled[path] : undefined
    if (rules !== undefined) return { kind: 'file', cid: path, sizeBytes: rules.length }
    return paths.has(path) ? { kind: 'file', cid: path, sizeBytes: text.length } : { kind: 'missing' }
  },
  async *read(_root, cid, { start, end }) {
    yield (ruled[cid] ?? text).subarray(start, end)
  },
  block: async () => undefined,
}

const meter = createMeter()
const ingress = createIngress({
  suffixes: ['inxt'],
  ownHosts: ['127.0.0.1'],
  sites: { find: label => ({ root: label, sequence: 1 }) },
  content,
  routes: {},
  meter,
  edgeName: 'edge-1',
  variants: createVariants({
    store: createVariantMemory(1 << 24),
    clock: realClock,
    share: 1,
    meter,
    onBug: console.error,
  }),
})

const usual: Field[] = [
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
]
const compressed: Field = ['Accept-Encoding', 'gzip, deflate, br, zstd']
const { signal } = new AbortController()
async function* nothing(): AsyncGenerator<Uint8Array> {}

let second = 0

function ask(site: string, target: string, fields: readonly Field[] = []): IngressRequest {
  const about = { version: '1.1', secure: false, client: '127.0.0.1', signal } as const
  return {
    method: 'GET',
    target,
    fields: [['Host', `${site}.inxt`], ...usual, ...fields],
    body: nothing(),
    ...about,
    get receivedAt() {
      return second * 1000
    },
  }
}

const sameSecond = 'a file, ready-made'

const kinds: [name: string, request: IngressRequest, status: number][] = [
  ['a file', ask('plain', '/page.html'), 200],
  ['without its ending', ask('plain', '/page'), 200],
  ['compressed', ask('plain', '/page.html', [compressed]), 200],
  ['not modified', ask('plain', '/page.html', [['If-None-Match', '"page.html"']]), 304],
  ['a range', ask('plain', '/page.html', [['Range', 'bytes=0-99']]), 206],
  ['missing', ask('plain', '/nowhere'), 404],
  ['a file beside 2,100 rules', ask('ruled', '/page.html'), 200],
  ['with fields by rule', ask('ruled', '/part/7/page.html'), 200],
  ['redirected by a fixed rule', ask('ruled', '/fixed/1999'), 301],
  ['redirected by the last rule', ask('ruled', '/moving/99/a/b/c'), 301],
  ['missing beside 2,100 rules', ask('ruled', '/nowhere'), 404],
  [sameSecond, ask('plain', '/page.html'), 200],
]

const rounds = 20_000

async function turn(name: string, request: IngressRequest, status: number): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < rounds; i++) {
    if (name !== sameSecond) second++
    const answer = await ingress(request)
    if (answer.status !== status) throw new Error(`${answer.status}, not ${status}, for ${request.target}`)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / rounds
}

/** Few enough that the young generation holds them. */
async function bytesPerRequest(name: string, request: IngressRequest): Promise<number> {
  const count = 200
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < count; i++) {
    if (name !== sameSecond) second++
    await ingress(request)
  }
  return (process.memoryUsage().heapUsed - before) / count
}

/** Small files are kept once they were read to their end. */
async function read({ body }: IngressResponse): Promise<void> {
  if (body !== undefined && !(body instanceof Uint8Array)) for await (const _ of body);
}

await ingress(kinds[2]![1])
while (meter.read()['variants.made'] === undefined) await delay(20)

for (const [name, request, status] of kinds) {
  await read(await ingress(request))
  await turn(name, request, status)
}
console.log(`${'µs'.padStart(8)}${'kB'.padStart(8)}`)
for (const [name, request, status] of kinds) {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) best = Math.min(best, await turn(name, request, status))
  const kilobytes = (await bytesPerRequest(name, request)) / 1000
  console.log(`${best.toFixed(1).padStart(8)}${kilobytes.toFixed(1).padStart(8)}  ${name}`)
}
