import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerify } from '../signature.ts'
import { testMember } from '../testing.ts'
import { Roster } from './roster.ts'

function rosterOf(count: number): Roster {
  const roster = new Roster(100, createVerify())
  for (let i = 1; i <= count; i++) roster.hear(testMember(i), i)
  return roster
}

test('slices walk over everybody once, in order', () => {
  const roster = rosterOf(25)
  const seen: string[] = []
  for (let after = '', more = true; more; ) {
    const slice = roster.slice(after, 11)
    seen.push(...slice.members.map(member => member.id))
    after = seen.at(-1)!
    more = slice.more
  }
  assert.deepEqual(
    seen,
    roster
      .all()
      .map(member => member.id)
      .sort(),
  )
})

test('random slices hit each member often enough', () => {
  const roster = rosterOf(15)
  const hits = new Map<string, number>()
  const draws = 1000
  for (let i = 0; i < draws; i++)
    for (const { id } of roster.slice(roster.randomStart(5, i / draws), 5).members)
      hits.set(id, (hits.get(id) ?? 0) + 1)
  // Of 15 + 4 places, at least 5 show any one member.
  for (const count of hits.values()) assert.ok(count / draws > 5 / 19 - 0.01)
  assert.equal(hits.size, 15)
})

test('the dead are remembered for a while, so that old news does not bring them back', () => {
  const roster = rosterOf(2)
  assert.notEqual(roster.hear(testMember(1, 1, 'dead'), 10), 'known')
  assert.equal(roster.hear(testMember(1, 1), 11), 'known')
  assert.deepEqual(
    roster.live().map(member => member.id),
    [testMember(2).id],
  )
  roster.forget(10)
  assert.equal(roster.size, 2)
  roster.forget(11)
  assert.equal(roster.hear(testMember(3, 1, 'dead'), 12), 'known')
  assert.equal(roster.size, 1)
})
