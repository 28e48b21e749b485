import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Created, planSteps, type Step } from './deployment.ts'

type Name = 'token' | 'facts' | 'policy' | 'list'
const names: readonly Name[] = ['token', 'facts', 'policy', 'list']

/** Facts and policy know each other, the policy knows the token, the list stands alone. */
function creationOf(name: Name, at: Readonly<Record<Name, string>>): string {
  const rows = { token: '', facts: at.policy, policy: at.facts + at.token, list: '' }
  return `${name}:${rows[name]}`
}

function plan(kept: ReadonlyMap<Name, Created>, nonce: number, edit = ''): Step<Name>[] {
  return planSteps({
    names,
    kept,
    creationOf: (name, at) => creationOf(name, at) + (name === edit ? '!' : ''),
    addressOf: k => `@${nonce + k}`,
  })
}

function created(steps: readonly Step<Name>[], count: number): Map<Name, Created> {
  const there = steps.slice(0, count).map(({ name, address, creationHash }): [Name, Created] => {
    return [name, { address, creationHash, codeHash: '', blockNumber: 1 }]
  })
  return new Map(there)
}

const fresh = (steps: readonly Step<Name>[]): Name[] =>
  steps.filter(({ kept }) => kept === undefined).map(({ name }) => name)

describe('deployment', () => {
  const first = plan(new Map(), 5)

  test('a first one creates everything, with addresses that fit each other', () => {
    assert.deepEqual(fresh(first), names)
    assert.deepEqual(
      first.map(({ address }) => address),
      ['@5', '@6', '@7', '@8'],
    )
    assert.equal(first[1]!.creation, 'facts:@7')
    assert.equal(first[2]!.creation, 'policy:@6@5')
  })

  test('a complete one is left alone, whatever the deployer did since', () => {
    assert.deepEqual(fresh(plan(created(first, 4), 99)), [])
  })

  test('one that broke off goes on, also between two that know each other', () => {
    assert.deepEqual(fresh(plan(created(first, 1), 6)), ['facts', 'policy', 'list'])
    assert.deepEqual(fresh(plan(created(first, 2), 7)), ['policy', 'list'])
    const strayed = plan(created(first, 2), 8)
    assert.deepEqual(fresh(strayed), ['facts', 'policy', 'list'], 'another transaction took the number')
    assert.deepEqual(strayed[1]!.creation, 'facts:@9')
  })

  test('what is new makes new what depends on it, and nothing else', () => {
    const there = created(first, 4)
    assert.deepEqual(fresh(plan(there, 9, 'list')), ['list'])
    assert.deepEqual(fresh(plan(there, 9, 'policy')), ['facts', 'policy'])
    assert.deepEqual(fresh(plan(there, 9, 'token')), ['token', 'facts', 'policy'])
    there.delete('policy')
    assert.deepEqual(fresh(plan(there, 9)), ['facts', 'policy'])
  })
})
