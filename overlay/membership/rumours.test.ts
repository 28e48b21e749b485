import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { testMember } from '../testing.ts'
import type { Member } from './member.ts'
import { Probing } from './probing.ts'
import { Rumours } from './rumours.ts'

const take = (rumours: Rumours<Member>, count: number): Member[] => rumours.take(count, 1000, () => 100, 5)

test('the least told rumour goes first, and none goes more than λ·ceil(ln(n + 1)) times', () => {
  const rumours = new Rumours<Member>(3)
  const [a, b, c] = [testMember(1), testMember(2), testMember(3)]
  rumours.add(a)
  assert.deepEqual(take(rumours, 1), [a])
  rumours.add(b)
  rumours.add(c)
  assert.deepEqual(take(rumours, 2), [b, c])
  let told = 3
  while (rumours.size > 0) told += take(rumours, 6).length
  assert.equal(told, 3 * 3 * Math.ceil(Math.log(6)))
})

test('a newer rumour about a member takes the place of the older', () => {
  const rumours = new Rumours<Member>(3)
  rumours.add(testMember(1, 1))
  rumours.add(testMember(1, 2, 'suspect'))
  assert.deepEqual(take(rumours, 6), [testMember(1, 2, 'suspect')])
})

test('a frame takes what fits it, and nothing about whom it goes to', () => {
  const rumours = new Rumours<Member>(3)
  const [a, b, c] = [testMember(1), testMember(2), testMember(3)]
  for (const member of [a, b, c]) rumours.add(member)
  assert.deepEqual(
    rumours.take(6, 250, () => 100, 5, b.id),
    [a, c],
  )
  assert.deepEqual(
    rumours.take(6, 99, () => 100, 5),
    [],
  )
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

test('evidence brings a member forward, but only every other time', () => {
  const probing = new Probing(seededRandom(1))
  for (const id of ['a', 'b', 'c', 'd']) probing.add(id)
  for (const id of ['c', 'd', 'c']) probing.hasten(id)
  const order = Array.from({ length: 4 }, () => probing.next(() => true))
  assert.deepEqual([order[0], order[2]], ['c', 'd'])
})

test('helpers are different, and such as may help', () => {
  const probing = new Probing(seededRandom(1))
  for (const id of ['a', 'b', 'c', 'd']) probing.add(id)
  assert.deepEqual(probing.pick(3, id => id !== 'a').sort(), ['b', 'c', 'd'])
  assert.deepEqual(
    probing.pick(3, () => false),
    [],
  )
})
