import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { devnetQueries } from '../grid/ground.ts'
import { evenPaths, hashedGridKey, Trie, type TriePeer } from '../grid/testing-trie.ts'
import { type DateOf, oneClock } from '../records/dating.ts'
import type { Record } from '../records/record.ts'
import { testClock, testKey } from '../testing.ts'
import { createGridded } from './gridded.ts'

const rangeOf = (): { from: string; to: undefined } => ({ from: '', to: undefined })

/** Peers with real query machines; the clock of the facades and that of the trie move together. */
function village(peers: number, depth: number, dateOf: (peer: number) => DateOf = () => oneClock) {
  const trie = new Trie({
    ...{
      seed: 3,
      paths: evenPaths(peers, depth),
      tuning: devnetQueries,
      gridKeyOf: hashedGridKey,
      isCoded: true,
    },
  })
  const clock = testClock(trie.now)
  const nodes = trie.peers.map((peer, index) => {
    const { id, sign } = testKey(index)
    return createGridded({
      ...{ self: id, sign, clock, queries: peer.queries, gridRangeOf: rangeOf },
      run: effects => trie.do(peer, effects),
      isLive: other => trie.peerOf(other).isUp,
      dateOf: dateOf(index),
    })
  })
  trie.onTold = (peer: TriePeer, event) => nodes[peer.index]!.told(event)
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 50) {
      trie.run(50)
      await clock.advance(50)
    }
  }
  const after = async <Value>(promise: Promise<Value>, ms = 500): Promise<Value> => {
    await advance(ms)
    return promise
  }
  return { trie, nodes, advance, after }
}

const valuesOf = (records: readonly Record[]): string[] =>
  records.map(({ value }) => Buffer.from(value).toString())

describe('records in the grid', () => {
  test('what one publishes all can read, until it is withdrawn', async () => {
    const { nodes, after, advance } = village(24, 2)
    assert.equal(await after(nodes[0]!.publish('holder/x', utf8('one'), 60_000)), 3)
    assert.equal(await after(nodes[1]!.publish('holder/x', utf8('two'), 60_000)), 3)
    for (const node of nodes) assert.deepEqual(valuesOf(await after(node.get('holder/x'))), ['two', 'one'])
    assert.equal(await after(nodes[1]!.withdraw('holder/x')), 3)
    await advance(devnetQueries.passingMs)
    for (const node of nodes) assert.deepEqual(valuesOf(await after(node.get('holder/x'))), ['one'])
    assert.deepEqual(await after(nodes[5]!.get('holder/y')), [])
  })

  test('it outlives its life while the publisher lives, and only then', async () => {
    const { nodes, after, advance } = village(12, 1)
    await after(nodes[0]!.publish('holder/x', utf8('one'), 4000))
    await advance(20_000)
    assert.deepEqual(valuesOf(await after(nodes[7]!.get('holder/x'))), ['one'])
    nodes[0]!.close()
    await advance(12_000)
    assert.deepEqual(await after(nodes[7]!.get('holder/x')), [])
  })

  test('set right by minutes, a clock costs its publications one renewal', async () => {
    // The publisher's machine slept, or began with a wrong clock: steady time goes on, its date does not fit.
    for (const wrongMs of [-500_000, 500_000]) {
      let offMs = wrongMs
      const dateOf = (peer: number): DateOf => (peer === 0 ? now => now + offMs : oneClock)
      const { trie, nodes, after, advance } = village(12, 1, dateOf)
      await after(nodes[0]!.publish('holder/x', utf8('one'), 60_000))
      offMs = 0
      await advance(5000)
      const [found] = await after(nodes[7]!.get('holder/x'))
      const leftMs = (found?.expiresAt ?? 0) - trie.now
      assert.ok(leftMs > 30_000 && leftMs <= 60_000, `${leftMs} ms are left`)
      assert.deepEqual(valuesOf(await after(nodes[0]!.get('holder/x'))), ['one'])
    }
  })

  test('when its homes are gone it is told to others', async () => {
    const { trie, nodes, after, advance } = village(16, 1)
    const key = ['a', 'b', 'c', 'd'].find(name => hashedGridKey(name).startsWith('1'))!
    const homes = trie.homesOf(hashedGridKey(key))
    for (const { index } of homes.slice(4)) trie.setUp(index, false)
    await after(nodes[0]!.publish(key, utf8('one'), 600_000))
    for (const { index } of homes) trie.setUp(index, homes.findIndex(home => home.index === index) >= 4)
    for (const { leaf } of homes.slice(4)) assert.equal(leaf.get(key, trie.now).length, 0)
    nodes[0]!.membersChanged()
    await advance(6000)
    assert.deepEqual(valuesOf(await after(nodes[0]!.get(key))), ['one'])
  })

  test('a range gives what begins with the prefix, in as many turns as it takes', async () => {
    const { nodes, after, advance } = village(16, 2)
    for (let i = 0; i < 40; i++) void nodes[i % 16]!.publish(`service/${i}`, utf8('s'), 600_000)
    void nodes[3]!.publish('name/z', utf8('z'), 600_000)
    await advance(1000)
    assert.equal((await after(nodes[2]!.range('service/', 1000))).length, 40)
    assert.equal((await after(nodes[2]!.range('service/', 7))).length, 7)
  })

  test('a closed one leaves nobody waiting', async () => {
    const { trie, nodes } = village(16, 2)
    trie.isCut = () => true
    const reading = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(key => nodes[0]!.get(key)))
    nodes[0]!.close()
    assert.deepEqual((await reading).flat(), [])
  })
})
