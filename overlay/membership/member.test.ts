import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerify } from '../signature.ts'
import { testKey, testMember } from '../testing.ts'
import { hasGoodSeal, overrides, type Standing } from './member.ts'

const rows: [claim: [Standing, number], known: [Standing, number], wins: boolean][] = [
  [['alive', 2], ['suspect', 1], true],
  [['alive', 2], ['alive', 1], true],
  [['alive', 1], ['alive', 1], false],
  [['alive', 1], ['suspect', 1], false],
  [['suspect', 1], ['alive', 1], true],
  [['suspect', 2], ['suspect', 1], true],
  [['suspect', 1], ['suspect', 1], false],
  [['suspect', 1], ['alive', 2], false],
  [['dead', 1], ['suspect', 1], true],
  [['dead', 1], ['alive', 2], false],
  [['alive', 2], ['dead', 1], true],
  [['alive', 1], ['dead', 1], false],
  [['left', 1], ['dead', 1], true],
]
for (const [claim, known, wins] of rows)
  test(`${claim.join(' ')} ${wins ? 'overrides' : 'does not override'} ${known.join(' ')}`, () => {
    const of = ([standing, incarnation]: [Standing, number]) => ({ standing, incarnation })
    assert.equal(overrides(of(claim), of(known)), wins)
  })

test('a seal covers id, address, incarnation and leaving, and lets others add a doubt', () => {
  const verify = createVerify()
  const member = testMember(1, 5)
  assert.ok(hasGoodSeal(member, verify))
  assert.ok(hasGoodSeal({ ...member, standing: 'suspect' }, verify))
  assert.ok(hasGoodSeal(testMember(1, 5, 'left'), verify))
  for (const change of [{ incarnation: 6 }, { host: '10.0.0.2' }, { port: 1 }, { standing: 'left' as const }])
    assert.ok(!hasGoodSeal({ ...member, ...change }, verify))
  assert.ok(!hasGoodSeal({ ...member, id: testKey(2).id }, verify))
})
