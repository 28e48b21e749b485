import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMeter } from '../../base/meter.ts'
import { createIngress } from '../ingress.ts'
import { fieldLines } from '../message.ts'
import { content, request, routes, sites } from '../transcripts/world.ts'
import { wantedOf } from './wanted.ts'

const words = [
  ...[
    'application/vnd.ipld.car',
    'application/vnd.ipld.raw',
    'text/html',
    '*/*',
    ';',
    ',',
    '=',
    '"',
    ' ',
    'q',
    '0.5',
  ],
  ...[
    'version',
    'order',
    'dups',
    'dfs',
    'y',
    '1',
    'format',
    'car',
    'raw',
    'dag-scope',
    'entity-bytes',
    ':',
    '-9',
    '&',
  ],
  ...['%00', '%ff', 'ü', '\u2028', 'uri=', 'ipfs://', 'bafkqaaa', '\\', '..', '/'],
]
const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 20 })
const joined = text.map(parts => parts.join(''))

test('no query and no Accept field makes the choice throw, and what is chosen is whole', () => {
  const property = fc.property(joined, joined, (query, accept) => {
    const wanted = wantedOf([['Accept', accept]], `?${query}`)
    if (wanted.form !== 'car') return
    const { scope, bytes } = wanted.shape
    assert.ok(['block', 'entity', 'all'].includes(scope))
    if (bytes !== undefined)
      assert.ok(scope === 'entity' && Number.isSafeInteger(bytes.first + (bytes.last ?? 0)))
  })
  fc.assert(property, { numRuns: 2000, seed: 1 })
})

test('no address leads out of here, and no answer is a bug', async () => {
  const gateway = { isServed: () => true }
  const ingress = createIngress({
    ...{ suffixes: ['inxt'], ownHosts: ['127.0.0.1'], sites, content, routes, gateway, meter: createMeter() },
  })
  const property = fc.asyncProperty(
    joined,
    fc.constantFrom('/ipfs/', '/ipfs/bafkqaaa/', '/ipfs/?uri='),
    async (rest, start) => {
      const { status, fields } = await ingress(
        request({ target: start + rest, fields: [['Host', '127.0.0.1']] }),
      )
      assert.ok(status < 500, `${status}`)
      const [location] = fieldLines(fields, 'location')
      if (location === undefined) return
      const { hostname, protocol } = new URL(location, 'http://127.0.0.1/')
      assert.ok(
        protocol === 'http:' && (hostname === '127.0.0.1' || hostname.endsWith('.ipfs.inxt')),
        location,
      )
    },
  )
  await fc.assert(property, { numRuns: 1000, seed: 2 })
})
