import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import type { EdgeEvent, Log, NameEvent } from './events.ts'
import { childNode } from './label.ts'
import { createRegistry, type Registry } from './registry.ts'
import { blockHash, contracts, log, logOf } from './specimens.ts'

const node = childNode(contracts.suffixNode, 'welcome')
const owner = `0x${'0a'.repeat(20)}`
const other = `0x${'0b'.repeat(20)}`
const peerKey = `0x${'e1'.repeat(32)}`
const registered: NameEvent = {
  event: 'NameRegistered',
  node,
  label: 'welcome',
  owner,
  expiresAt: 2_000,
  sequence: 1,
}
const edge: EdgeEvent = {
  event: 'EdgeRegistered',
  peerKey,
  owner,
  ipv4: '0x7f000101',
  dnsPort: 5300,
  httpPort: 8080,
  overlayPort: 9000,
}

function push(registry: Registry, logs: readonly Log[], branch = 0): ReturnType<Registry['apply']> {
  const head = registry.head()
  const number = (head?.number ?? 0) + 1
  return registry.apply({ number, hash: blockHash(number, branch), parentHash: head?.hash ?? '', logs })
}

type Plain = { names: object[]; edges: object[]; [field: string]: unknown }

/** Everything that a reader can see, in a comparable order. */
function facts(registry: Registry): unknown {
  const names = [...registry.names()].sort((a, b) => (a.label < b.label ? -1 : 1))
  return { names, roll: registry.roll(), head: registry.head() }
}

describe('folding', () => {
  test('a name is registered, pointed, handed over, renewed, and ends', () => {
    const registry = createRegistry(contracts)
    assert.equal(registry.lookup('welcome', 0), undefined)
    assert.deepEqual(push(registry, [logOf(registered)]), { labels: ['welcome'], edges: false })
    const first = { label: 'welcome', node, owner, expiresAt: 2_000_000, sequence: 1, contenthash: '0x' }
    assert.deepEqual(registry.lookup('welcome', 1_999_999), first)
    assert.equal(registry.lookup('welcome', 2_000_000), undefined)

    push(registry, [
      logOf({ event: 'ContenthashChanged', node, contenthash: '0xe301', sequence: 2 }),
      logOf({ event: 'NameTransferred', node, from: owner, to: other, sequence: 3 }),
      logOf({ event: 'NameRenewed', node, expiresAt: 3_000, sequence: 4 }),
    ])
    const last = { ...first, owner: other, expiresAt: 3_000_000, sequence: 4, contenthash: '0xe301' }
    assert.deepEqual(registry.lookup('welcome', 0), last)

    push(registry, [logOf({ ...registered, expiresAt: 9_000, sequence: 5 })])
    assert.deepEqual(registry.lookup('welcome', 0), { ...first, expiresAt: 9_000_000, sequence: 5 })
  })

  test('the roll is one frozen array until an edge changes', () => {
    const registry = createRegistry(contracts)
    push(registry, [logOf({ ...edge, peerKey: `0x${'e2'.repeat(32)}` }), logOf(edge)])
    const roll = registry.roll()
    assert.deepEqual(
      roll.map(entry => [entry.peerKey.slice(0, 4), entry.address, entry.dnsPort]),
      [
        ['0xe1', '127.0.1.1', 5300],
        ['0xe2', '127.0.1.1', 5300],
      ],
    )
    push(registry, [logOf(registered)])
    assert.equal(registry.roll(), roll)
    assert.throws(() => (roll as unknown[]).push(1), TypeError)

    assert.deepEqual(push(registry, [logOf({ event: 'EdgeRemoved', peerKey, owner })]), {
      labels: [],
      edges: true,
    })
    assert.equal(registry.roll().length, 1)
    assert.equal(roll.length, 2)
  })

  test('what does not fit is counted and skipped', () => {
    const good = logOf(registered)
    const rows: [refused: string, log: Log][] = [
      ['malformed', { ...good, data: good.data.slice(0, -2) }],
      ['malformed', { ...good, topics: [] }],
      ['malformed', { ...good, address: contracts.edgeRegistry }],
      ['foreign', { ...good, address: owner }],
      ['label', logOf({ ...registered, label: 'Welcome' })],
      ['label', logOf({ ...registered, label: 'other' })],
      ['bounds', logOf({ ...registered, expiresAt: Number.MAX_SAFE_INTEGER })],
      ['unknown', logOf({ event: 'NameRenewed', node, expiresAt: 3_000, sequence: 2 })],
      ['unknown', logOf({ event: 'EdgeRemoved', peerKey, owner })],
      ['endpoint', logOf({ ...edge, dnsPort: 0 })],
      ['endpoint', logOf({ ...edge, ipv4: '0x00000000' })],
    ]
    for (const [refused, log] of rows) {
      const meter = createMeter()
      const registry = createRegistry({ ...contracts, meter })
      assert.deepEqual(push(registry, [log]), { labels: [], edges: false }, refused)
      assert.deepEqual(meter.read(), { [`registry.refused.${refused}`]: 1 })
    }
  })

  test('a stale sequence and an oversize content hash are refused, a gap is reported', () => {
    const meter = createMeter()
    const registry = createRegistry({ ...contracts, meter })
    push(registry, [
      logOf(registered),
      logOf({ event: 'NameTransferred', node, from: owner, to: other, sequence: 1 }),
      logOf({ event: 'ContenthashChanged', node, contenthash: `0x${'00'.repeat(129)}`, sequence: 2 }),
      logOf({ event: 'NameRenewed', node, expiresAt: 5_000, sequence: 3 }),
    ])
    assert.deepEqual(meter.read(), {
      'registry.folded': 2,
      'registry.gap': 1,
      'registry.refused.bounds': 1,
      'registry.refused.stale': 1,
    })
    assert.equal(registry.lookup('welcome', 0)?.owner, owner)
  })

  test('full tables refuse new entries and go on changing old ones', () => {
    const meter = createMeter()
    const registry = createRegistry({ ...contracts, namesMax: 1, edgesMax: 1, meter })
    const second = childNode(contracts.suffixNode, 'second')
    push(registry, [
      logOf(registered),
      logOf({ ...registered, node: second, label: 'second' }),
      logOf({ ...registered, sequence: 2 }),
      logOf(edge),
      logOf({ ...edge, peerKey: `0x${'e2'.repeat(32)}` }),
      logOf({ ...edge, dnsPort: 53 }),
    ])
    assert.deepEqual(meter.read(), { 'registry.folded': 4, 'registry.refused.full': 2 })
    assert.deepEqual(
      registry.roll().map(entry => entry.dnsPort),
      [53],
    )
  })
})

