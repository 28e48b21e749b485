import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerify } from '../signature.ts'
import { testKey } from '../testing.ts'
import { type Record, signRecord } from './record.ts'
import { mergeRecords, Shelf } from './shelf.ts'

const verify = createVerify()
const bounds = { recordsMax: 4, perPublisherMax: 3, perKeyMax: 3, lifeMsMax: 1000, verify }

function record(publisher: number, key: string, sequence = 1, expiresAt = 500, value = 'here'): Record {
  const { id, sign } = testKey(publisher)
  return signRecord({ key, value: Buffer.from(value), publisher: id, sequence, expiresAt }, sign)
}

test('what may go on the shelf and what may not', () => {
  const shelf = new Shelf(bounds)
  const first = record(1, 'a', 5)
  const rows: [Record, string][] = [
    [first, 'stored'],
    [first, 'known'],
    [record(1, 'a', 4), 'stale'],
    [record(1, 'a', 6, 100), 'stored'],
    [record(1, 'b', 1, 10), 'expired'],
    [record(1, 'b', 1, 1011), 'too-long'],
    [{ ...record(1, 'b'), value: Buffer.from('forged') }, 'forged'],
  ]
  for (const [item, outcome] of rows) assert.equal(shelf.put(item, 10), outcome)
  assert.equal(shelf.size, 1)
  assert.equal(shelf.get('a', 99)[0]!.sequence, 6)
  assert.deepEqual(shelf.get('a', 100), [])
  assert.equal(shelf.sweep(100), 1)
  assert.equal(shelf.size, 0)
})

test('one publisher has its share and no more, and a flood pushes out its own', () => {
  const shelf = new Shelf(bounds)
  for (const key of ['a', 'b', 'c'])
    assert.equal(shelf.put(record(1, key, 1, 400 + key.charCodeAt(0)), 10), 'stored')
  assert.equal(shelf.put(record(1, 'd'), 10), 'full')
  assert.equal(shelf.put(record(2, 'a'), 10), 'stored')
  assert.equal(shelf.put(record(3, 'a'), 10), 'stored')
  assert.equal(shelf.size, 4)
  assert.equal(shelf.get('a', 10).length, 2, 'the soonest to expire of the largest publisher made room')
  assert.equal(
    shelf.put(record(2, 'b'), 10),
    'full',
    'two of two by two: nobody has more than the newcomer would',
  )
})

test('one key has its share and no more', () => {
  const shelf = new Shelf({ ...bounds, recordsMax: 10 })
  for (const publisher of [1, 2, 3]) assert.equal(shelf.put(record(publisher, 'a'), 10), 'stored')
  assert.equal(shelf.put(record(4, 'a'), 10), 'full')
})

test('merging takes the newest valid record of each publisher and drops what was withdrawn', () => {
  const withdrawn = record(2, 'a', 9, 500, '')
  const lists = [
    [record(1, 'a', 1), record(2, 'a', 8), record(3, 'a', 1, 10), record(4, 'b')],
    [record(1, 'a', 2), withdrawn, { ...record(1, 'a', 3), value: Buffer.from('forged') }],
  ]
  const merged = mergeRecords(lists, 'a', 10, verify)
  assert.deepEqual(
    merged.map(item => [item.publisher, item.sequence]),
    [[testKey(1).id, 2]],
  )
})
