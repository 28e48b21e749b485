import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { collect } from './body.ts'
import type { Field } from './message.ts'
import { createWorld, request } from './transcripts/world.ts'

const name = fc.constantFrom(
  ...[
    'Host',
    'Range',
    'If-None-Match',
    'If-Match',
    'If-Range',
    'Accept',
    'Origin',
    'Content-Length',
    'Accept-Encoding',
  ],
)
const value = fc.oneof(
  fc.constantFrom(
    'welcome.inxt',
    '127.0.0.1',
    'bytes=0-3,5-',
    '*',
    '"cid-letters"',
    'nobody.inxt',
    '-1',
    'NaN',
    'gzip, br;q=0.5',
    'identity;q=0',
  ),
  fc.string({ maxLength: 20 }),
)
const target = fc.oneof(
  fc.constantFrom(
    '/',
    '/letters.txt',
    '/long.txt',
    '/posts/a/b',
    '/elsewhere/a?b',
    '/app//x',
    '/how',
    '/inxt/status',
    '/inxt/uploads/missing',
    '/ipfs/x?format=raw',
    '*',
  ),
  fc.string({ maxLength: 20 }).map(text => `/${text}`),
)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'constructor')

test('whatever comes in, one well-formed answer comes out', async () => {
  const ingress = createWorld()
  const hosts = fc.constantFrom<Field>(
    ['Host', 'welcome.inxt'],
    ['Host', 'ruled.inxt'],
    ['Host', '127.0.0.1'],
  )
  const fields = fc
    .tuple(hosts, fc.array(fc.tuple(name, value), { maxLength: 4 }))
    .map(([host, rest]) => [host, ...rest])
  await fc.assert(
    fc.asyncProperty(method, target, fields, async (method, target, fields) => {
      const { status, body, sizeBytes, fields: out } = await ingress(request({ method, target, fields }))
      assert.ok(status >= 200 && status < 505 && status !== 500, `${status}`)
      for (const [key, text] of out) assert.match(`${key}: ${text}`, /^[!-9;-~]+: [\t\x20-\x7e]*$/)
      assert.equal(new Set(out.map(([key]) => key.toLowerCase())).size, out.length, 'no field twice')
      if (body === undefined) return
      const bytes = body instanceof Uint8Array ? body : await collect(body, 100_000)
      assert.equal(bytes.length, sizeBytes)
    }),
    { numRuns: 1500, seed: 1 },
  )
})
