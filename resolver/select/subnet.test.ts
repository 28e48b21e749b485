import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromHex, toHex } from '../../base/bytes.ts'
import { parseIpv4 } from '../wire/address.ts'
import { clientPrefix, prefixText, readSubnet, subnetOption } from './subnet.ts'

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

describe('for whom edges are chosen', () => {
  const resolver = parseIpv4('198.51.100.53')!
  const precision = { ipv4Bits: 20, ipv6Bits: 48 }
  const rows: [what: string, hex: string | undefined, precise: boolean, client: string, scope: number][] = [
    ['no option: the resolver', undefined, true, '198.51.100.53/32', 0],
    ['no bits: the resolver', '00010000', true, '198.51.100.53/32', 0],
    ['a choice that looks at nobody', '00011800c00002', false, '198.51.100.53/32', 0],
    ['no more bits than are looked at', '00011800c000ff', true, '192.0.240.0/20', 20],
    ['no more bits than are told', '00010f00c000', true, '192.0.0.0/15', 15],
    ['IPv6', '0002380020010db8000100', true, '2001:db8:1::/48', 48],
  ]
  for (const [what, hex, precise, client, scope] of rows) {
    test(what, () => {
      const subnet = hex === undefined ? undefined : readSubnet(fromHex(hex)!)
      const got = clientPrefix(subnet, resolver, precise ? precision : undefined)
      assert.deepEqual([prefixText(got.client), got.scopeBits], [client, scope])
    })
  }
})
