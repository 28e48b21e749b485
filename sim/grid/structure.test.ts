import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { Structure } from '../../overlay/grid/structure.ts'
import { devnetGridTuning } from '../../overlay/grid/structure-options.ts'
import type { StructureMessage } from '../../overlay/grid/structure-wire.ts'
import type { Reference } from '../../overlay/grid/view.ts'
import { dataDriven } from './datadriven.ts'
import { Forest, type Tree } from './forest.ts'
import { grid2001 } from './grid2001.ts'
import { growth, recordOf } from './growth.ts'
import { parting } from './parting.ts'
import { PlainLeaf } from './plain-leaf.ts'

const tuning = devnetGridTuning
const agree = (forest: Forest): boolean => {
  const running = forest.running()
  return running.every(({ machine }) => {
    const isRunning = machine.replicas().every(({ peer }) => running.some(({ id }) => id === peer))
    return machine.isPlaced() && isRunning && machine.replicas().length === running.length - 1
  })
}
const startAll = (forest: Forest): void => forest.trees.forEach(tree => void forest.start(tree))

describe('a few machines', () => {
  for (const size of [2, 5, 12])
    test(`${size} are replicas of each other within 5 s, and drop a dead one as soon as membership does`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const forest = new Forest({ seed, size, tuning })
        startAll(forest)
        assert.ok(forest.runUntil(() => agree(forest), 5000) <= 5000)
        forest.kill(forest.trees[0]!)
        assert.ok(forest.runUntil(() => agree(forest), 1000) <= 1000)
        forest.start(forest.trees[0]!)
        assert.ok(forest.runUntil(() => agree(forest), 5000) <= 5000)
      }
    })

  test('one alone has its place at once', () => {
    const forest = new Forest({ seed: 1, size: 1, tuning })
    startAll(forest)
    assert.ok(forest.trees[0]!.machine.isPlaced())
  })

  test('the survivors of a partition that died answer for it', () => {
    const forest = new Forest({ seed: 1, size: 24, tuning })
    startAll(forest)
    const sideOf = ({ machine }: Tree): string => machine.self().path[0] ?? ''
    assert.ok(forest.runUntil(() => forest.running().every(tree => sideOf(tree) !== ''), 20_000) <= 20_000)
    forest.run(5000)
    for (const tree of forest.running()) if (sideOf(tree) === '1') forest.kill(tree)
    const isWhole = () => forest.running().every(({ machine }) => machine.self().path === '')
    assert.ok(forest.runUntil(isWhole, 10_000) <= 10_000)
  })
})

describe('two partitions that lost most of their peers', () => {
  test('join again, lose nothing and stay together', () => {
    const forest = new Forest({ seed: 3, size: 12, tuning: { ...tuning, deltaMax: 50 } })
    startAll(forest)
    forest.run(5000)
    const records = Array.from({ length: 120 }, (_, i) => recordOf(i, forest.trees[0]!.id))
    for (const record of records) forest.store(record, 12)
    const side = (bit: string) =>
      forest.running().filter(({ machine }) => machine.self().path.startsWith(bit))
    const hasParted = () => side('0').length + side('1').length === 12
    assert.ok(forest.runUntil(hasParted, 30_000) <= 30_000)
    forest.run(10_000)
    assert.ok(Math.min(side('0').length, side('1').length) >= 5)
    for (const tree of [...side('0').slice(2), ...side('1').slice(3)]) forest.kill(tree)
    const isOne = () => forest.running().every(({ machine }) => machine.self().path === '')
    assert.ok(forest.runUntil(isOne, 10_000) <= 10_000)
    forest.run(5000)
    for (const { leaf } of forest.running()) assert.equal(leaf.count(''), records.length)
    let moves = 0
    for (let i = 0; i < 300; i++) {
      forest.run(100)
      moves += Number(!isOne())
    }
    assert.equal(moves, 0)
  })
})

