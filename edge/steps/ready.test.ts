import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { collect } from '../body.ts'
import { type Answer, bytesResponse, type Field, type Ingress, type IngressResponse } from '../message.ts'
import { createWorld, request, type Said } from '../transcripts/world.ts'
import { ready } from './ready.ts'

const host: Field = ['Host', 'welcome.inxt']
const secondMs = 1000

async function bytesOf({ body = new Uint8Array(0) }: IngressResponse): Promise<Uint8Array> {
  return body instanceof Uint8Array ? body : collect(body, 1_000_000)
}

/** The answer as it would go over the wire. */
async function sent(answer: Answer): Promise<unknown> {
  const response = await answer
  const { status, fields, sizeBytes } = response
  return { status, fields, sizeBytes, body: Buffer.from(await bytesOf(response)).toString('latin1') }
}

const rows: [about: string, said: Said, isReady: boolean][] = [
  ['a file', { target: '/letters.txt' }, true],
  ['an index', { target: '/' }, true],
  ['with TLS', { target: '/letters.txt', secure: true }, true],
  ['with a query', { target: '/letters.txt?x=1' }, true],
  ['its head', { method: 'HEAD', target: '/letters.txt' }, true],
  ['an empty file', { target: '/empty.txt' }, true],
  ['by a bound domain', { target: '/letters.txt', fields: [['Host', 'www.example.org:80']] }, true],
  [
    'what the client has',
    { target: '/letters.txt', fields: [host, ['If-None-Match', '"cid-letters"']] },
    true,
  ],
  ['what it has not', { target: '/letters.txt', fields: [host, ['If-None-Match', 'W/"other"']] }, true],
  ['compressed', { target: '/long.txt', fields: [host, ['Accept-Encoding', 'br, gzip']] }, true],
  ['never worth compressing', { target: '/photo.jpg', fields: [host, ['Accept-Encoding', 'br']] }, true],
  ['not compressed yet', { target: '/unasked.txt', fields: [host, ['Accept-Encoding', 'zstd']] }, false],
  [
    'one of several tags',
    { target: '/letters.txt', fields: [host, ['If-None-Match', '"a", "cid-letters"']] },
    false,
  ],
  ['any tag', { target: '/letters.txt', fields: [host, ['If-None-Match', '*']] }, false],
  ['a range', { target: '/letters.txt', fields: [host, ['Range', 'bytes=1-3']] }, false],
  ['on a condition', { target: '/letters.txt', fields: [host, ['If-Match', '"cid-letters"']] }, false],
  ['long in asking', { target: `/letters.txt?${'x'.repeat(1000)}` }, false],
  ['two hosts', { target: '/letters.txt', fields: [host, host] }, false],
  ['no host', { target: '/letters.txt', fields: [] }, false],
  ['missing', { target: '/nowhere' }, false],
  ['a redirect', { target: '/how' }, false],
  ['another method', { method: 'OPTIONS', target: '/letters.txt' }, false],
  ['absolute form', { target: 'http://welcome.inxt/letters.txt', fields: [host] }, false],
  ['the edge itself', { target: '/inxt/status', fields: [['Host', '127.0.0.1']] }, false],
  ['nobody', { target: '/', fields: [['Host', 'nobody.inxt']] }, false],
]

/** The list's word for a request that was asked before, and what the next one in that second hears. */
async function both(ingress: Ingress, said: Said): Promise<readonly [list: Answer, next: Answer]> {
  const asked = request(said)
  // Twice, a second apart: what is read to its end is in memory the next time. As it is: a form that is made behind
  // the reader's back may be there at any moment.
  const plain = request({
    ...said,
    fields: said.fields?.filter(([name]) => name !== 'Accept-Encoding') ?? [host],
  })
  for (const agoMs of [3 * secondMs, 2 * secondMs])
    await sent(ingress({ ...plain, receivedAt: asked.receivedAt - agoMs }))
  return [ingress(asked), ingress(asked)]
}

test('a ready-made answer is what the list would have said', async () => {
  const ingress = createWorld()
  for (const [about, said, isReady] of rows) {
    const [list, next] = await both(ingress, said)
    assert.equal((await list).isReady, undefined, about)
    assert.equal((await next).isReady ?? false, isReady, about)
    assert.deepEqual(await sent(next), await sent(list), about)
  }
})

