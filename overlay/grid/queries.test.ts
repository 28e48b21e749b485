import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Record } from '../records/record.ts'
import { devnetQueries, type QueryEvent, wideQueries } from './ground.ts'
import { evenPaths, hashedGridKey, Trie, type TrieOptions, unsignedRecord } from './testing-trie.ts'

const tuning = { ...wideQueries, compareIntervalMs: 5000 }

function grow(peers: number, depth: number, more: Partial<TrieOptions> = {}) {
  const trie = new Trie({
    ...{ seed: 7, paths: evenPaths(peers, depth), tuning, gridKeyOf: hashedGridKey, isCoded: true, ...more },
  })
  const told: QueryEvent[] = []
  trie.onTold = (_, event) => void told.push(event)
  return { trie, told }
}

function store(trie: Trie, record: Record): void {
  for (const home of trie.homesOf(hashedGridKey(record.key))) home.leaf.put(record)
}

type Told<Kind> = Extract<QueryEvent, { kind: Kind }>
function only<Kind extends QueryEvent['kind']>(told: QueryEvent[], kind: Kind): Told<Kind>[] {
  return told.filter((event): event is Told<Kind> => event.kind === kind)
}

describe('look-ups', () => {
  test('find what is there, from everywhere, in few hops', () => {
    const { trie, told } = grow(256, 5)
    store(trie, unsignedRecord('name/a', 3))
    for (const peer of trie.peers) trie.do(peer, peer.queries.lookup(peer.index, 'name/a', trie.now))
    trie.run(1000)
    const found = only(told, 'found')
    assert.equal(found.length, 256)
    assert.ok(found.every(({ outcome, records }) => outcome === 'here' && records[0]?.sequence === 3))
    assert.ok(found.every(({ hops }) => hops <= 3))
  })

  test('say that nobody has it, and that nobody was reached', () => {
    const { trie, told } = grow(64, 4)
    const asker = trie.peers[0]!
    const key = ['a', 'b', 'c', 'd', 'e', 'f'].find(name => hashedGridKey(name)[0] === '1')!
    trie.do(asker, asker.queries.lookup(1, key, trie.now))
    trie.run(5000)
    for (const { index, reference } of trie.peers) if (reference.path[0] === '1') trie.setUp(index, false)
    trie.do(asker, asker.queries.lookup(2, key, trie.now))
    trie.run(5000)
    assert.deepEqual(
      only(told, 'found').map(({ id, outcome }) => [id, outcome]),
      [
        [1, 'nobody'],
        [2, 'unreachable'],
      ],
    )
  })

  test('go round peers that are silent, and report them', () => {
    const { trie, told } = grow(256, 5)
    const record = unsignedRecord('name/b')
    store(trie, record)
    for (const peer of trie.peers) if (peer.index % 3 === 1) trie.setUp(peer.index, false)
    const askers = trie.peers.filter(({ isUp }) => isUp)
    for (const peer of askers) trie.do(peer, peer.queries.lookup(1, record.key, trie.now))
    trie.run(4000)
    const found = only(told, 'found')
    assert.equal(found.length, askers.length)
    assert.ok(found.every(({ outcome }) => outcome === 'here'))
    assert.ok(only(told, 'silent').length > 0)
  })

  test('of two homes the newer record wins, and a withdrawal hides what it withdrew', () => {
    const { trie, told } = grow(64, 4)
    const key = ['a', 'b', 'c', 'd', 'e', 'f'].find(name => !hashedGridKey(name).startsWith('0000'))!
    const homes = trie.homesOf(hashedGridKey(key))
    homes.forEach((home, i) => void home.leaf.put(unsignedRecord(key, i === 0 ? 1 : 2)))
    const asker = trie.peers[0]!
    trie.do(asker, asker.queries.lookup(1, key, trie.now))
    trie.run(1000)
    for (const home of homes) home.leaf.put({ ...unsignedRecord(key, 3), value: new Uint8Array(0) })
    trie.run(tuning.passingMs)
    trie.do(asker, asker.queries.lookup(2, key, trie.now))
    trie.run(1000)
    assert.deepEqual(
      only(told, 'found').map(({ outcome, records }) => [outcome, records.map(({ sequence }) => sequence)]),
      [
        ['here', [2]],
        ['nobody', []],
      ],
    )
  })

  test('an answer that was not asked for, or comes from another, changes nothing', () => {
    const { trie, told } = grow(64, 4)
    const asker = trie.peers[0]!
    const key = ['a', 'b', 'c', 'd'].find(name => hashedGridKey(name)[0] === '1')!
    const sent: number[] = []
    trie.onSent = (_from, _to, message) => void (message.kind === 'ask' && sent.push(message.id))
    const liar = trie.peers.find(({ reference }) => reference.path.startsWith('00'))!
    trie.do(asker, asker.queries.lookup(1, key, trie.now))
    const lie = { hops: 0, heldMs: 0, homes: [], next: '', partitions: 0, isComplete: true } as const
    for (const id of sent)
      trie.do(
        asker,
        asker.queries.receive(
          { kind: 'answer', id, outcome: 'here', records: [unsignedRecord(key, 99)], ...lie },
          liar.reference.peer,
          trie.now,
        ),
      )
    trie.run(5000)
    assert.deepEqual(
      only(told, 'found').map(({ outcome }) => outcome),
      ['nobody'],
    )
  })

  test('who cannot be reached is passed over at once', () => {
    const { trie, told } = grow(64, 4)
    const [asker] = trie.peers
    const record = ['a', 'b', 'c', 'd']
      .map(key => unsignedRecord(key))
      .find(({ key }) => hashedGridKey(key)[0] === '1')!
    store(trie, record)
    trie.isCut = () => true
    let last = ''
    trie.onSent = (_from, to, { kind }) => void (kind === 'ask' && (last = to.reference.peer))
    trie.do(asker!, asker!.queries.lookup(1, record.key, trie.now))
    trie.isCut = () => false
    trie.do(asker!, asker!.queries.lost(last, trie.now))
    trie.run(45) // less than patience, more than the grace for the second home
    assert.equal(only(told, 'found')[0]?.outcome, 'here')
  })

  test('one question causes no more frames than its fuel, whatever is silent', () => {
    const { trie } = grow(256, 5)
    const asker = trie.peers[0]!
    let frames = 0
    trie.onSent = (_from, _to, message) => void (message.kind === 'ask' && message.key === 'x' && frames++)
    for (const peer of trie.peers.slice(1)) if (peer.index % 3 > 0) trie.setUp(peer.index, false)
    for (const peer of trie.homesOf(hashedGridKey('x'))) if (peer !== asker) trie.setUp(peer.index, false)
    trie.do(asker, asker.queries.lookup(1, 'x', trie.now))
    trie.run(10_000)
    assert.ok(frames > 5 && frames <= tuning.fuel, `${frames}`)
  })

  test('a stranger that asks and asks is refused before our own questions are', () => {
    const { trie, told } = grow(64, 4)
    const [asked, stranger] = [trie.peers[0]!, trie.peers[1]!.reference.peer]
    const key = ['a', 'b', 'c', 'd'].find(name => hashedGridKey(name)[0] === '1')!
    const leg = {
      kind: 'ask',
      key,
      matched: 0,
      fuel: 512,
      waitMs: 3000,
      isFinal: false,
      isAside: false,
    } as const
    const refused = Array.from({ length: 500 }, (_, id) =>
      asked.queries.receive({ ...leg, id }, stranger, trie.now),
    )
      .flat()
      .filter(effect => effect.do === 'send' && effect.message.kind === 'answer')
    assert.equal(refused.length, 500 - 128)
    store(trie, unsignedRecord(key))
    trie.do(asked, asked.queries.lookup(1, key, trie.now))
    trie.run(1000)
    assert.equal(only(told, 'found')[0]?.outcome, 'here')
  })

  test('a peer that is asked about what is not its own says so', () => {
    const { trie } = grow(16, 3)
    const [asked, asker] = [trie.peers[0]!, trie.peers[1]!]
    const key = ['a', 'b', 'c', 'd'].find(name => hashedGridKey(name)[0] === '1')!
    const ask = {
      kind: 'ask',
      id: 5,
      key,
      matched: 1,
      fuel: 9,
      waitMs: 100,
      isFinal: false,
      isAside: false,
    } as const
    const effects = asked.queries.receive(ask, asker.reference.peer, trie.now)
    assert.ok(effects.length === 1 && effects[0]!.do === 'send' && effects[0]!.message.kind === 'answer')
    assert.equal(effects[0]!.message.outcome, 'astray')
  })
})

