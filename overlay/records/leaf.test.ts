import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { peerIdOf } from '../peer.ts'
import { RecordLeaf } from './leaf.ts'
import { encodeRecord, type Record } from './record.ts'
import type { SpaceName } from './spaces.ts'
import { createMemoryStore, type RecordStore } from './store.ts'

const now = 1_000_000
/** What a leaf charges for a record of `filler` bytes, with the 500 for its entry. */
const chargeOf = (record: Record): number => encodeRecord(record).length + 500

/** Nobody looks at signatures here: `proved` are the publishers that are vouched for, names say block and owner. */
const proved = new Set<string>()
function standingOf(record: Record) {
  const [height, owner] = Buffer.from(record.value).toString().split(' ')
  if (record.key.startsWith('name/')) return { proofHeight: Number(height), owner: owner! }
  return { proofHeight: proved.has(record.publisher) ? 1 : 0, owner: record.publisher }
}

const peer = (number: number): string => {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, number)
  return peerIdOf(key)
}
function record(key: string, by = 1, changes: Partial<Record> & { text?: string } = {}): Record {
  const { text = 'x'.repeat(40), ...others } = changes
  const signature = new Uint8Array(64)
  const value = Buffer.from(text)
  return { key, value, publisher: peer(by), sequence: 1, expiresAt: now + 1000, signature, ...others }
}

/** Of a key `offer/0110`, the bits; of others, their letters. */
function gridKeyOf(key: string): string {
  const rest = key.slice(key.indexOf('/') + 1)
  if (/^[01]+$/.test(rest)) return rest
  return [...Buffer.from(key)]
    .map(byte => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, 128)
}

function leafOf(bytesMax = 1_000_000, store: RecordStore = createMemoryStore()): RecordLeaf {
  return new RecordLeaf({ bytesMax, standingOf, gridKeyOf, store }, now)
}

const puts: [what: string, first: Record, second: Record, outcome: string, left: number][] = [
  ['the same twice', record('offer/1'), record('offer/1'), 'known', 1],
  ['what is newer', record('offer/1'), record('offer/1', 1, { sequence: 2 }), 'stored', 1],
  ['what is older', record('offer/1', 1, { sequence: 2 }), record('offer/1'), 'stale', 1],
  ['another publisher', record('offer/1'), record('offer/1', 2), 'stored', 2],
  ['what has expired', record('offer/1'), record('offer/1', 2, { expiresAt: now }), 'refused', 1],
  ['a key outside all spaces', record('offer/1'), record('else/1'), 'refused', 1],
  ['a name at a later block, by anybody', name('a', 5), name('a', 6, 2), 'stored', 1],
  ['a name at an earlier block', name('a', 6), name('a', 5, 2), 'stale', 1],
  ['a name renewed by another', name('a', 5), name('a', 5, 2, now + 2000), 'stored', 1],
]
for (const [what, first, second, outcome, left] of puts)
  test(`puts ${what}: ${outcome}`, () => {
    const leaf = leafOf()
    assert.equal(leaf.put(first, now), 'stored')
    assert.equal(leaf.put(second, now), outcome)
    assert.equal(leaf.get(first.key, now).length, left)
    const kept = outcome === 'stored' ? second : first
    assert.ok(leaf.get(first.key, now).some(({ publisher }) => publisher === kept.publisher))
  })

function name(label: string, block: number, by = 1, expiresAt = now + 1000, owner = 'someone'): Record {
  return record(`name/inxt/${label}`, by, { expiresAt, text: `${block} ${owner}`.padEnd(200) })
}

test('range, count and keepOnly are those of a plain list of texts', () => {
  const bits = fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 9 })
  const prefix = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 4 })
  fc.assert(
    fc.property(
      fc.uniqueArray(bits, { maxLength: 40 }),
      prefix,
      bits,
      fc.nat(20),
      (keys, path, to, countMax) => {
        const leaf = leafOf()
        for (const key of keys) leaf.put(record(`offer/${key}`), now)
        const texts = (records: Record[]): string[] => records.map(({ key }) => key.slice(6))
        const sorted = [...keys].sort()
        const within = sorted.filter(key => key >= path && key < to)
        assert.deepEqual(texts(leaf.range(path, to, 99, now)), within)
        assert.deepEqual(texts(leaf.range(path, to, countMax, now)), within.slice(0, countMax))
        assert.deepEqual(
          texts(leaf.range(path, undefined, 99, now)),
          sorted.filter(key => key >= path),
        )
        const below = sorted.filter(key => key.startsWith(path))
        assert.equal(leaf.count(path), below.length)
        leaf.keepOnly(path)
        assert.deepEqual(texts(leaf.range('', undefined, 99, now)), below)
      },
    ),
    { numRuns: 200, seed: 1 },
  )
})

