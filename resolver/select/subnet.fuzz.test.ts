import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clientPrefix, parsePrefix, prefixText, readSubnet, subnetOption } from './subnet.ts'

test('every family, length and size at its limits: taken when RFC 7871 §6 allows it, and only then', () => {
  const bitsMax = new Map([
    [0, 0],
    [1, 32],
    [2, 128],
  ])
  for (const family of [0, 1, 2, 3, 256, 0xffff])
    for (let sourceBits = 0; sourceBits < 256; sourceBits++)
      for (let size = 0; size <= 33; size++) {
        const bytes = new Uint8Array(4 + size)
        bytes.set([family >>> 8, family & 255, sourceBits, 0])
        const subnet = readSubnet(bytes)
        const isAllowed = sourceBits <= (bitsMax.get(family) ?? -1) && size === Math.ceil(sourceBits / 8)
        assert.equal(subnet !== undefined, isAllowed, `${family} ${sourceBits} ${size}`)
        if (subnet === undefined) continue
        for (const scopeBits of [0, 1, 128]) assert.equal(subnetOption(subnet, scopeBits).bytes[3], scopeBits)
        const { octets, bits } = clientPrefix(subnet, Uint8Array.of(1, 2, 3, 4))
        assert.deepEqual(
          [octets.length, bits],
          sourceBits === 0 ? [4, 32] : [family === 1 ? 4 : 16, sourceBits],
        )
      }
})

test('of any bytes comes nothing, or what is written with the same bytes and is a prefix', () => {
  const heads = fc.constantFrom([0, 1], [0, 2], [0, 0], [1, 1])
  const bytes = fc
    .tuple(heads, fc.nat(140), fc.constantFrom(0, 0, 0, 1), fc.uint8Array({ maxLength: 20 }))
    .map(([family, bits, scope, octets]) => Uint8Array.of(...family, bits, scope, ...octets))
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 24 })), input => {
      const subnet = readSubnet(input)
      if (subnet === undefined) return
      assert.deepEqual(Buffer.from(subnetOption(subnet, 0).bytes), Buffer.from(input))
      const prefix = clientPrefix(subnet, new Uint8Array(4))
      assert.deepEqual(parsePrefix(prefixText(prefix)), prefix)
    }),
    { numRuns: 3000, seed: 1 },
  )
})
