import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { ipv4Text, ipv6Hex, ipv6Text } from './endpoint.ts'
import { hexBytes } from './specimens.ts'

test('addresses as text', () => {
  const rows: [hex: string, text: string][] = [
    ['0x7f000101', '127.0.1.1'],
    ['0x00000000', ''],
    ['0x20010db8000000000000000000000001', '2001:db8::1'],
    ['0x00000000000000000000000000000001', '::1'],
    ['0x20010db8000000010000000000000000', '2001:db8:0:1::'],
    ['0x20010db8000000010001000000010001', '2001:db8:0:1:1:0:1:1'],
    ['0x00000000000000000000000000000000', ''],
  ]
  for (const [hex, text] of rows) assert.equal(hex.length === 10 ? ipv4Text(hex) : ipv6Text(hex), text)
})

test('IPv6 from text', () => {
  const rows: [text: string, hex: string | undefined][] = [
    ['::1', '0x00000000000000000000000000000001'],
    ['2001:DB8:0:0::1', '0x20010db8000000000000000000000001'],
    ['::ffff:192.0.2.1', '0x00000000000000000000ffffc0000201'],
    ['::', `0x${'00'.repeat(16)}`],
    ...['', '192.0.2.1', ':::', '1::2::3', '::1]/x', '::1%lo', 'fe80', '12345::'].map(
      (text): [string, undefined] => [text, undefined],
    ),
  ]
  for (const [text, hex] of rows) assert.equal(ipv6Hex(text), hex, text)
})

test('all of them are addresses', () => {
  fc.assert(
    fc.property(hexBytes(4), hexBytes(16), (four, sixteen) => {
      assert.ok(ipv4Text(four) === '' || isIPv4(ipv4Text(four)))
      assert.ok(ipv6Text(sixteen) === '' || isIPv6(ipv6Text(sixteen)))
      assert.equal(ipv6Hex(ipv6Text(sixteen) || '::'), sixteen)
    }),
    { numRuns: 300, seed: 13 },
  )
})