describe('ranges', () => {
  const bits = (key: string): string => key.slice(1).padEnd(64, '0')
  const key = (i: number): string => `k${i.toString(2).padStart(10, '0')}`
  const range = { from: '001', to: '0111', countMax: 500, isInOrder: false }
  const inside = Array.from({ length: 1024 }, (_, i) => key(i)).filter(
    k => bits(k) >= '001' && bits(k) < '0111',
  )
  const world = (peers: number, depth: number) => {
    const grown = grow(peers, depth, { gridKeyOf: bits })
    for (const { leaf, reference } of grown.trie.peers)
      for (let i = 0; i < 1024; i++)
        if (bits(key(i)).startsWith(reference.path)) leaf.put(unsignedRecord(key(i)))
    return grown
  }

  test('a shower and a traversal give the same, in order, each partition once', () => {
    for (const isInOrder of [false, true]) {
      const { trie, told } = world(128, 6)
      for (const asker of [trie.peers[0]!, trie.peers[20]!, trie.peers[63]!])
        trie.do(asker, asker.queries.range(asker.index, { ...range, isInOrder }, trie.now))
      trie.run(2000)
      const ranged = only(told, 'ranged')
      assert.equal(ranged.length, 3)
      for (const { isComplete, next, partitions, records } of ranged) {
        assert.deepEqual([isComplete, next, partitions], [true, '', 20])
        assert.deepEqual(
          records.map(record => record.key),
          inside,
        )
      }
    }
  })

  test('what was cut goes on where it stopped', () => {
    for (const isInOrder of [false, true]) {
      const { trie, told } = world(64, 5)
      const asker = trie.peers[31]!
      const all: string[] = []
      for (let from = range.from, turns = 0; from !== '' && turns < 20; turns++) {
        trie.do(asker, asker.queries.range(turns, { ...range, from, countMax: 50, isInOrder }, trie.now))
        trie.run(2000)
        const last = only(told, 'ranged').at(-1)!
        assert.ok(last.records.length <= 50)
        all.push(...last.records.map(record => record.key))
        from = last.next
      }
      assert.deepEqual(all, inside)
    }
  })

  test('a partition that is gone is said to be missing', () => {
    const { trie, told } = world(64, 5)
    for (const home of trie.homesOf(bits('k01011'))) trie.setUp(home.index, false)
    const asker = trie.peers[31]!
    trie.do(asker, asker.queries.range(1, range, trie.now))
    trie.run(10_000)
    const [{ isComplete, partitions, records } = {}] = only(told, 'ranged')
    assert.equal(isComplete, false)
    assert.equal(partitions, 9)
    assert.equal(records?.length, inside.length - 32)
  })
})