test('what has expired is not given out, and swept', () => {
  const leaf = leafOf()
  leaf.put(record('offer/1', 1, { expiresAt: now + 10 }), now)
  leaf.put(record('offer/10', 1), now)
  assert.deepEqual(
    [leaf.get('offer/1', now + 10).length, leaf.range('', undefined, 9, now + 10).length],
    [0, 1],
  )
  assert.equal(leaf.put(record('offer/1', 1, { sequence: 0 }), now + 10), 'stored', 'as if it had been swept')
  assert.equal(leaf.sweep(now + 1000), 2)
  assert.deepEqual([leaf.usage().records, leaf.usage().bytes], [0, 0])
})

test('what has expired follows the date, whatever the steady clock says', () => {
  let date = now
  const leaf = new RecordLeaf({ bytesMax: 1_000_000, standingOf, gridKeyOf, dateOf: () => date }, now)
  const { expiresAt } = record('offer/1')
  assert.equal(leaf.put(record('offer/1'), now), 'stored')
  date = expiresAt
  assert.deepEqual([leaf.get('offer/1', now), leaf.range('', undefined, 9, now)], [[], []])
  assert.equal(leaf.put(record('offer/0'), now), 'refused')
  date = now
  assert.equal(leaf.get('offer/1', expiresAt).length, 1)
  assert.equal(leaf.sweep(expiresAt), 0)
  date = expiresAt
  assert.equal(leaf.sweep(now), 1)
})

test('a key that has its fill takes nothing but what is proved, in place of what is not', () => {
  proved.clear()
  const leaf = leafOf()
  for (let by = 1; by <= 64; by++) assert.equal(leaf.put(record('holder/bafy', by), now), 'stored')
  assert.equal(leaf.put(record('holder/bafy', 65), now), 'refused')
  proved.add(peer(66))
  assert.equal(leaf.put(record('holder/bafy', 66), now), 'stored')
  const publishers = leaf.get('holder/bafy', now).map(({ publisher }) => publisher)
  assert.ok(publishers.length === 64 && publishers.includes(peer(66)))
})

test('in a full leaf a flooder displaces itself only, however many keys it uses', () => {
  proved.clear()
  const size = chargeOf(record('holder/a00'))
  const leaf = leafOf(100 * size)
  for (let i = 10; i < 40; i++) leaf.put(record(`holder/a${i}`, i), now)
  for (let i = 1000; i < 3000; i++)
    leaf.put(record(`holder/b${i}`.slice(0, 10), 1, { text: 'x'.repeat(36) }), now)
  assert.ok(leaf.usage().bytes <= leaf.usage().bytesMax)
  for (let i = 10; i < 40; i++) assert.equal(leaf.get(`holder/a${i}`, now).length, 1)
  assert.equal(leaf.put(record('holder/c00', 2), now), 'stored', 'and gives way to a newcomer')
})

test('a flood of one space takes what others do not want, and gives it back', () => {
  proved.clear()
  const size = chargeOf(record('holder/a0000'))
  const leaf = leafOf(100 * size)
  for (let i = 1000; i < 1200; i++) leaf.put(record(`offer/b${i}`, i), now)
  const before = leaf.usage().spaceBytes.offer
  assert.ok(before > 95 * size)
  for (let i = 1000; i < 1030; i++) assert.equal(leaf.put(record(`holder/a${i}`, i), now), 'stored')
  assert.ok(leaf.usage().spaceBytes.holder >= 30 * size && leaf.usage().spaceBytes.offer < before)
})

