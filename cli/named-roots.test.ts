import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNamedRoots } from './named-roots.ts'

test('names are read once for a state and a minute, and the set is the same until it changes', () => {
  const names = new Set(['a', 'b'])
  let [others, state, now, reads] = [['z'], 'block 1', 0, 0]
  const named = createNamedRoots({
    state: () => state,
    roots() {
      reads++
      return names
    },
    others: () => others,
    wallNow: () => now,
  })
  const first = named()
  assert.deepEqual([...first], ['a', 'b', 'z'])
  assert.equal(named(), first)
  others = ['z', 'a']
  assert.equal(named(), first, 'what a name points at, too, is no more than it was')
  others = ['y']
  assert.deepEqual([...named()], ['a', 'b', 'y'])
  assert.equal(reads, 1)
  names.delete('b')
  state = 'block 2'
  assert.deepEqual([...named()], ['a', 'y'])
  now = 60_000
  names.delete('a')
  assert.deepEqual([...named()], ['y'])
  assert.equal(reads, 3)
})
