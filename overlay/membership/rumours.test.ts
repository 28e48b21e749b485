import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { testMember } from '../testing.ts'
import { Probing } from './probing.ts'
import { Rumours } from './rumours.ts'
import { Suspicions, suspicionPeriods } from './suspicion.ts'

test('the least told rumour goes first, and none goes more than λ·ceil(ln(n + 1)) times', () => {
  const rumours = new Rumours(3)
  const [a, b, c] = [testMember(1), testMember(2), testMember(3)]
  rumours.add(a)
  assert.deepEqual(rumours.take(1, 5), [a])
  rumours.add(b)
  rumours.add(c)
  assert.deepEqual(rumours.take(2, 5), [b, c])
  let told = 3
  while (rumours.size > 0) told += rumours.take(6, 5).length
  assert.equal(told, 3 * 3 * Math.ceil(Math.log(6)))
})

test('a newer rumour about a member takes the place of the older', () => {
  const rumours = new Rumours(3)
  rumours.add(testMember(1, 1))
  rumours.add(testMember(1, 2, 'suspect'))
  assert.deepEqual(rumours.take(6, 5), [testMember(1, 2, 'suspect')])
})

test('everybody is probed once in each pass, and newcomers in the pass after at the latest', () => {
  const probing = new Probing(seededRandom(1))
  const ids = ['a', 'b', 'c', 'd', 'e']
  for (const id of ids) probing.add(id)
  const pass = (): string[] => ids.map(() => probing.next(() => true)!)
  for (let i = 0; i < 5; i++) assert.deepEqual(pass().sort(), ids)
  probing.add('f')
  const next = Array.from({ length: 2 * 6 - 1 }, () => probing.next(() => true))
  assert.ok(next.includes('f'))
  assert.equal(
    probing.next(id => id === 'x'),
    undefined,
  )
})

test('suspicion lasts longer in larger groups', () => {
  const rows: [size: number, periods: number][] = [
    [1, 3],
    [5, 6],
    [20, 12],
    [128, 15],
    [1000, 21],
  ]
  for (const [size, periods] of rows) assert.equal(suspicionPeriods(3, size), periods)
  assert.equal(suspicionPeriods(0, 100), 0)
})

test('the accused is heard once before its time is up', () => {
  const suspicions = new Suspicions()
  suspicions.begin('a', 100, 200)
  assert.equal(suspicions.nextAt(), 100)
  assert.deepEqual(suspicions.unheard(99), [])
  assert.deepEqual(suspicions.unheard(100), ['a'])
  assert.deepEqual(suspicions.unheard(150), [])
  assert.equal(suspicions.nextAt(), 200)
  suspicions.postpone(50)
  assert.deepEqual(suspicions.due(200), [])
  assert.deepEqual(suspicions.due(250), ['a'])
  suspicions.end('a')
  assert.equal(suspicions.nextAt(), Number.POSITIVE_INFINITY)
})