describe('puts', () => {
  test('reach a home, then all homes, and say who has it', () => {
    const { trie, told } = grow(256, 4)
    const asker = trie.peers[3]!
    trie.do(asker, asker.queries.put(9, unsignedRecord('holder/c', 5), trie.now))
    trie.run(500)
    const [stored] = only(told, 'stored')
    assert.equal(stored?.outcome, 'here')
    assert.ok(stored.homes.length >= 3)
    const homes = trie.homesOf(hashedGridKey('holder/c'))
    assert.equal(homes.length, 16)
    for (const home of homes) assert.equal(home.leaf.get('holder/c', trie.now)[0]?.sequence, 5)
    for (const [sequence, outcome] of [
      [5, 'known'],
      [4, 'stale'],
    ] as const) {
      told.length = 0
      trie.do(asker, asker.queries.put(1, unsignedRecord('holder/c', sequence), trie.now))
      trie.run(500)
      assert.equal(only(told, 'stored')[0]?.outcome, outcome)
    }
  })

  test('what was taken out of a frame by the vetting is refused', () => {
    const { trie } = grow(5, 0)
    const [asked, sender] = [trie.peers[0]!, trie.peers[1]!.reference.peer]
    const leg = { id: 1, matched: 0, fuel: 9, waitMs: 100, records: [] } as const
    const effects = [
      ...asked.queries.receive({ kind: 'store', ...leg, isAside: false }, sender, trie.now),
      ...asked.queries.receive({ kind: 'rumour', id: 2, from: 0, to: 9, records: [] }, sender, trie.now),
    ]
    assert.deepEqual(
      effects.map(effect => effect.do === 'send' && 'outcome' in effect.message && effect.message.outcome),
      ['refused', 'refused'],
    )
  })

  test('five peers with one leaf are replicas of each other', () => {
    const { trie, told } = grow(5, 0, { tuning: devnetQueries })
    const [one, two] = [trie.peers[0]!, trie.peers[1]!]
    trie.do(one, one.queries.put(1, unsignedRecord('a', 1), trie.now))
    trie.run(100)
    assert.equal(only(told, 'stored')[0]?.homes.length, 3)
    assert.ok(trie.peers.every(({ leaf }) => leaf.get('a', trie.now).length === 1))
    trie.do(two, two.queries.lookup(2, 'a', trie.now))
    trie.do(two, two.queries.lookup(3, 'b', trie.now))
    trie.run(100)
    assert.deepEqual(
      only(told, 'found').map(({ hops, outcome }) => [outcome, hops]),
      [
        ['here', 0],
        ['nobody', 1],
      ],
    )
  })

  test('one peer alone has and answers for everything', () => {
    const { trie, told } = grow(1, 0)
    const [one] = trie.peers
    trie.do(one!, one!.queries.put(1, unsignedRecord('a'), trie.now))
    trie.do(one!, one!.queries.lookup(2, 'a', trie.now))
    trie.do(one!, one!.queries.lookup(3, 'b', trie.now))
    assert.deepEqual(
      told.map(event => ('outcome' in event ? event.outcome : '')),
      ['here', 'here', 'nobody'],
    )
  })
})

