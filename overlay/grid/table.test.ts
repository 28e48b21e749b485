import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Table } from './table.ts'
import type { Reference } from './view.ts'

const bounds = { refsMax: 4, replicasMax: 3, fidgetsMax: 2, missesMax: 2 }
const at = (peer: string, path: string, revision = 1): Reference => {
  return { peer, path, revision, host: '10.0.0.1', port: 7000 }
}
const peers = (list: readonly Reference[]): string[] => list.map(({ peer }) => peer)

function tableAt(path: string, rtts: { [peer: string]: number } = {}): Table {
  const table = new Table('self', bounds, peer => rtts[peer])
  table.moveTo(path)
  return table
}

describe('a table', () => {
  test('shows a peer at the level at which it parts, also after a move', () => {
    const table = tableAt('01')
    for (const [peer, path] of ['a 1', 'b 10', 'c 00', 'd 01', 'e 0', 'f 011'].map(row => row.split(' ')))
      table.hear(at(peer!, path!), true, 1)
    assert.deepEqual(peers(table.references(1)).sort(), ['a', 'b'])
    assert.deepEqual(peers(table.references(2)), ['c'])
    assert.deepEqual(peers(table.replicas()), ['d'])
    table.moveTo('10')
    assert.deepEqual(peers(table.replicas()), ['b'])
    assert.deepEqual(peers(table.references(1)).sort(), ['c', 'd', 'e', 'f'])
    assert.deepEqual(peers(table.references(2)), ['a'], 'who answers for more is better than nobody')
  })

  test('keeps a level within its bound and spread over its quarters, near ones first', () => {
    const table = tableAt('0', { far: 90, near: 10, middle: 50 })
    for (const peer of ['far', 'near', 'middle']) table.hear(at(peer, '100'), true, 1)
    table.hear(at('b', '101'), true, 1)
    table.hear(at('c', '110'), true, 1)
    assert.deepEqual(new Set(peers(table.references(1))), new Set(['near', 'middle', 'b', 'c']))
    table.hear(at('d', '111'), true, 1)
    assert.deepEqual(new Set(peers(table.references(1))), new Set(['near', 'd', 'b', 'c']))
  })

  test('believes a peer about itself, and of hearsay the greater revision', () => {
    const table = tableAt('0')
    table.hear(at('a', '10', 9), false, 1)
    table.hear(at('a', '11', 8), false, 2)
    assert.equal(table.get('a')?.path, '10')
    table.hear(at('a', '111', 2), true, 3)
    assert.equal(table.get('a')?.path, '111')
    table.hear(at('self', '111'), false, 3)
    assert.equal(table.get('self'), undefined)
  })

  test('ranks the silent last and drops them in the end', () => {
    const table = tableAt('0')
    table.hear(at('a', '1'), true, 1)
    table.hear(at('b', '1'), true, 1)
    table.silent('a')
    assert.deepEqual(peers(table.references(1)), ['b', 'a'])
    assert.equal(table.staleShare(1), 0.5)
    table.answered('a', 5)
    assert.equal(table.staleShare(1), 0)
    table.silent('a')
    table.silent('a')
    assert.deepEqual(peers(table.references(1)), ['b'])
  })

  test('forgets who is gone and who is not spoken of', () => {
    const table = tableAt('0')
    table.hear(at('a', '1'), true, 1)
    table.hear(at('b', '1'), true, 5)
    assert.ok(table.forget(() => true, 3))
    assert.ok(!table.forget(() => true, 3))
    assert.ok(table.forget(peer => peer !== 'b', 3))
    assert.deepEqual(table.all(), [])
  })
})
