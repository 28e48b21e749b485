import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromHex, toHex } from '../../base/bytes.ts'
import { parseIpv4 } from '../wire/address.ts'
import { clientPrefix, networkOf, parsePrefix, prefixText, readSubnet, subnetOption } from './subnet.ts'

describe('what may be said', () => {
  const rows: [what: string, hex: string, isRight: boolean][] = [
    ['192.0.2.0/24', '00011800c00002', true],
    ['192.0.2.128/25', '00011900c0000280', true],
    ['192.0.2.1/32', '00012000c0000201', true],
    ['2001:db8::/56', '0002380020010db8000000', true],
    ['0.0.0.0/0', '00010000', true],
    ['::/0', '00020000', true],
    ['nothing at all', '00000000', true],
    ['no family, with bits', '00000800c0', false],
    ['an unknown family', '00031800c00002', false],
    ['a scope', '00011818c00002', false],
    ['33 bits of IPv4', '00012100c000020100', false],
    ['129 bits of IPv6', `00028100${'00'.repeat(17)}`, false],
    ['an octet less', '00011800c000', false],
    ['an octet more', '00011800c0000201', false],
    ['a bit beyond the prefix', '00011700c00001', false],
    ['three octets', '000118', false],
    ['none', '', false],
  ]
  for (const [what, hex, isRight] of rows) {
    test(what, () => {
      const subnet = readSubnet(fromHex(hex)!)
      assert.equal(subnet !== undefined, isRight)
      if (subnet === undefined) return
      assert.equal(toHex(subnetOption(subnet, 0).bytes), hex, 'comes back as it came')
    })
  }
})

test('a choice is made for the subnet that is told, else for the resolver', () => {
  const resolver = parseIpv4('198.51.100.53')!
  const rows: [what: string, hex: string | undefined, client: string][] = [
    ['no option', undefined, '198.51.100.53/32'],
    ['no bits', '00010000', '198.51.100.53/32'],
    ['IPv4', '00011500c000f8', '192.0.248.0/21'],
    ['IPv6', '0002380020010db8000100', '2001:db8:1::/56'],
  ]
  for (const [what, hex, client] of rows) {
    const subnet = hex === undefined ? undefined : readSubnet(fromHex(hex)!)
    assert.equal(prefixText(clientPrefix(subnet, resolver)), client, what)
  }
})

test('prefixes as people write them', () => {
  for (const text of ['0.0.0.0/0', '192.0.2.0/24', '192.0.2.1/32', '2001:db8::/33', '::1/128'])
    assert.equal(prefixText(parsePrefix(text)!), text)
  for (const text of [
    '',
    '192.0.2.0',
    '192.0.2.0/33',
    '192.0.2.1/24',
    '::1/64',
    '192.0.2/24',
    '::/129',
    'x/1',
    '/0',
  ])
    assert.equal(parsePrefix(text), undefined, text)
})

test('the network of an address', () => {
  assert.equal(prefixText(networkOf(parseIpv4('198.51.103.53')!, 22)), '198.51.100.0/22')
  assert.equal(prefixText(networkOf(parseIpv4('198.51.103.53')!, 0)), '0.0.0.0/0')
})
