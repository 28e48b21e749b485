// RFC 4034 §6.1 has the order of names that DNSSEC hangs on; the sets follow RFC 2181 §5.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { types } from '../wire/code.ts'
import {
  canonicalKey,
  childOf,
  compareNames,
  isWithin,
  type Name,
  nameText,
  parseName,
  rootName,
} from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { rrsetsOf } from './rrset.ts'

const rfc4034 = [
  'example.',
  'a.example.',
  'yljkjljk.a.example.',
  'Z.a.example.',
  'zABC.a.EXAMPLE.',
  'z.example.',
  '\\001.z.example.',
  '*.z.example.',
  '\\200.z.example.',
]

test('the order of RFC 4034 §6.1', () => {
  const shuffled = rfc4034.map(parseName).reverse()
  assert.deepEqual(shuffled.sort(compareNames).map(nameText), rfc4034)
})

test('the key sorts as the comparison does', () => {
  const label = fc.string({
    unit: fc.constantFrom('\0', '\x01', '-', 'a', 'B', 'b', 'ÿ'),
    minLength: 1,
    maxLength: 3,
  })
  const name = fc
    .array(label, { maxLength: 4 })
    .map(labels => labels.reduce<Name>((rest, one) => childOf(one, rest), rootName))
  fc.assert(
    fc.property(name, name, (a, b) => {
      const [one, other] = [canonicalKey(a), canonicalKey(b)]
      assert.equal(Math.sign(compareNames(a, b)), one < other ? -1 : one > other ? 1 : 0)
      assert.equal(
        isWithin(a, b),
        a === b || (compareNames(b, a) < 0 && a.endsWith(b) && one.startsWith(`${other}${other && '\0'}`)),
      )
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test('sets gather members and signatures whatever their order; a member counts once', () => {
  const record = (name: string, type: number, ttlS: number, bytes: number[]): ResourceRecord => {
    const data: RecordData = { kind: 'raw', bytes: Uint8Array.from(bytes) }
    return { name: parseName(name), type, class: 1, ttlS, data }
  }
  const sets = rrsetsOf([
    record('a.example', types.RRSIG, 9, [0, 43, 1]),
    record('A.example', types.DS, 9, [1]),
    record('b.example', types.DS, 9, [2]),
    record('a.EXAMPLE', types.DS, 5, [3]),
    record('a.example', types.DS, 9, [1]),
    record('a.example', types.RRSIG, 9, [0, 47, 1]),
  ])
  assert.deepEqual(
    sets.map(({ name, ttlS, data, signatures }) => [nameText(name), ttlS, data.length, signatures.length]),
    [
      ['A.example.', 5, 2, 1],
      ['b.example.', 9, 1, 0],
    ],
  )
})