test('a flood by many identities, in all spaces, displaces nothing that is proved', () => {
  proved.clear()
  for (let by = 1; by <= 5; by++) proved.add(peer(by))
  const leaf = leafOf(200 * chargeOf(name('a10', 1)))
  const kept = [
    ...Array.from({ length: 60 }, (_, i) => name(`a${i + 10}`, 1, 9, now + 1000, `owner${i % 7}`)),
    ...Array.from({ length: 40 }, (_, i) => record(`holder/a${i + 10}`, (i % 5) + 1)),
  ]
  for (const item of kept) assert.equal(leaf.put(item, now), 'stored')
  const flood: SpaceName[] = ['holder', 'offer', 'peer', 'service', 'trust', 'client']
  for (let i = 0; i < 3000; i++)
    leaf.put(record(`${flood[i % flood.length]!}/z${i}`, 1000 + i, { text: 'x'.repeat(i % 60) }), now)
  assert.ok(leaf.usage().bytes > 0.95 * leaf.usage().bytesMax, 'the leaf is full')
  for (const item of kept) assert.equal(leaf.get(item.key, now).length, 1, item.key)
  assert.equal(leaf.put(name('new', 1), now), 'stored', 'and what is proved still comes in')
})

test('proved names give way to proved names only, and of the owner that has most', () => {
  proved.clear()
  proved.add(peer(1))
  const size = chargeOf(name('a100', 1))
  const leaf = leafOf(100 * size)
  for (let i = 100; i < 110; i++) leaf.put(name(`a${i}`, 1, 1, now + 1000, 'modest'), now)
  for (let i = 100; i < 300; i++) leaf.put(name(`b${i}`, 1, 1, now + 1000, 'greedy'), now)
  assert.ok(leaf.usage().spaceBytes.name <= 50 * size, 'names keep to their half')
  for (let i = 100; i < 110; i++) assert.equal(leaf.get(`name/inxt/a${i}`, now).length, 1)
  const names = leaf.usage().spaceBytes.name
  for (let i = 1000; i < 2000; i++) leaf.put(record(`holder/a${i}`, 1), now)
  assert.equal(leaf.usage().spaceBytes.name, names)
  assert.equal(leaf.put(name('c100', 1, 1, now + 1000, 'new'), now), 'stored')
  assert.deepEqual(
    ['b100', 'b101'].map(label => leaf.get(`name/inxt/${label}`, now).length),
    [0, 1],
    'in place of the oldest of the greedy one',
  )
})

test('when the disk refuses, nothing changes; when it takes again, all goes on', () => {
  proved.clear()
  const store = createMemoryStore()
  let isFull = false
  const leaf = leafOf(10 * chargeOf(record('offer/1')), {
    ...store,
    write: row => !isFull && store.write(row),
  })
  for (let i = 0; i < 8; i++) leaf.put(record(`offer/1${'0'.repeat(i)}`, 1), now)
  const before = leaf.usage()
  isFull = true
  assert.equal(leaf.put(record('offer/1', 1, { sequence: 2 }), now), 'refused')
  assert.equal(leaf.put(record('holder/big', 2, { text: 'x'.repeat(2000) }), now), 'refused')
  assert.deepEqual(leaf.usage(), before)
  assert.equal(leaf.get('offer/1', now)[0]!.sequence, 1)
  isFull = false
  assert.equal(leaf.put(record('offer/1', 1, { sequence: 2 }), now), 'stored')
})

test('a leaf opened again has what it had, but for what expired, and as much as a lowered bound allows', () => {
  proved.clear()
  const store = createMemoryStore()
  const first = leafOf(1_000_000, store)
  for (let i = 10; i < 30; i++) first.put(record(`offer/1${i.toString(2)}`, i), now)
  first.put(record('offer/0', 9, { expiresAt: now + 1 }), now)
  const all = first.range('', undefined, 99, now)
  const again = new RecordLeaf({ bytesMax: 1_000_000, standingOf, gridKeyOf, store }, now + 1)
  assert.deepEqual(
    again.range('', undefined, 99, now),
    all.filter(({ key }) => key !== 'offer/0'),
  )
  const half = leafOf(10 * chargeOf(record('offer/110000')), store)
  assert.ok(half.usage().records >= 9 && half.usage().bytes <= half.usage().bytesMax)
  half.sweep(now)
  assert.equal([...store.load()].length, half.usage().records)
})
