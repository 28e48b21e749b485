import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { bitmapTypes } from '../wire/bitmap.ts'
import { types } from '../wire/code.ts'
import { childOf, compareNames, type Name, nameText, parseName, rootName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import { dataOf, nameBytes } from './canonical.ts'
import { signingKey } from './key.ts'
import { createOnlineSigner, nameAfter, negativeTtlS, onlineByDefault } from './online.ts'
import { judge, readSignature } from './rrsig.ts'

const zone = parseName('example.com')
const key = signingKey(zone, true, 13, new Uint8Array(32).fill(3))
const nowS = 1_800_000_000
const address = (name: string, last: number, ttlS = 30): Rrset => ({
  name: parseName(name),
  type: types.A,
  ttlS,
  data: [dataOf(types.A, Uint8Array.of(192, 0, 2, last))],
  signatures: [],
})
const signer = (keptMax = 100) => createOnlineSigner({ ...onlineByDefault, keys: [key], keptMax })

describe('online signing', () => {
  test('a set is signed once, and again with a third of life left', () => {
    const online = signer()
    const first = online.sign(address('a.example.com', 1), nowS)
    assert.equal(judge(first, first.signatures[0]!, key, nowS), 'good')
    assert.equal(online.sign(address('a.example.com', 1), nowS + 4 * 86_400), first)
    const later = online.sign(address('a.example.com', 1), nowS + 5 * 86_400)
    assert.notEqual(later, first)
    // Whoever caches the first at the last moment still has it valid until its TTL is over.
    assert.equal(judge(first, first.signatures[0]!, key, nowS + 5 * 86_400 + 30), 'good')
    assert.deepEqual(online.counts, { signed: 2, kept: 1 })
  })

  test('other data, another TTL, another case are other sets; a clock that goes back signs anew', () => {
    const online = signer()
    for (const set of [
      address('a.example.com', 1),
      address('a.example.com', 2),
      address('A.example.com', 1),
      address('a.example.com', 1, 60),
    ]) {
      const signed = online.sign(set, nowS)
      assert.equal(judge(signed, signed.signatures[0]!, key, nowS), 'good')
      assert.equal(readSignature(signed.signatures[0]!).originalTtlS, set.ttlS)
    }
    assert.equal(online.counts.signed, 4)
    const back = online.sign(address('a.example.com', 1), nowS - 10 * 86_400)
    assert.equal(judge(back, back.signatures[0]!, key, nowS - 10 * 86_400), 'good')
  })

  test('what is kept is bounded; what is asked for stays', () => {
    const online = signer(10)
    for (let i = 0; i < 50; i++) {
      online.sign(address('hot.example.com', 1), nowS)
      online.sign(address(`n${i}.example.com`, 1), nowS)
    }
    assert.deepEqual(online.counts, { signed: 51, kept: 10 })
  })

  test('RFC 9824: what is denied, and by what', () => {
    const online = signer()
    const rows: [name: string, present: readonly number[] | 'none', bitmap: number[]][] = [
      ['nonexistent.example.com', 'none', [types.RRSIG, types.NSEC, types.NXNAME]],
      ['a.example.com', [types.A, types.TXT], [types.A, types.TXT, types.RRSIG, types.NSEC]],
      ['ent.example.com', [], [types.RRSIG, types.NSEC]],
      ['sub.example.com', [types.NS], [types.NS, types.RRSIG, types.NSEC]],
    ]
    for (const [name, present, bitmap] of rows) {
      const nsec = online.deny({ name: parseName(name), present, ttlS: 300 }, nowS)
      assert.equal(judge(nsec, nsec.signatures[0]!, key, nowS), 'good')
      const octets = dataOctets(nsec.data[0]!)
      const next = nameBytes(parseName(`\\000.${name}`))
      assert.deepEqual(octets.subarray(0, next.length), new Uint8Array(next))
      assert.deepEqual(bitmapTypes(octets.subarray(next.length)), bitmap)
      assert.equal(nsec.ttlS, 300)
    }
  })

  test('the SOA of an absence and its signature live as long as the absence', () => {
    const numbers = new Uint8Array(20)
    numbers[18] = 1 // 256 seconds
    const rdata = Buffer.concat([nameBytes(zone), nameBytes(zone), numbers])
    const soa: Rrset = {
      ...address('example.com', 1, 3600),
      type: types.SOA,
      data: [dataOf(types.SOA, rdata)],
    }
    assert.equal(negativeTtlS(soa), 256)
    const signed = signer().negativeSoa(soa, nowS)
    assert.equal(signed.ttlS, 256)
    assert.equal(readSignature(signed.signatures[0]!).originalTtlS, 256)
    assert.equal(judge(signed, signed.signatures[0]!, key, nowS), 'good')
  })

  test('nothing lies between a name and the one after it, up to the longest names', () => {
    const labels = fc.array(
      fc.string({
        unit: fc.integer({ min: 0, max: 255 }).map(n => String.fromCharCode(n)),
        minLength: 1,
        maxLength: 63,
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(labels, labels => {
        let name = rootName
        for (const label of labels) if (name.length + label.length < 254) name = childOf(label, name)
        const after = nameAfter(name)
        assert(after.length <= 254)
        assert(compareNames(name, after) < 0 || after.length < name.length, nameText(name))
      }),
    )
    const longest = (last: string): Name =>
      parseName(['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), last].reverse().join('.'))
    assert.equal(nameText(nameAfter(longest('d'.repeat(61)))).split('.')[0], `${'d'.repeat(60)}e`)
    assert.equal(nameText(nameAfter(longest('d'.repeat(60)))).split('.')[0], `${'d'.repeat(60)}\\000`)
    assert(compareNames(longest(`${'d'.repeat(60)}Z`), nameAfter(longest(`${'d'.repeat(60)}Z`))) < 0)
  })
})
