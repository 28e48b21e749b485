import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Claim, ClaimIndex, claimKey, domainHash, tokenOf } from './claim.ts'
import { Table } from './table.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const hex = (number: number, digits: number): string => `0x${number.toString(16).padStart(digits, '0')}`
const claimOf = (i: number, owner = hex(i, 40)): Claim =>
  new Claim({ name: `a-domain-of-nobody-${i}.example`, owner, site: hex(i, 64) })
const keyOf = ({ domain, owner }: Claim): string => claimKey(domain, owner)

describe('claims', () => {
  test('say what they were made of, and what follows from it', () => {
    const given = { name: 'shop.example', owner: `0xff${'00'.repeat(18)}80`, site: `0x${'0a'.repeat(32)}` }
    const { name, owner, site, domain, token, ...rest } = new Claim(given)
    assert.deepEqual({ name, owner, site }, given)
    assert.equal(domain, domainHash(name))
    assert.equal(token, tokenOf(domain, owner))
    assert.deepEqual([rest, new Claim(given).toJSON()], [{}, given])
  })

  test('are in the order of names, then owners', () => {
    const all = [
      ['a.b', 'ff'],
      ['a.b', '01'],
      ['a', '7f'],
      ['a-b', '00'],
      ['a.bc', '00'],
    ].map(([name, end]) => new Claim({ name: name!, owner: `0x${end!.padStart(40, '0')}`, site: hex(1, 64) }))
    const sorted = all.toSorted(Claim.order).map(({ name, owner }) => `${name} ${owner.slice(-2)}`)
    assert.deepEqual(sorted, ['a 7f', 'a-b 00', 'a.b 01', 'a.b ff', 'a.bc 00'])
  })

  test('are found by key, replaced and taken out, also where two share a bucket', () => {
    const [one, same] = [hex(0x4000_0001, 40), hex(1, 40)].map(owner => claimOf(7, owner)) as [Claim, Claim]
    const index = new ClaimIndex()
    for (const claim of [one, same, claimOf(8)]) index.set(keyOf(claim), claim)
    index.set(keyOf(same), claimOf(7, same.owner))
    assert.equal(index.size, 3)
    assert.equal(index.get(keyOf(one)), one)
    assert.notEqual(index.get(keyOf(same)), same)
    assert.equal(index.get(claimKey(one.domain, hex(2, 40))), undefined)
    index.delete(keyOf(one))
    index.delete(keyOf(one))
    assert.equal(index.get(keyOf(one)), undefined)
    assert.deepEqual([index.size, [...index.values()].length], [2, 2])
  })

  test('that nobody bears out cost an edge 250 octets each at most', () => {
    const count = 5000
    const held = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = held()
    const { claims } = new Table({ namesMax: 1, edgesMax: 1, claimsMax: count }, 1)
    for (let i = 0; i < count; i++) {
      const claim = claimOf(i)
      claims.set(keyOf(claim), claim)
    }
    claims.takeBefore()
    assert.equal(claims.list().length, count)
    const each = (held() - before) / count
    assert.ok(each < 250, `${each} octets`)
    assert.equal(claims.list()[0]?.name, 'a-domain-of-nobody-0.example')
  })
})