describe('a peer that starts with the records of its last run', () => {
  test('joins, hands on what is not its own, and loses nothing', () => {
    const forest = new Forest({ seed: 5, size: 24, tuning: { ...tuning, deltaMax: 60 } })
    startAll(forest)
    forest.run(5000)
    const records = Array.from({ length: 200 }, (_, i) => recordOf(i, forest.trees[0]!.id))
    for (const record of records) forest.store(record, 3)
    forest.run(20_000)
    const [tree] = forest.trees as [Tree]
    forest.kill(tree)
    forest.run(2000)
    // Acknowledged when there was one partition, and known to nobody else.
    const old = Array.from({ length: 100 }, (_, i) => recordOf(1000 + i, tree.id))
    for (const record of old) tree.leaf.put(record)
    forest.start(tree)
    const isHome = (): boolean => {
      const { path } = tree.machine.self()
      return tree.machine.isPlaced() && path !== '' && tree.leaf.count('') === tree.leaf.count(path)
    }
    assert.ok(forest.runUntil(isHome, 30_000) <= 30_000)
    forest.run(5000)
    for (const { key } of [...records, ...old])
      assert.ok(forest.homesOf(key).filter(({ leaf }) => leaf.get(key).length > 0).length >= 2, key)
  })
})

describe('a hostile frame', () => {
  const [self, friend, stranger] = new Forest({ seed: 1, size: 3, tuning }).trees.map(
    ({ id }) => id,
  ) as string[]
  const reference = (peer: string, path: string, revision = 1): Reference => {
    return { peer, path, revision, host: '10.0.0.9', port: 7000 }
  }
  const machine = (): Structure => {
    const list = [{ id: friend!, host: '10.0.0.9', port: 7000 }]
    const options = { tuning, self: { peer: self!, host: '10.0.0.1', port: 7000 }, random: seededRandom(1) }
    return new Structure({ ...options, leaf: new PlainLeaf(), members: () => list }, 0)
  }
  const head = (peer: string) => ({ call: 7, self: reference(peer, '1') })
  const counts = { zeros: 0, ones: 0, peers: 1, gone: [0, 0] as const, isNew: false, known: [] }
  const rows: [string, StructureMessage, string][] = [
    ['that speaks for another', { kind: 'moved', ...head(stranger!) }, 'forged'],
    ['that speaks for the receiver', { kind: 'moved', ...head(self!) }, 'forged'],
    [
      'that answers no meeting',
      { kind: 'met', ...head(friend!), ...counts, isBusy: false, crowded: 0 },
      'unasked',
    ],
    [
      'that brings records unasked',
      { kind: 'pulled', ...head(friend!), from: '', skip: 0, isLast: true, records: [] },
      'unasked',
    ],
    ['that acknowledges nothing sent', { kind: 'kept', ...head(friend!), names: ['00'] }, 'unasked'],
  ]
  for (const [name, message, reason] of rows)
    test(`${name} is refused and changes no place`, () => {
      const structure = machine()
      const effects = structure.receive(message, friend!, 1)
      assert.deepEqual(effects, [{ do: 'tell', event: { kind: 'refused', reason } }])
      assert.equal(structure.self().path, '')
    })

  test('cannot bring in peers that are no members, nor speak louder than they do themselves', () => {
    const structure = machine()
    const known = [reference(stranger!, '0'), reference(self!, '1', 2 ** 40)]
    structure.receive({ kind: 'meet', ...head(friend!), ...counts, chance: 0, known }, friend!, 1)
    assert.equal(structure.replicas().length, 0)
    assert.deepEqual(structure.references(1), [])
    assert.equal(structure.self().path, '')
  })
})

describe('the figures of the structure keep their bounds, in small', () => {
  for (const section of [grid2001, parting, dataDriven, growth])
    test(section.story, () => {
      const wrong = section
        .play(1, 'small')
        .figures.filter(({ value, min, max }) => !(value >= min && value <= max))
      assert.deepEqual(wrong, [])
    })
})
