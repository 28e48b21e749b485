import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { addressText, parseIpv4, parseIpv6 } from './address.ts'

describe('IPv4', () => {
  test('good', () => assert.deepEqual(parseIpv4('127.0.1.255'), Uint8Array.of(127, 0, 1, 255)))
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.',
    ' 1.2.3.4',
    '1.2.3.-4',
    '1e1.1.1.1',
  ]) {
    test(`refuses "${text}"`, () => assert.equal(parseIpv4(text), undefined))
  }
})

describe('IPv6', () => {
  const good: [text: string, shown: string][] = [
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FD00:0:0:1::', 'fd00:0:0:1::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ]
  for (const [text, shown] of good) {
    test(text, () => assert.equal(addressText(parseIpv6(text)!), shown))
  }
  const bad = [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    'fe80::1%lo',
  ]
  for (const text of [...bad, '1.2.3.4::', '1:2:3:4::5:6:7:8', '1.2.3.4']) {
    test(`refuses "${text}"`, () => assert.equal(parseIpv6(text), undefined))
  }
  test('reads its own spelling, and agrees with the platform on what an address is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
        const zeros = bytes.map((byte, i) => (bytes[15 - i]! > 128 ? 0 : byte))
        assert.deepEqual(parseIpv6(addressText(zeros)), zeros)
      }),
      { seed: 1, numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123af:.:'), maxLength: 20 }), text => {
        assert.equal(parseIpv4(text) !== undefined, isIPv4(text))
        assert.equal(parseIpv6(text) !== undefined, isIPv6(text))
      }),
      { seed: 1, numRuns: 3000 },
    )
  })
})
