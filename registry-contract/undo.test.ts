import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../base/bytes.ts'
import type { Log } from './events.ts'
import { childNode } from './label.ts'
import { createRegistry, type Registry } from './registry.ts'
import { blockHash, contracts, log, registration } from './specimens.ts'

const owner = `0x${'0a'.repeat(20)}`
const other = `0x${'0b'.repeat(20)}`

function push(registry: Registry, logs: readonly Log[], branch = 0): ReturnType<Registry['apply']> {
  const head = registry.head()
  const number = (head?.number ?? 0) + 1
  return registry.apply({ number, hash: blockHash(number, branch), parentHash: head?.hash ?? '', logs })
}

function bytesOf(registry: Registry): Uint8Array {
  return concatBytes([...registry.checkpoint()])
}

/** Everything that a reader can see. */
function facts(registry: Registry): unknown {
  const names = [...registry.names()].map(name => name.plain())
  for (const name of names) assert.deepEqual(registry.lookup(name.label, -1)?.plain(), name)
  const known = registry.known().map(block => block.number)
  return { names, count: registry.nameCount(), roll: registry.roll(), claims: registry.claims(), known }
}

describe('undoing', () => {
  const blocks = fc.array(fc.array(log, { maxLength: 8 }), { minLength: 1, maxLength: 30 })

  test('a rewind equals folding only up to there, and can be folded on', () => {
    fc.assert(
      fc.property(blocks, blocks, fc.nat(), (before, after, cut) => {
        const registry = createRegistry(contracts)
        const expected = createRegistry({ ...contracts, seed: 99 })
        const kept = cut % (before.length + 1)
        before.forEach((logs, i) => {
          push(registry, logs)
          if (i < kept) push(expected, logs)
        })
        assert.ok(registry.rewindTo(kept))
        assert.deepEqual(facts(registry), facts(expected))
        for (const logs of after) {
          assert.deepEqual(push(registry, logs, 1), push(expected, logs, 1))
        }
        assert.deepEqual(facts(registry), facts(expected))
      }),
      { numRuns: 80, seed: 3 },
    )
  })

  test('a checkpoint continues exactly, undo included', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), (blocks, cut) => {
        const registry = createRegistry(contracts)
        for (const logs of blocks) push(registry, logs)
        const copy = createRegistry({ ...contracts, seed: 5 })
        copy.restore(bytesOf(registry))
        assert.deepEqual(facts(copy), facts(registry))
        const number = cut % (blocks.length + 1)
        assert.deepEqual(copy.rewindTo(number), registry.rewindTo(number))
        assert.deepEqual(facts(copy), facts(registry))
      }),
      { numRuns: 80, seed: 4 },
    )
  })

  test('a draft is folded aside and takes the place in one step; what differs is told', () => {
    const registry = createRegistry(contracts)
    push(registry, [
      ...registration('gone', owner),
      ...registration('same', owner),
      ...registration('moved', owner),
    ])
    const draft = registry.draft()
    push(
      draft,
      [...registration('new', owner), ...registration('moved', other), ...registration('same', owner)],
      1,
    )
    assert.equal(registry.lookup('new', 0), undefined)
    const changes = draft.install()
    assert.deepEqual([...changes.labels].sort(), ['gone', 'moved', 'new'])
    assert.deepEqual(facts(registry), facts(draft))
    assert.equal(registry.head()?.hash, blockHash(1, 1))
    assert.equal(registry.lookup('gone', 0), undefined)
  })

  test('the journal ends where it says', () => {
    const registry = createRegistry({ ...contracts, depthMax: 4 })
    for (let i = 0; i < 10; i++) push(registry, [])
    assert.deepEqual(
      registry.known().map(block => block.number),
      [10, 9, 8, 7, 6],
    )
    assert.equal(registry.rewindTo(5), undefined)
    assert.equal(registry.head()?.number, 10)
    assert.ok(registry.rewindTo(6))
    assert.equal(registry.head()?.number, 6)
  })

  test('a block that is not the child of the head is a bug of the caller', () => {
    const registry = createRegistry(contracts)
    push(registry, [])
    const next = { number: 2, hash: blockHash(2, 0), parentHash: blockHash(1, 9), logs: [] }
    assert.throws(() => registry.apply(next), /assertion/)
    assert.throws(() => registry.apply({ ...next, number: 1 }), /assertion/)
  })
})

test('labels of every length, the long ones undone and taken again', () => {
  const registry = createRegistry({ ...contracts, seed: 3 })
  const labels = Array.from({ length: 62 }, (_, i) => `${'x'.repeat(i)}-z`.slice(-(i + 2)).replace(/^-/, 'y'))
  const check = (count: number): void => {
    for (const [i, label] of labels.entries()) {
      assert.equal(
        registry.lookup(label, 0)?.node,
        i < count ? childNode(contracts.suffixNode, label) : undefined,
      )
    }
    assert.equal(registry.lookup(`${labels.at(-1)!.slice(0, -1)}q`, 0), undefined)
    for (const label of ['', 'x'.repeat(64), `\u0178${labels[9]!.slice(1)}`])
      assert.equal(registry.lookup(label, 0), undefined)
  }
  for (const half of [labels.slice(0, 31), labels.slice(31)]) {
    push(
      registry,
      half.flatMap(label => registration(label, owner)),
    )
  }
  check(62)
  registry.rewindTo(1)
  check(31)
  push(
    registry,
    labels.slice(31).flatMap(label => registration(label, other)),
    1,
  )
  check(62)
  const copy = createRegistry({ ...contracts, seed: 4 })
  copy.restore(bytesOf(registry))
  assert.deepEqual(facts(copy), facts(registry))
})

test('ten thousand names are told apart, by label and after undoing half of them', () => {
  const registry = createRegistry({ ...contracts, seed: 7 })
  const count = 10_000
  for (const first of [0, count / 2]) {
    const labels = Array.from({ length: count / 2 }, (_, i) => `name-${first + i}`)
    push(
      registry,
      labels.flatMap(label => registration(label, owner)),
    )
  }
  for (let i = 0; i < count; i++) {
    const label = `name-${i}`
    assert.equal(registry.lookup(label, 0)?.node, childNode(contracts.suffixNode, label))
  }
  registry.rewindTo(1)
  assert.equal(registry.nameCount(), count / 2)
  for (let i = 0; i < count; i++) assert.equal(registry.lookup(`name-${i}`, 0) !== undefined, i < count / 2)
  assert.equal(registry.lookup(`name-${count}`, 0), undefined)
})
