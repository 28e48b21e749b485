import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PrefixMap } from './prefix-map.ts'
import { type ClientPrefix, parsePrefix, prefixText } from './subnet.ts'

const prefix = (text: string): ClientPrefix => parsePrefix(text)!
const mapOf = (...texts: string[]): PrefixMap<string> => {
  const map = new PrefixMap<string>()
  for (const text of texts) map.set(prefix(text), text)
  return map
}
const find = (map: PrefixMap<string>, address: string): [string | undefined, number] => {
  const { value, scopeBits } = map.find(prefix(address).octets)
  return [value, scopeBits]
}

test('the longest prefix counts, and the scope leaves out what lies in it', () => {
  const map = mapOf('10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32')
  const rows: [address: string, value: string | undefined, scopeBits: number][] = [
    ['10.1.2.3/32', '10.1.0.0/16', 16],
    ['10.0.2.3/32', '10.0.0.0/8', 16],
    ['10.128.0.0/32', '10.0.0.0/8', 9],
    ['11.0.0.0/32', undefined, 8],
    ['128.0.0.0/32', undefined, 1],
    ['2001:db8::1/128', '2001:db8::/32', 32],
    ['3000::/128', undefined, 4],
  ]
  for (const [address, ...want] of rows) assert.deepEqual(find(map, address), want, address)
})

test('an empty map depends on nothing, and a map of everything on nothing else', () => {
  assert.deepEqual(find(new PrefixMap(), '10.0.0.1/32'), [undefined, 0])
  assert.deepEqual(find(mapOf('0.0.0.0/0'), '10.0.0.1/32'), ['0.0.0.0/0', 0])
})

const anyPrefix = fc
  .tuple(fc.nat(0xffff), fc.nat(16))
  .map(([bits, length]) =>
    prefix(`${(bits & -(1 << (16 - length))) >>> 8}.${bits & -(1 << (16 - length)) & 255}.0.0/${length}`),
  )

test('scopes never overlap: whoever is in the scope of an answer gets that answer and that scope', () => {
  fc.assert(
    fc.property(fc.array(anyPrefix, { maxLength: 12 }), fc.nat(0xffff), fc.nat(0xffff), (prefixes, a, b) => {
      const map = mapOf(...prefixes.map(prefixText))
      const first = map.find(Uint8Array.of(a >>> 8, a & 255, 0, 0))
      const within = first.scopeBits === 0 || (a ^ b) >>> (16 - first.scopeBits) === 0
      if (within) assert.deepEqual(map.find(Uint8Array.of(b >>> 8, b & 255, 0, 0)), first)
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('what was taken out leaves nothing behind', () => {
  fc.assert(
    fc.property(
      fc.array(anyPrefix, { maxLength: 8 }),
      fc.array(anyPrefix, { maxLength: 8 }),
      (kept, gone) => {
        const map = mapOf(...gone.map(prefixText), ...kept.map(prefixText))
        const isKept = new Set(kept.map(prefixText))
        for (const one of gone) if (!isKept.has(prefixText(one))) map.delete(one)
        const plain = mapOf(...kept.map(prefixText))
        for (const { octets } of [...kept, ...gone]) assert.deepEqual(map.find(octets), plain.find(octets))
      },
    ),
    { numRuns: 300, seed: 2 },
  )
})
