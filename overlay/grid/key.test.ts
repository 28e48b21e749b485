import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { gridKeyOf, gridRangeOf } from './key.ts'
import { isBits, keyBitsMax, pathBitsMax } from './path.ts'

const hashedRealms = ['holder/', 'peer/', 'trust/']
const realms = ['client/4/', 'client/6/', 'name/inxt/', 'offer/', 'service/', ...hashedRealms]
const isHashed = (key: string): boolean => hashedRealms.some(realm => key.startsWith(realm))

const ascii = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(c => String.fromCharCode(c)) })
const label = fc.string({ unit: fc.constantFrom(...'abcxyz019-/~!'), maxLength: 12 })
const head = fc.constantFrom(...realms, 'name/com/', 'name/', 'client', 'zone/', 'a', '~', '')
const key = fc
  .oneof(
    ascii,
    fc.tuple(head, label).map(parts => parts.join('')),
  )
  .filter(text => text.length > 0)

const isWithin = (text: string, { from, to }: ReturnType<typeof gridRangeOf>): boolean => {
  const bits = gridKeyOf(text)
  return from <= bits && (to === undefined || bits < to)
}

describe('grid keys', () => {
  test('are in the order of the texts, and of different texts different while those are short', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        if (isHashed(a) || isHashed(b)) return
        const [x, y] = [gridKeyOf(a), gridKeyOf(b)]
        if (a < b) assert.ok(x <= y, `${a} before ${b}`)
        if (a !== b && a.length < 12 && b.length < 12) assert.notEqual(x, y)
      }),
      { numRuns: 2000, seed: 1 },
    )
  })

  test('fall under exactly one path', () => {
    fc.assert(
      fc.property(key, text => {
        const bits = gridKeyOf(text)
        assert.ok(isBits(bits, keyBitsMax) && bits.length >= pathBitsMax)
      }),
      { numRuns: 500, seed: 2 },
    )
  })

  test('of a prefix are exactly those in its range', () => {
    fc.assert(
      fc.property(key, key, fc.nat(14), (a, b, length) => {
        const prefix = a.slice(0, length)
        const range = gridRangeOf(prefix)
        for (const text of [a, b, prefix + b]) {
          if (text.startsWith(prefix)) assert.ok(isWithin(text, range), `${text} is within ${prefix}`)
          else if (!isHashed(prefix)) assert.ok(!isWithin(text, range), `${text} is not within ${prefix}`)
        }
      }),
      { numRuns: 2000, seed: 3 },
    )
  })

  test('of long texts that cannot be told apart are still in the range of their prefix', () => {
    const prefix = `name/inxt/${'q'.repeat(60)}`
    assert.ok(isWithin(`${prefix}q`, gridRangeOf(prefix)))
  })

  for (const [realm, path] of [
    ['client/4/', '000'],
    ['client/6/', '001'],
    ['holder/', '010'],
    ['name/inxt/', '011'],
    ['offer/', '100'],
    ['peer/', '101'],
    ['service/', '110'],
    ['trust/', '111'],
  ] as const)
    test(`${realm} lies under ${path}`, () => {
      const keys = ['', '0', '1', 'zebra', '0101'].map(rest => gridKeyOf(realm + rest))
      assert.deepEqual(
        keys.filter(bits => !bits.startsWith(path)),
        [],
      )
    })

  test('are dense: each bit of an address prefix costs one, and content hashes are uniform', () => {
    const deep = (prefix: string, rest: number): string => prefix + rest.toString(2).padStart(16, '0')
    const distinct = (texts: string[]): number =>
      new Set(texts.map(text => gridKeyOf(text).slice(0, 20))).size
    const numbers = Array.from({ length: 1000 }, (_, i) => i * 65)
    assert.ok(distinct(numbers.map(i => deep('client/4/', i))) > 990)
    assert.ok(distinct(numbers.map(i => `holder/bafy${i}`)) > 980)
  })
})
