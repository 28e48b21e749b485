import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wideQueries } from './ground.ts'
import { levelOf } from './popularity.ts'
import { evenPaths, hashedGridKey, Trie, unsignedRecord } from './testing-trie.ts'

const intervalMs = 2000
const tuning = { ...wideQueries, compareIntervalMs: 1e9, newcomersMax: 0, popularityIntervalMs: intervalMs }
const hot = 'name/hot'

/** 64 peers at depth 4; everybody asks for one key and for many others. */
function town() {
  const trie = new Trie({ seed: 5, paths: evenPaths(64, 4), tuning, gridKeyOf: hashedGridKey })
  const keys = [hot, ...Array.from({ length: 200 }, (_, i) => `name/${i}`)]
  for (const key of keys)
    for (const home of trie.homesOf(hashedGridKey(key))) home.leaf.put(unsignedRecord(key))
  let turn = 0
  const ask = (seconds: number): void => {
    for (let i = 0; i < seconds * 10; i++, turn++) {
      for (const peer of trie.peers.filter(({ index }) => index % 8 === turn % 8)) {
        const key = turn % 2 === 0 ? hot : keys[1 + ((turn * 8 + peer.index) % 200)]!
        trie.do(peer, peer.queries.lookup(turn, key, trie.now))
      }
      trie.run(100)
    }
  }
  const answers = (): { hops: number; sequence: number }[] => {
    const list: { hops: number; sequence: number }[] = []
    trie.onTold = (_, event) => {
      if (event.kind === 'found') list.push({ hops: event.hops, sequence: event.records[0]?.sequence ?? 0 })
    }
    for (const peer of trie.peers) trie.do(peer, peer.queries.lookup(1, hot, trie.now))
    trie.run(500)
    return list
  }
  return { trie, ask, answers }
}

test('a popular key comes to all, a newer record follows, and both leave when nobody asks', () => {
  const { trie, ask, answers } = town()
  ask(12)
  assert.ok(answers().every(({ hops }) => hops === 0))
  const putter = trie.peers[9]!
  trie.do(putter, putter.queries.put(1, unsignedRecord(hot, 2), trie.now))
  trie.run(1500)
  const after = answers()
  assert.equal(after.length, 64)
  assert.ok(after.every(({ sequence }) => sequence === 2))
  trie.run(30_000)
  assert.ok(answers().some(({ hops }) => hops > 0))
})

test('a stranger brings no more copies than its budget', () => {
  const { trie } = town()
  const [peer] = trie.peers
  const from = trie.peers[1]!.reference.peer
  for (let i = 0; i < 500; i++)
    peer!.queries.receive(
      {
        kind: 'copy',
        level: 0,
        matched: 0,
        isLast: true,
        key: `junk/${i}`,
        records: [unsignedRecord(`junk/${i}`)],
      },
      from,
      trie.now,
    )
  assert.ok(peer!.queries.copies().keys <= tuning.copiesPerSecond)
})

const rows: [share: number, level: number][] = [
  [0.01, 0],
  [0.001, 0],
  [0.0005, 1],
  [0.0004, 2],
  [0, Number.POSITIVE_INFINITY],
]
test('half the share, one level deeper', () => {
  for (const [share, level] of rows) assert.equal(levelOf(share, 0.001), level)
})
