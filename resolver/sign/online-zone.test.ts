// Question after question through the ladder, each answer judged as a validator would judge it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { bitmapTypes } from '../wire/bitmap.ts'
import { parseType, types } from '../wire/code.ts'
import { childOf, compareNames, isWithin, type Name, nameText, parseName, rootName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { createLadder } from '../zone/ladder.ts'
import { readZone } from '../zone/master.ts'
import { rrsetsOf } from '../zone/rrset.ts'
import { createZone } from '../zone/snapshot.ts'
import { dataOf } from './canonical.ts'
import { dnskeyBytes, signingKey } from './key.ts'
import { createOnlineSigner, onlineByDefault } from './online.ts'
import { nameBefore, signOnline } from './online-zone.ts'
import { judge } from './rrsig.ts'

const apex = parseName('example.com')
const nowS = 1_800_000_000
const key = signingKey(apex, true, 13, new Uint8Array(32).fill(3))
const signer = createOnlineSigner({ ...onlineByDefault, keys: [key] })
const keySets = [
  {
    name: apex,
    type: types.DNSKEY,
    ttlS: 3600,
    data: [dataOf(types.DNSKEY, dnskeyBytes(key))],
    signatures: [],
  },
]
const text = `$TTL 3600
@ SOA ns1 hostmaster 10 3600 600 604800 300
  NS ns1
ns1 A 192.0.2.1
alias CNAME ns1
*.w TXT "wild"
deep.ent A 192.0.2.2
sub NS ns.sub
ns.sub A 192.0.2.3
safe NS ns.sub
  DS 1 13 2 ${'00'.repeat(32)}
`
const zone = signOnline(createZone(readZone(text, apex).records, apex), {
  ...{ signer, keySigner: signer, keySets, nowS: () => nowS },
})
const ladder = createLadder([zone])

/** Sets of a section, each judged; glue and the NS of delegations must not be signed. */
function judged(records: readonly ResourceRecord[]): string[] {
  return rrsetsOf(records).map(set => {
    const [signature] = set.signatures
    const verdict = signature === undefined ? 'bare' : judge(set, signature, key, nowS)
    return `${nameText(set.name)} ${set.type} ${verdict}`
  })
}

function nsecOf(records: readonly ResourceRecord[]): { owner: Name; next: Name; present: number[] } {
  const record = records.find(({ type }) => type === types.NSEC)!
  const octets = Buffer.from(dataOctets(record.data))
  let end = 0
  while (octets[end] !== 0) end += 1 + octets[end]!
  const next = octets.toString('latin1', 0, end) as Name
  return { owner: record.name, next, present: bitmapTypes(octets.subarray(end + 1)) }
}

describe('a zone that signs itself', () => {
  const ask = (name: string, type: string): ReturnType<typeof ladder> =>
    ladder({ name: parseName(name), type: parseType(type)!, class: 1 }, true)

  test('what is there', () => {
    for (const [name, type, expected] of [
      ['ns1.example.com', 'A', 'ns1.example.com. 1 good'],
      ['NS1.example.COM', 'A', 'NS1.example.COM. 1 good'],
      ['example.com', 'DNSKEY', 'example.com. 48 good'],
      ['example.com', 'SOA', 'example.com. 6 good'],
      ['alias.example.com', 'A', 'alias.example.com. 5 good,ns1.example.com. 1 good'],
      ['safe.example.com', 'DS', 'safe.example.com. 43 good'],
    ]) {
      const decision = ask(name!, type!)
      assert(decision.kind === 'answer')
      assert.equal(judged(decision.records).join(), expected)
    }
  })

  test('what is not there', () => {
    const rows: [name: string, type: string, present: number[]][] = [
      ['ns1.example.com', 'AAAA', [types.A]],
      ['ent.example.com', 'A', []],
      ['example.com', 'A', [types.NS, types.SOA, types.DNSKEY]],
      ['nothing.example.com', 'A', [types.NXNAME]],
      ['sub.example.com', 'DS', [types.NS]],
      ['any.w.example.com', 'A', [types.TXT]],
    ]
    for (const [name, type, present] of rows) {
      const decision = ask(name, type)
      assert(decision.kind === 'nodata' || decision.kind === 'nxdomain', name)
      const records = [decision.soa, ...(decision.proof ?? [])]
      assert.equal(judged(records).length, 2, name)
      for (const verdict of judged(records)) assert.match(verdict, /good$/)
      const nsec = nsecOf(records)
      assert.equal(nameText(nsec.owner), `${name}.`)
      const all = [...present, types.RRSIG, types.NSEC].sort((a, b) => a - b)
      assert.deepEqual(nsec.present, all, name)
      for (const record of records) assert.equal(record.ttlS, 300)
    }
  })

  test('a wildcard, and why it was used', () => {
    const decision = ask('some.thing.w.example.com', 'TXT')
    assert(decision.kind === 'answer')
    assert.deepEqual(judged(decision.records), ['some.thing.w.example.com. 16 good'])
    assert.match(judged(decision.authorities!)[0]!, /good$/)
    const { owner, next } = nsecOf(decision.authorities!)
    const [nearer, asked] = ['thing.w.example.com', 'some.thing.w.example.com'].map(parseName)
    assert(compareNames(owner, nearer!) < 0 && compareNames(asked!, next) < 0)
  })

  test('delegations, safe and not', () => {
    const plain = ask('www.sub.example.com', 'A')
    assert(plain.kind === 'referral')
    assert.deepEqual(judged(plain.authorities), ['sub.example.com. 2 bare', 'sub.example.com. 47 good'])
    assert.deepEqual(judged(plain.glue), ['ns.sub.example.com. 1 bare'])
    const safe = ask('www.safe.example.com', 'A')
    assert(safe.kind === 'referral')
    assert.deepEqual(judged(safe.authorities), ['safe.example.com. 2 bare', 'safe.example.com. 43 good'])
  })

  test('a name just before another: nothing lies between but what is below it', () => {
    const octet = fc.integer({ min: 0, max: 255 }).map(n => String.fromCharCode(n))
    const label = fc.string({ unit: octet, minLength: 1, maxLength: 63 })
    fc.assert(
      fc.property(label, label, fc.constantFrom(rootName, apex), (one, other, parent) => {
        const name = childOf(one, parent)
        const before = nameBefore(name)
        assert(compareNames(before, name) < 0)
        const third = childOf(other, parent)
        const isBetween = compareNames(before, third) < 0 && compareNames(third, name) < 0
        assert(!isBetween || isWithin(third, before))
      }),
    )
  })
})