describe('comparisons', () => {
  test('a partition heals with no record lost, also with more than one frame of differences', () => {
    const { trie } = grow(6, 0, { tuning: { ...devnetQueries, sliceRecordsMax: 100 } })
    trie.isCut = (from, to) => from % 2 !== to % 2
    const keys = Array.from({ length: 1500 }, (_, i) => `holder/${i}`)
    keys.forEach((key, i) => {
      const peer = trie.peers[i % 6]!
      trie.do(peer, peer.queries.put(i, { ...unsignedRecord(key), value: new Uint8Array(100) }, trie.now))
      if (i % 50 === 0) trie.run(100)
    })
    trie.run(3000)
    assert.equal(trie.peers[0]!.leaf.count(''), 750)
    trie.isCut = () => false
    trie.run(120_000)
    for (const { leaf } of trie.peers) assert.equal(leaf.count(''), 1500)
  })

  test('who starts empty has all soon after', () => {
    const { trie } = grow(5, 0, { tuning: devnetQueries })
    trie.setUp(4, false)
    for (let i = 0; i < 700; i++)
      for (const { index, leaf } of trie.peers) if (index !== 4) leaf.put(unsignedRecord(`holder/${i}`))
    trie.run(60_000)
    trie.setUp(4, true)
    trie.run(8000)
    assert.equal(trie.peers[4]!.leaf.count(''), 700)
  })
})

test('a peer that moved is found by its own record', () => {
  const { trie, told } = grow(64, 4)
  const [asker] = trie.peers
  const lost = trie.peers[1]!
  const key = `peer/${lost.reference.peer}`
  const value = Uint8Array.of(1, 10, 9, 8, 7, 1, 2)
  for (const home of trie.homesOf(hashedGridKey(key)))
    home.leaf.put({ ...unsignedRecord(key, 1, lost.reference.peer), value })
  const names = Array.from({ length: 400 }, (_, i) => `x${i}`)
  for (const { index, reference } of trie.peers)
    if (reference.path === lost.reference.path) trie.setUp(index, false)
  for (const name of names) trie.do(asker!, asker!.queries.lookup(1, name, trie.now))
  trie.run(10_000)
  assert.ok(
    only(told, 'moved').some(
      ({ host, peer, port }) => peer === lost.reference.peer && host === '10.9.8.7' && port === 258,
    ),
  )
})