test('whatever was asked before, an answer is what the list would have said', async () => {
  const [name, value, target] = [
    ['Host', 'If-None-Match', 'Accept-Encoding', 'Range', 'If-Range', 'Accept', 'If-Match', 'Cookie'],
    ['welcome.inxt', 'WELCOME.inxt.', 'ruled.inxt', '"cid-letters"', '*', 'br', 'gzip;q=0', 'bytes=0-1', ''],
    ['/', '/letters.txt', '/letters.txt?', '/long.txt', '/a%20b/%C3%BC.txt', '/photo.jpg', '//', '/old'],
  ].map(all => fc.constantFrom(...all)) as [fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>]
  const said = fc.record({
    method: fc.constantFrom('GET', 'HEAD'),
    target,
    secure: fc.boolean(),
    fields: fc.array(fc.tuple(name, value), { maxLength: 3 }).map(more => [host, ...more]),
  })
  const undated = async (answer: Answer): Promise<unknown> => {
    const response = await answer
    return sent({ ...response, fields: response.fields.filter(([name]) => name !== 'Date') })
  }
  const ingress = createWorld()
  let now = request().receivedAt
  const property = fc.asyncProperty(fc.array(said, { minLength: 2, maxLength: 12 }), async all => {
    const list: unknown[] = []
    // A second for each, so that none is ready; the first round is there to have in memory what is read.
    for (const round of [0, 1]) {
      for (const [i, one] of all.entries()) {
        now += secondMs
        const answer = await undated(ingress({ ...request(one), receivedAt: now }))
        if (round === 1) list[i] = answer
      }
    }
    now += secondMs
    for (const [i, one] of [...all, ...all].entries())
      assert.deepEqual(await undated(ingress({ ...request(one), receivedAt: now })), list[i % all.length])
  })
  await fc.assert(property, { numRuns: 100, seed: 1 })
})

test('no host is written so that it reads as the word for TLS', async () => {
  const ingress = createWorld()
  await both(ingress, { target: '/letters.txt', secure: true })
  for (const before of ['secure', 'https']) {
    const odd = request({ target: '/letters.txt', fields: [['Host', `${before} welcome.inxt`]] })
    assert.equal((await ingress(odd)).status, 400)
  }
})

interface Shown {
  root: string
  sequence: number
}

function rig(site: Shown, make: () => Answer) {
  let asked = 0
  const step = ready({ find: label => (label === 'a' ? { ...site } : 'unknown') }, ['inxt'])
  const ask = (target = '/', receivedAt = 0): Answer =>
    step({ request: { ...request({ target, fields: [['Host', 'a.inxt']] }), receivedAt } }, () => {
      asked++
      return make()
    })
  return { ask, asked: () => asked }
}

test('it is forgotten when the site or the second changes', () => {
  const site = { root: 'r1', sequence: 1 }
  const { ask, asked } = rig(site, () => bytesResponse(200, [], new Uint8Array(3)))
  for (const [change, listsWords] of [
    [() => {}, 1],
    [() => {}, 1],
    [() => (site.root = 'r2'), 2],
    [() => (site.sequence = 2), 3],
    [() => {}, 3],
  ] as const) {
    change()
    ask()
    assert.equal(asked(), listsWords)
  }
  ask('/', 999)
  assert.equal(asked(), 3)
  ask('/', 1000)
  assert.equal(asked(), 4)
})

test('what had to be waited for, is large or cannot be sent is asked of the list again', () => {
  const field = (value: string): Field[] => [['X', value]]
  for (const make of [
    () => Promise.resolve(bytesResponse(200, [], new Uint8Array(3))),
    () => bytesResponse(200, [], new Uint8Array(33 * 1024)),
    () => bytesResponse(200, field('a\r\nb'), new Uint8Array(3)),
    () => ({ ...bytesResponse(200, [], new Uint8Array(3)), sizeBytes: 4 }),
    () => bytesResponse(404, [], new Uint8Array(3)),
  ]) {
    const { ask, asked } = rig({ root: 'r', sequence: 1 }, make)
    ask()
    ask()
    assert.equal(asked(), 2)
  }
})

test('a second holds on to so many answers and so much of them', () => {
  for (const [bytes, value, max] of [
    [0, '', 1000],
    [32 * 1024, '', 255],
    [0, 'x'.repeat(16 * 1024), 255],
  ] as const) {
    const body = new Uint8Array(bytes)
    const { ask, asked } = rig({ root: 'r', sequence: 1 }, () => bytesResponse(200, [['X', value]], body))
    const paths = Array.from({ length: 1200 }, (_, i) => `/${i}`)
    for (const path of paths) ask(path)
    for (const path of paths) ask(path)
    assert.equal(asked(), 1200 + 1200 - max)
  }
})
