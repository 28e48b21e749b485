import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wideQueries } from './ground.ts'
import { evenPaths, hashedGridKey, Trie, unsignedRecord } from './testing-trie.ts'

const still = { ...wideQueries, compareIntervalMs: 1e12, newcomersMax: 0, popularityIntervalMs: 1e12 }

function group(count: number, lossShare = 0, tuning = still) {
  const trie = new Trie({
    ...{
      seed: 2,
      paths: evenPaths(count, 0),
      tuning,
      gridKeyOf: hashedGridKey,
      lossShare,
      isCoded: true,
    },
  })
  const written = new Map<number, number>()
  trie.onSent = (_, to, { kind }) => {
    if (kind === 'rumour') written.set(to.index, (written.get(to.index) ?? 0) + 1)
  }
  const put = (index: number, sequence: number): void => {
    const peer = trie.peers[index]!
    trie.do(peer, peer.queries.put(1, unsignedRecord('a', sequence), trie.now))
  }
  const have = (sequence: number): number =>
    trie.peers.filter(({ leaf }) => leaf.get('a', trie.now)[0]?.sequence === sequence).length
  return { trie, written, put, have }
}

test('every replica is written to once, and whoever began it once at most', () => {
  for (const count of [2, 9, 60]) {
    const { trie, written, put, have } = group(count)
    put(0, 1)
    trie.run(2000)
    assert.equal(have(1), count)
    written.delete(0)
    assert.equal(written.size, count - 1)
    assert.ok([...written.values()].every(times => times === 1))
  }
})

test('who missed it because frames were lost has it after a comparison or two', () => {
  const { trie, written, put, have } = group(60, 0.1, { ...still, compareIntervalMs: 2000 })
  put(0, 1)
  trie.run(500)
  assert.ok(have(1) >= 45 && have(1) < 60, `${have(1)}`)
  assert.ok([...written.values()].reduce((sum, times) => sum + times, 0) < 2 * 60)
  trie.run(20_000)
  assert.equal(have(1), 60)
})

test('two updates at once: the newer one stays', () => {
  const { trie, put, have } = group(40)
  put(0, 1)
  put(20, 2)
  trie.run(5000)
  assert.equal(have(2), 40)
})

test('a rumour that is told again stops at once', () => {
  const { trie, put, written } = group(30)
  put(0, 1)
  trie.run(2000)
  written.clear()
  const [first, second] = [trie.peers[0]!, trie.peers[1]!]
  const again = {
    kind: 'rumour',
    id: 1,
    from: 0,
    to: 2 ** 32 - 1,
    records: [unsignedRecord('a', 1)],
  } as const
  trie.do(second, second.queries.receive(again, first.reference.peer, trie.now))
  trie.run(2000)
  assert.equal(written.size, 0)
})
