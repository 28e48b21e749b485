import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integerBelow, seededRandom } from '../../base/random.ts'
import { Order, type Placed, placeOf } from './order.ts'

const random = seededRandom(1)
const bits = (length: number): string => Array.from({ length }, () => integerBelow(random, 2)).join('')
const placed = (key: string): Placed => ({ place: placeOf(key), key, publisher: 'p' })

test('places compare as the bits do', () => {
  const keys = ['', '0', '00', '0000000001', '01', '010', '1', '11111111', '111111111', bits(128), bits(127)]
  const sorted = [...keys].sort()
  assert.deepEqual(
    [...keys].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)),
    sorted,
  )
})

test('thousands of entries, added and removed one by one, are a sorted list', () => {
  const order = new Order<Placed>()
  const entries = [...new Set(Array.from({ length: 5000 }, () => bits(16 + integerBelow(random, 5))))].map(
    placed,
  )
  for (const entry of entries) order.add(entry)
  const kept = entries.filter((entry, i) => i % 3 > 0 || void order.remove(entry))
  const check = (list: readonly Placed[]): void => {
    const sorted = list.map(({ key }) => key).sort()
    assert.deepEqual(
      [...order.between('', undefined)].map(({ key }) => key),
      sorted,
    )
    assert.equal(order.size, sorted.length)
    for (const prefix of ['', '0', '1', '111', '0110'])
      assert.equal(order.count(prefix), sorted.filter(key => key.startsWith(prefix)).length)
    for (const { key, place } of list.slice(0, 50)) assert.equal(order.ofKey(place, key).length, 1)
  }
  check(kept)
  const isFirst = ({ key }: Placed): boolean => key.startsWith('00')
  assert.equal(order.filter(isFirst).length, kept.length - kept.filter(isFirst).length)
  check(kept.filter(isFirst))
  for (const entry of kept.filter(isFirst)) order.remove(entry)
  check([])
  order.fill(kept)
  check(kept)
})
