import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import type { Record } from '../records/record.ts'
import { testKey } from '../testing.ts'
import { gridKeyOf } from './key.ts'
import type { GridKey, Path } from './path.ts'
import { keepNearer, pageOf, Shipping } from './shipping.ts'
import { nameOf } from './structure-wire.ts'
import type { Leaf, Reference } from './view.ts'

const publisher = testKey(1).id
const record = (key: string, number: number): Record => {
  const signature = new Uint8Array(64).fill(number >> 8).fill(number, 1)
  return { key, value: new Uint8Array(8), publisher, sequence: number, expiresAt: 9, signature }
}
const reference = (peer: string, path: Path): Reference => ({
  peer,
  path,
  host: '10.0.0.1',
  port: 1,
  revision: 1,
})
const how = { random: seededRandom(1), timeoutMs: 10 }

/** A list, slow and plain; `full` refuses everything. */
function leafOf(records: Record[], full = false): Leaf & { records: Record[] } {
  const place = ({ key }: Record): GridKey => gridKeyOf(key)
  const leaf = {
    records,
    get: (key: string) => leaf.records.filter(one => one.key === key),
    put(one: Record) {
      if (full) return 'refused' as const
      leaf.records.push(one)
      return 'stored' as const
    },
    range: (from: GridKey, to: GridKey | undefined, countMax: number) =>
      leaf.records
        .filter(one => place(one) >= from && (to === undefined || place(one) < to))
        .sort((a, b) => (place(a) < place(b) ? -1 : 1))
        .slice(0, countMax),
    count: (prefix: Path) => leaf.records.filter(one => place(one).startsWith(prefix)).length,
    keepOnly(prefix: Path) {
      leaf.records = leaf.records.filter(one => place(one).startsWith(prefix))
    },
  }
  return leaf
}

describe('shipping', () => {
  const mine = [record('holder/a', 1), record('name/inxt/b', 2)] // under 01
  const theirs = [record('offer/c', 3), record('peer/d', 4)] // under 1

  test('drops nothing before all that is astray has been acknowledged', () => {
    const leaf = leafOf([...mine, ...theirs])
    const shipping = new Shipping(leaf)
    assert.ok(shipping.isAnythingAstray('0'))
    assert.equal(
      shipping.next('0', () => [], how, 0),
      undefined,
    )
    assert.equal(leaf.records.length, 4, 'nobody is there to take it')
    const sent = shipping.next('0', () => [reference('b', '1')], how, 0)!
    assert.deepEqual(sent.records.map(nameOf), theirs.map(nameOf))
    assert.ok(!shipping.acknowledged(sent.call, 'c', theirs.map(nameOf)), 'it was not c that was asked')
    assert.ok(shipping.acknowledged(sent.call, 'b', [nameOf(theirs[0]!)]))
    leaf.records.push(record('peer/e', 5)) // arrives in between
    const rest = shipping.next('0', () => [reference('b', '1')], how, 0)!
    assert.deepEqual(new Set(rest.records.map(({ key }) => key)), new Set(['peer/d', 'peer/e']))
    assert.equal(leaf.records.length, 5)
    assert.ok(shipping.acknowledged(rest.call, 'b', rest.records.map(nameOf)))
    assert.equal(
      shipping.next('0', () => [], how, 0),
      undefined,
    )
    assert.deepEqual(leaf.records, mine)
  })

  test('names the one that does not answer, once', () => {
    const shipping = new Shipping(leafOf([...theirs]))
    shipping.next('0', () => [reference('b', '1')], how, 0)
    assert.equal(shipping.silent(9), undefined)
    assert.equal(shipping.silent(10), 'b')
    assert.equal(shipping.silent(10), undefined)
  })

  test('takes what is its own or nearer, and acknowledges only what was kept', () => {
    const frame = { self: reference('b', '00'), records: [...mine, ...theirs] }
    assert.deepEqual(keepNearer(leafOf([]), '01', frame, 0), mine.map(nameOf))
    assert.deepEqual(keepNearer(leafOf([]), '11', frame, 0), theirs.map(nameOf))
    assert.deepEqual(keepNearer(leafOf([], true), '', frame, 0), [])
  })

  test('pages through more records of one key than a frame takes', () => {
    const many = Array.from({ length: 600 }, (_, i) => record('holder/a', i))
    const leaf = leafOf([...many, ...mine])
    const seen: string[] = []
    let page = pageOf(leaf, '', { from: '', skip: 0 }, 0)
    for (; ; page = pageOf(leaf, '', page.next, 0)) {
      seen.push(...page.records.map(({ key, sequence }) => `${key} ${sequence}`))
      if (page.isLast) break
    }
    assert.equal(seen.length, 602)
  })
})
