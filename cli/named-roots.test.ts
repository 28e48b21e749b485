import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createNamedRoots } from './named-roots.ts'

function world(names: Map<string, string>) {
  const it = { others: ['z'], now: 0, reads: 0, told: [] as string[] }
  const named = createNamedRoots({
    labels: () => names.keys(),
    rootOf(label) {
      it.reads++
      return names.get(label) || undefined
    },
    others: () => it.others,
    now: () => it.now,
  })
  named.refresh()
  named.onTurn((root, isNamed) => it.told.push(`${isNamed ? '+' : '-'}${root}`))
  return { it, named }
}

describe('named roots', () => {
  test('a block costs as many readings as it has names, whatever there are', () => {
    const names = new Map(Array.from({ length: 10_000 }, (_, i) => [`name-${i}`, `root-${i}`]))
    const { it, named } = world(names)
    it.reads = 0
    names.set('name-7', 'new').set('name-8', 'new')
    named.renamed(['name-7', 'name-8'])
    named.refresh()
    assert.equal(it.reads, 2)
    assert.deepEqual(it.told, ['+new', '-root-7', '-root-8'])
  })

  test('a root is there as long as one name, or one of the others, points at it', () => {
    const names = new Map([
      ['one', 'a'],
      ['two', 'a'],
    ])
    const { it, named } = world(names)
    assert.deepEqual([...named], ['a', 'z'])
    names.delete('one')
    named.renamed(['one'])
    assert.equal(named.has('a'), true)
    it.others = ['a', 'y']
    named.refresh()
    names.set('two', 'y')
    named.renamed(['two'])
    assert.deepEqual([...named], ['y', 'a'])
    it.others = []
    named.refresh()
    assert.deepEqual([...named], ['y'])
    assert.deepEqual(it.told, ['+y', '-z', '-a'])
  })

  test('what ended by the clock goes within two minutes, and comes back when the clock was wrong', () => {
    const names = new Map(Array.from({ length: 100 }, (_, i) => [`name-${i}`, `root-${i}`]))
    const { it, named } = world(names)
    const wait = (): void => {
      for (let i = 0; i < 60; i++) {
        it.now += 2000
        it.reads = 0
        named.refresh()
        assert.ok(it.reads <= 5, `${it.reads} at once`)
      }
    }
    for (const label of names.keys()) names.set(label, '')
    wait()
    assert.deepEqual([...named], ['z'])
    for (const label of names.keys()) names.set(label, 'back')
    it.now += 60_000
    named.refresh()
    assert.deepEqual([...named].sort(), ['back', 'z'])
  })
})
