import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type QueryEvent, wideQueries } from './ground.ts'
import { evenPaths, hashedGridKey, Trie, unsignedRecord } from './testing-trie.ts'

function grow(peers: number, depth: number) {
  const paths = evenPaths(peers, depth)
  const trie = new Trie({ seed: 7, paths, tuning: wideQueries, gridKeyOf: hashedGridKey, isCoded: true })
  const told: QueryEvent[] = []
  trie.onTold = (_, event) => void told.push(event)
  return { trie, told }
}

type Told<Kind> = Extract<QueryEvent, { kind: Kind }>
function only<Kind extends QueryEvent['kind']>(told: QueryEvent[], kind: Kind): Told<Kind>[] {
  return told.filter((event): event is Told<Kind> => event.kind === kind)
}

describe('a peer without a place', () => {
  test('sends its own questions to somebody else, and answers none', () => {
    const { trie, told } = grow(64, 3)
    const newcomer = trie.peers[0]!
    newcomer.isPlaced = false
    const records = ['name/a', 'name/b', 'name/c'].map(key => unsignedRecord(key))
    for (const record of records)
      for (const home of trie.homesOf(hashedGridKey(record.key))) home.leaf.put(record)
    newcomer.leaf.keepOnly('2')
    const elsewhere = ['d', 'e', 'f', 'g'].find(key => hashedGridKey(key)[0] === '1')!
    for (const [id, { key }] of records.entries())
      trie.do(newcomer, newcomer.queries.lookup(id, key, trie.now))
    trie.do(newcomer, newcomer.queries.put(3, unsignedRecord(elsewhere), trie.now))
    const all = { from: '', to: '', countMax: 100, isInOrder: false }
    trie.do(newcomer, newcomer.queries.range(4, all, trie.now))
    trie.run(1000)
    assert.deepEqual(
      only(told, 'found').map(({ outcome }) => outcome),
      ['here', 'here', 'here'],
    )
    assert.equal(only(told, 'stored')[0]?.outcome, 'here')
    assert.deepEqual(newcomer.leaf.get(elsewhere, trie.now), [], 'it took no record as its own')
    const [ranged] = only(told, 'ranged')
    assert.ok(ranged?.isComplete && ranged.records.length >= 3)
    told.length = 0
    const leg = { id: 9, fuel: 8, waitMs: 500, matched: 0 }
    const ask = { kind: 'ask', ...leg, key: 'name/a', isFinal: false, isAside: false } as const
    const [answer] = newcomer.queries.receive(ask, trie.peers[1]!.reference.peer, trie.now)
    assert.ok(
      answer?.do === 'send' && answer.message.kind === 'answer' && answer.message.outcome === 'astray',
    )
  })

  test('says quickly that nobody is there', () => {
    const { trie, told } = grow(2, 1)
    trie.peers[0]!.isPlaced = false
    trie.setUp(1, false)
    trie.run(40_000)
    trie.do(trie.peers[0]!, trie.peers[0]!.queries.lookup(1, 'name/a', trie.now))
    assert.equal(only(told, 'found')[0]?.outcome, 'unreachable')
  })
})
