import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { linesMax, parseClientMap } from './client-map.ts'

test('a map as people write it', () => {
  const map = parseClientMap(
    `# a comment
192.0.2.0/24 = 203.0.113.1*3   203.0.113.2 # and another

192.0.2.128/25=203.0.113.3\r
2001:db8::/32 = 2001:DB8:0::1
`,
    'map',
  )
  const one = (address: string, weight = 1) => ({ address, weight })
  const rows: [octets: Uint8Array, edges: unknown, scopeBits: number][] = [
    [parseIpv4('192.0.2.1')!, [one('203.0.113.1', 3), one('203.0.113.2')], 25],
    [parseIpv4('192.0.2.200')!, [one('203.0.113.3')], 25],
    [parseIpv4('192.0.3.0')!, undefined, 24],
    [parseIpv6('2001:db8:5::')!, [one('2001:db8::1')], 32],
  ]
  for (const [octets, value, scopeBits] of rows) assert.deepEqual(map.find(octets), { value, scopeBits })
})

test('all that is wrong is told at once, with its line', () => {
  const text = `192.0.2.0 = 10.0.0.1
192.0.2.1/24 = 10.0.0.1
192.0.2.0/24 10.0.0.1
192.0.2.0/24 =
192.0.2.0/24 = 10.0.0.1*0
192.0.2.0/24 = 10.0.0.1*1001
192.0.2.0/24 = edge.example
192.0.2.0/24 = 10.0.0.1 10.0.0.1*2
192.0.2.0/24 = 10.0.0.1 = 10.0.0.2
198.51.100.0/24 = 10.0.0.1
198.51.100.0/24 = 10.0.0.2
203.0.113.0/24 = ${'10.0.0.1 '.repeat(65)}
`
  const wrong = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]
  assert.throws(
    () => parseClientMap(text, 'm'),
    error => {
      assert.ok(isFault(error, 'config/invalid'))
      const lines = error.message.split('\n').map(line => Number(/^m:(\d+): ./.exec(line)?.[1]))
      assert.deepEqual(lines, wrong)
      return true
    },
  )
  assert.throws(() => parseClientMap('x\n'.repeat(50), 'm'), /m:20: .*\nand 30 more$/s)
  assert.throws(() => parseClientMap('\n'.repeat(linesMax), 'm'), /more than/)
})

test('of any text, only a Fault or a map comes out', () => {
  const word = fc.constantFrom(
    ...[
      '192.0.2.0/24',
      '::/0',
      '10.0.0.1',
      '10.0.0.1*2',
      '*',
      '=',
      '#',
      '/',
      ' ',
      '\n',
      '\r\n',
      '\0',
      '9'.repeat(99),
    ],
  )
  const texts = fc.array(fc.oneof({ weight: 6, arbitrary: word }, fc.string()), { maxLength: 30 })
  fc.assert(
    fc.property(texts, words => {
      try {
        parseClientMap(words.join(''), 'm')
      } catch (error) {
        if (!isFault(error, 'config/invalid')) throw error
      }
    }),
    { numRuns: 2000, seed: 1 },
  )
})
