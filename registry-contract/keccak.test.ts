import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../base/bytes.ts'
import { childNodeShort, isChildNode, keccakShort } from './keccak.ts'
import { childNode, nodeOf } from './label.ts'

test('the hash is that of @noble/hashes, at every length', () => {
  for (let length = 0; length <= 135; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length * 7) & 0xff)
    assert.equal(toHex(keccakShort(bytes)), toHex(keccak_256(bytes)), `${length} bytes`)
  }
  assert.throws(() => keccakShort(new Uint8Array(136)), /assertion/)
})

test('the empty input has the digest that everybody knows', () => {
  const known = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
  assert.equal(toHex(keccakShort(new Uint8Array(0))), known)
})

test('a node is that of label.ts, and told from its neighbours', () => {
  const parent = nodeOf('inxt')
  const bytes = fromHex(parent)!
  for (const label of ['a', 'welcome', 'x'.repeat(63)]) {
    const node = childNode(parent, label)
    assert.equal(childNodeShort(bytes, label), node)
    assert.ok(isChildNode(node, bytes, label))
    assert.ok(!isChildNode(node, bytes, `${label.slice(1)}b`))
    const last = node.endsWith('0') ? '1' : '0'
    assert.ok(!isChildNode(node.slice(0, -1) + last, bytes, label))
  }
})
