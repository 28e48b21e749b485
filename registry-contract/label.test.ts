import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { childNode, isLabel, nodeOf, requireLabel } from './label.ts'

test('labels are lower-case letters, digits and inner hyphens, 1 to 63', () => {
  const rows: [label: string, valid: boolean][] = [
    ['a', true],
    ['0', true],
    ['my-site', true],
    ['xn--bcher-kva', true],
    ['a--b', true],
    ['a'.repeat(63), true],
    ['', false],
    ['a'.repeat(64), false],
    ['-a', false],
    ['a-', false],
    ['-', false],
    ['A', false],
    ['a.b', false],
    ['a_b', false],
    ['a b', false],
    ['a\n', false],
    ['ä', false],
    ['a\0', false],
  ]
  for (const [label, valid] of rows) {
    assert.equal(isLabel(label), valid, JSON.stringify(label))
    if (valid) assert.equal(requireLabel(label), label)
    else
      assert.throws(
        () => requireLabel(label),
        error => isFault(error, 'name/invalid'),
      )
  }
})

test('nodes are those of EIP-137', () => {
  // The two values that EIP-137 itself gives.
  assert.equal(nodeOf('eth'), '0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae')
  assert.equal(nodeOf('foo.eth'), '0xde9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f')
  assert.equal(childNode(nodeOf('eth'), 'foo'), nodeOf('foo.eth'))
  assert.throws(
    () => nodeOf('a..b'),
    error => isFault(error, 'name/invalid'),
  )
})
