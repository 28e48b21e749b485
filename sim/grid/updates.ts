// Updates: one new record to all replicas of a path of which most are offline (P-Grid, Datta 2003 §5), real machines.
//
// Counted are rumours and their answers, for each replica that was online at the beginning. Who is online is known to
// nobody; of those who are, 5 % leave each second. Coverage is of those that are online at the end.

import { seededRandom, shuffle } from '../../base/random.ts'
import { wideQueries } from '../../overlay/grid/ground.ts'
import { evenPaths, hashedGridKey, Trie, unsignedRecord } from '../../overlay/grid/testing-trie.ts'
import { type Figure, quantile } from '../scenario.ts'
import type { Section } from './section.ts'

const still = { ...wideQueries, compareIntervalMs: 1e12, newcomersMax: 0, popularityIntervalMs: 1e12 }
const key = 'name/a'

export const updates: Section = {
  name: 'updates',
  story: 'A record is told to replicas of which 30 % or 10 % are online, unknown to all.',
  play(seed, size) {
    const count = size === 'small' ? 200 : 1000
    const third = play(seed, count, 0.3)
    const tenth = play(seed, count, 0.1)
    const all = play(seed, count, 1)
    const figures: Figure[] = [
      { name: '30 % online: coverage, %', value: third.coverage, min: 99, max: 100, paper: '99.3 (re-run)' },
      { name: '30 % online: frames each', value: third.frames, min: 1, max: 15.3, paper: '15.3 (re-run)' },
      { name: '30 % online: seconds to 99 %', value: third.seconds, min: 0, max: 20 },
      { name: '10 % online: coverage, %', value: tenth.coverage, min: 98, max: 100, paper: '98.0 (re-run)' },
      { name: '10 % online: frames each', value: tenth.frames, min: 1, max: 35.3, paper: '35.3 (re-run)' },
      { name: '10 % online: seconds to 99 %', value: tenth.seconds, min: 0, max: 60 },
      { name: 'all online: frames each', value: all.frames, min: 1, max: 3 },
      { name: 'all online: seconds to 99 %', value: all.seconds, min: 0, max: 5 },
    ]
    return { figures }
  },
}

function play(seed: number, count: number, onlineShare: number) {
  const trie = new Trie({
    ...{ seed, paths: evenPaths(count, 0), tuning: still, gridKeyOf: hashedGridKey },
    ...{ rttMs: (a, b) => 40 + ((a * 31 + b * 31) % 160), noticeMs: 1e12 },
  })
  const random = seededRandom(seed + 1)
  const order = shuffle(random, [...trie.peers.keys()])
  const online = order.slice(0, Math.round(count * onlineShare))
  for (const index of order.slice(online.length)) trie.setUp(index, false)
  const startAt = trie.now
  const tookMs: number[] = []
  let frames = 0
  trie.onSent = (_from, _to, { kind }) => void ((kind === 'rumour' || kind === 'heard') && frames++)
  const first = trie.peers[online[0]!]!
  trie.do(first, first.queries.put(1, unsignedRecord(key, seed), trie.now))
  const told = new Set<number>()
  for (let ms = 0; ms < 120_000; ms += 100) {
    trie.run(100)
    for (const index of online)
      if (!told.has(index) && trie.peers[index]!.leaf.get(key, trie.now).length > 0) {
        told.add(index)
        tookMs.push(trie.now - startAt)
      }
    if (ms % 1000 === 0 && onlineShare < 1 && told.size < online.length)
      for (const index of online.slice(1)) {
        const isLeaving = random.next() < 0.05
        if (isLeaving && trie.peers[index]!.isUp) trie.setUp(index, false)
      }
  }
  const left = online.filter(index => trie.peers[index]!.isUp)
  return {
    coverage: (100 * left.filter(index => told.has(index)).length) / left.length,
    frames: frames / online.length,
    seconds: quantile(tookMs, 0.99) / 1000,
  }
}
