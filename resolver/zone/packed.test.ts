import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { classes, types } from '../wire/code.ts'
import { type Name, parseName } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { readZone } from './master.ts'
import { openZone, type PackedZone, slotsOf } from './packed.ts'
import { rrsetsOf } from './rrset.ts'
import { packZone } from './snapshot.ts'

const apex = parseName('example.com')
const head = '$TTL 300\n@ SOA ns h 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.1\nns AAAA 2001:db8::1\n'
const packed = (text: string): PackedZone => packZone(readZone(head + text, apex, {}).records, apex)

describe('a zone as octets', () => {
  test('has every set as its records had it', () => {
    const text = `WWW 60 TXT "a" ""
www RRSIG TXT 13 3 60 20300101000000 20291201000000 1 example.com. AQ==
@ MX 10 Mail.example.com.
alias CNAME ns
tail DNAME example.net.
_sip._tcp SRV 1 2 3 ns
deep.below.here TYPE731 \\# 3 abcdef
`
    const { records } = readZone(head + text, apex, {})
    const sets = [...openZone(packed(text)).sets!()]
    const keyOf = ({ name, type }: { name: Name; type: number }): string => `${type} ${name}`
    const sorted = <T extends { name: Name; type: number }>(all: T[]): T[] =>
      all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    assert.deepEqual(sorted(sets), sorted(rrsetsOf(records)))
  })
  test('is the same zone for another thread, which shares its memory', () => {
    const here = packed('www A 192.0.2.7\n')
    const there = structuredClone(here)
    assert.equal(there.octets.buffer instanceof SharedArrayBuffer, true)
    const name = parseName('www.example.com')
    assert.deepEqual(openZone(there).node(name, apex)?.rrset(types.A), {
      ...{ name, type: types.A, ttlS: 300, signatures: [] },
      data: [{ kind: 'address', bytes: Uint8Array.of(192, 0, 2, 7) }],
    })
    here.octets.fill(0)
    assert.ok(there.octets.every(octet => octet === 0))
  })
  test('finds the names that are there and no other', () => {
    const label = fc.stringMatching(/^[a-c]{1,3}$/)
    fc.assert(
      fc.property(fc.array(label, { maxLength: 60 }), fc.array(label, { maxLength: 60 }), (there, asked) => {
        const zone = openZone(packed(there.map(one => `${one} TXT ${one}\n`).join('')))
        for (const one of [...there, ...asked]) {
          const node = zone.node(parseName(`${one}.example.com`), apex)
          assert.equal(node !== undefined, there.includes(one))
        }
      }),
      { numRuns: 50 },
    )
  })
  test('takes octets of any number and length', () => {
    const data = fc.uint8Array({ maxLength: 65_535, size: 'max' })
    fc.assert(
      fc.property(fc.array(data, { minLength: 1, maxLength: 70 }), all => {
        const type = 65_400
        const name = parseName('large.example.com')
        const records: ResourceRecord[] = all.map(bytes => {
          const raw: RecordData = { kind: 'raw', bytes }
          return { name, type, class: classes.IN, ttlS: 2 ** 31 - 1, data: raw }
        })
        const { records: others } = readZone(head, apex, {})
        const zone = openZone(packZone([...others, ...records], apex))
        const wanted = rrsetsOf(records)[0]
        assert.deepEqual(zone.node(name, apex)?.rrset(type), wanted)
      }),
      { numRuns: 5 },
    )
  })
  test('knows a delegation, and that what only leads to names is empty', () => {
    const zone = openZone(packed('sub NS ns.sub\nns.sub A 192.0.2.2\na.b.c A 192.0.2.3\n'))
    const node = (text: string) => zone.node(parseName(text), apex)
    assert.equal(node('ns.sub.example.com')?.cut?.name, parseName('sub.example.com'))
    const cut = node('sub.example.com')!
    assert.equal(cut.cut, cut)
    assert.equal(node('b.c.example.com')?.empty, true)
    assert.equal(node('a.b.c.example.com')?.empty, false)
    assert.equal(node('a.b.c.example.com')?.cut, undefined)
  })
})

test('names that collide under every seed are refused, and cost no more than that', () => {
  // One name again and again is what names that collide are to a table.
  const places: Pick<ReadonlyMap<Name, number>, 'size'> & Iterable<[Name, number]> = {
    size: 4000,
    *[Symbol.iterator]() {
      for (let i = 0; i < 4000; i++) yield [apex, i + 1]
    },
  }
  assert.throws(
    () => slotsOf(places as ReadonlyMap<Name, number>),
    error => isFault(error, 'config/invalid'),
  )
})

test('names made to lie side by side, each in the slot that it wants, are put elsewhere', () => {
  const all = Array.from({ length: 60_000 }, (_, i) => parseName(`n${i}.example.com`))
  const { slots, seed } = slotsOf(new Map(all.map((name, i) => [name, i + 1])))
  const [count, size] = [2000, 4096]
  const bySlot = new Map<number, Name>()
  for (let i = 0; i < slots.length; i += 2) {
    const slot = slots[i]! % size
    if (slots[i + 1] !== 0 && slot < count) bySlot.set(slot, all[slots[i + 1]! - 1]!)
  }
  assert.equal(bySlot.size, count)
  const made = slotsOf(new Map([...bySlot.values()].map((name, i) => [name, i + 1])))
  assert.equal(made.slots.length, 2 * size)
  assert.notEqual(made.seed, seed)
})