describe('undoing', () => {
  const blocks = fc.array(fc.array(log, { maxLength: 6 }), { minLength: 1, maxLength: 30 })

  test('a rewind equals folding only up to there, and can be folded on', () => {
    fc.assert(
      fc.property(blocks, blocks, fc.nat(), (before, after, cut) => {
        const registry = createRegistry(contracts)
        const expected = createRegistry(contracts)
        const kept = cut % (before.length + 1)
        before.forEach((logs, i) => {
          push(registry, logs)
          if (i < kept) push(expected, logs)
        })
        assert.ok(registry.rewindTo(kept))
        assert.deepEqual(facts(registry), facts(expected))
        for (const logs of after) {
          push(registry, logs, 1)
          push(expected, logs, 1)
        }
        assert.deepEqual(facts(registry), facts(expected))
      }),
      { numRuns: 60, seed: 3 },
    )
  })

  test('a checkpoint continues exactly, undo included', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), (blocks, cut) => {
        const registry = createRegistry(contracts)
        for (const logs of blocks) push(registry, logs)
        const copy = createRegistry(contracts)
        copy.restore(JSON.parse(JSON.stringify(registry.checkpoint())))
        assert.deepEqual(facts(copy), facts(registry))
        const number = cut % (blocks.length + 1)
        assert.deepEqual(copy.rewindTo(number), registry.rewindTo(number))
        assert.deepEqual(facts(copy), facts(registry))
      }),
      { numRuns: 60, seed: 4 },
    )
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
    assert.equal(registry.blockAt(6)?.hash, blockHash(6, 0))
    assert.equal(registry.blockAt(7), undefined)
  })

  test('a block that is not the child of the head is a bug of the caller', () => {
    const registry = createRegistry(contracts)
    push(registry, [])
    const next = { number: 2, hash: blockHash(2, 0), parentHash: blockHash(1, 9), logs: [] }
    assert.throws(() => registry.apply(next), /assertion/)
    assert.throws(() => registry.apply({ ...next, number: 1 }), /assertion/)
  })
})

describe('checkpoints', () => {
  test('a foreign or damaged one is refused and changes nothing', () => {
    const registry = createRegistry(contracts)
    push(registry, [logOf(registered), logOf(edge)])
    const before = facts(registry)
    const good = (): Plain => JSON.parse(JSON.stringify(registry.checkpoint()))
    const rows: [why: string, harm: (plain: Plain) => unknown][] = [
      ['null', () => null],
      ['a number', () => 7],
      ['a list', () => []],
      ['empty', () => ({})],
      ['version', plain => ({ ...plain, version: 2 })],
      ['contract', plain => ({ ...plain, nameRegistry: owner })],
      ['names', plain => ({ ...plain, names: 'all' })],
      ['a name twice', plain => ({ ...plain, names: [plain.names[0], plain.names[0]] })],
      ['a node of another label', plain => ({ ...plain, names: [{ ...plain.names[0], label: 'x' }] })],
      ['a port', plain => ({ ...plain, edges: [{ ...plain.edges[0], dnsPort: 65_536 }] })],
      ['an address', plain => ({ ...plain, edges: [{ ...plain.edges[0], address: '1.2.3.256' }] })],
      ['no journal', plain => ({ ...plain, journal: null })],
      ['journal floor', plain => ({ ...plain, journal: { floor: { number: -1 }, entries: [] } })],
    ]
    for (const [why, harm] of rows) {
      assert.throws(
        () => registry.restore(harm(good())),
        error => isFault(error, 'state/broken'),
        why,
      )
      assert.deepEqual(facts(registry), before)
    }
    assert.deepEqual(registry.restore(good()), { labels: [], edges: false })
  })
})
