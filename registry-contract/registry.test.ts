import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMeter } from '../base/meter.ts'
import { domainHash, tokenOf } from './claim.ts'
import type { EdgeEvent, Log, NameEvent } from './events.ts'
import { childNode } from './label.ts'
import { createRegistry, type Registry } from './registry.ts'
import { blockHash, contracts, logOf, registration } from './specimens.ts'

const node = childNode(contracts.suffixNode, 'welcome')
const nobody = `0x${'00'.repeat(20)}`
const owner = `0x${'0a'.repeat(20)}`
const other = `0x${'0b'.repeat(20)}`
const peerKey = `0x${'e1'.repeat(32)}`
const dagPb = `0xe30101701220${'d1'.repeat(32)}`
const raw = `0xe30101551220${'d2'.repeat(32)}`
const swarm = `0xe40101fa011b20${'d3'.repeat(32)}`
const unchanged = { labels: [], edges: false, claims: false, gaps: 0 }
const edge: EdgeEvent = {
  event: 'EdgeRegistered',
  peerKey,
  owner,
  operatorKey: other,
  ipv4: '0x7f000101',
  ipv6: `0x${'00'.repeat(16)}`,
  dnsPort: 5300,
  httpPort: 8080,
  httpsPort: 0,
  overlayPort: 9000,
  stake: 7n,
}

function push(registry: Registry, logs: readonly Log[], branch = 0): ReturnType<Registry['apply']> {
  const head = registry.head()
  const number = (head?.number ?? 0) + 1
  return registry.apply({ number, hash: blockHash(number, branch), parentHash: head?.hash ?? '', logs })
}

function change(event: NameEvent): Log {
  return logOf(event)
}

describe('folding names', () => {
  test('a name is registered, pointed, delegated, handed over, renewed, and ends', () => {
    const registry = createRegistry(contracts)
    assert.equal(registry.lookup('welcome', 0), undefined)
    assert.deepEqual(push(registry, registration('welcome', owner)), { ...unchanged, labels: ['welcome'] })
    const first = {
      label: 'welcome',
      node,
      owner,
      delegate: nobody,
      expiresAt: 2_000_000,
      sequence: 1,
      contenthash: '0x',
      zonehash: '0x',
    }
    assert.deepEqual(registry.lookup('welcome', 1_999_999)?.plain(), first)
    assert.equal(registry.lookup('welcome', 2_000_000), undefined)

    const rows: [event: NameEvent, changed: object][] = [
      [{ event: 'ContenthashChanged', node, contenthash: dagPb, sequence: 2 }, { contenthash: dagPb }],
      [{ event: 'ZonehashChanged', node, zonehash: raw, sequence: 3 }, { zonehash: raw }],
      [{ event: 'DelegateChanged', node, delegate: other, sequence: 4 }, { delegate: other }],
      [{ event: 'ContenthashChanged', node, contenthash: swarm, sequence: 5 }, { contenthash: swarm }],
      [{ event: 'ContenthashChanged', node, contenthash: raw, sequence: 6 }, { contenthash: raw }],
      [
        { event: 'NameTransferred', node, from: owner, to: other, sequence: 7 },
        { owner: other, delegate: nobody },
      ],
      [{ event: 'NameExtended', node, expiresAt: 3_000, sequence: 8 }, { expiresAt: 3_000_000 }],
      [{ event: 'ZonehashChanged', node, zonehash: '0x', sequence: 9 }, { zonehash: '0x' }],
    ]
    let expected = first
    for (const [event, changed] of rows) {
      const before = registry.lookup('welcome', 0)!
      assert.deepEqual(push(registry, [change(event)]), { ...unchanged, labels: ['welcome'] })
      assert.deepEqual(before.plain(), expected, 'what was looked up before has changed')
      expected = { ...expected, ...changed, sequence: event.sequence }
      assert.deepEqual(registry.lookup('welcome', 0)?.plain(), expected, event.event)
    }
    push(registry, registration('welcome', owner, { expiresAt: 9_000, sequence: 10 }))
    assert.deepEqual(registry.lookup('welcome', 0)?.plain(), { ...first, expiresAt: 9_000_000, sequence: 10 })
  })

  test('an entry is printed and compared as its plain form', () => {
    const registry = createRegistry(contracts)
    push(registry, registration('welcome', owner))
    const entry = registry.lookup('welcome', 0)!
    assert.deepEqual(JSON.parse(JSON.stringify(entry)), entry.plain())
  })

  test('a name without a label is not shown; its label may come a block later', () => {
    const registry = createRegistry(contracts)
    const [assigned, registered] = registration('welcome', owner) as [Log, Log]
    assert.deepEqual(push(registry, [assigned]), { ...unchanged, gaps: 1 })
    assert.equal([...registry.names()].length, 0)
    assert.equal(registry.labelOf(node), undefined)
    assert.deepEqual(push(registry, [registered]), { ...unchanged, labels: ['welcome'] })
    assert.equal(registry.labelOf(node), 'welcome')
    assert.equal(registry.lookup('welcome', 0)?.owner, owner)
    assert.ok(registry.rewindTo(1))
    assert.equal(registry.lookup('welcome', 0), undefined)
  })

  test('what does not fit is counted, shown and skipped', () => {
    const [assigned, registered] = registration('welcome', owner) as [Log, Log]
    const named = { node, owner, expiresAt: 2_000, sequence: 1, cost: 0n }
    const domain = domainHash('example.com')!
    const claim = { event: 'DomainClaimed', domain, owner, site: node, name: 'example.com' } as const
    const token = `0x${tokenOf(domain, owner)}`
    const rows: [refused: string, logs: Log[]][] = [
      ['malformed', [{ ...assigned, data: assigned.data.slice(0, -2) }]],
      ['malformed', [{ ...assigned, topics: assigned.topics.slice(0, 2) }]],
      ['foreign', [{ ...assigned, address: owner }]],
      ['label', [assigned, logOf({ event: 'NameRegistered', label: 'Welcome', ...named })]],
      ['label', [assigned, logOf({ event: 'NameRegistered', label: 'other', ...named })]],
      ['unknown', [registered]],
      ['bounds', [logOf({ event: 'NameAssigned', node, owner, expiresAt: 2 ** 48, sequence: 1 })]],
      ['unknown', [change({ event: 'NameExtended', node, expiresAt: 3_000, sequence: 2 })]],
      ['stale', [assigned, assigned]],
      ['unknown', [logOf({ event: 'EdgeRemoved', peerKey, owner, stake: 0n })]],
      ['endpoint', [logOf({ ...edge, dnsPort: 0 })]],
      ['endpoint', [logOf({ ...edge, ipv4: '0x00000000' })]],
      ['domain', [logOf({ ...claim, token: `0x${'00'.repeat(16)}` })]],
      ['domain', [logOf({ ...claim, token, name: 'example.org' })]],
      ['unknown', [logOf({ event: 'DomainReleased', domain, owner })]],
    ]
    for (const [refused, logs] of rows) {
      const meter = createMeter()
      const registry = createRegistry({ ...contracts, meter })
      push(registry, logs)
      assert.equal(
        meter.read()[`registry.refused.${refused}`],
        1,
        `${refused}: ${JSON.stringify(meter.read())}`,
      )
      assert.equal([...registry.names()].length + registry.roll().length + registry.claims().length, 0)
      const [shown] = registry.refused()
      assert.deepEqual([shown?.block, shown?.refusal], [1, refused])
      assert.ok(shown!.why.length > 5)
    }
  })

  test('events that facts do not depend on are passed over', () => {
    const meter = createMeter()
    const registry = createRegistry({ ...contracts, meter })
    const address = contracts.contracts.NameRegistrar
    push(registry, [{ address, topics: [`0x${'77'.repeat(32)}`, node], data: '0x' }])
    assert.deepEqual(meter.read(), {})
    assert.deepEqual(registry.refused(), [])
  })

  test('a hash that is none: shown, the name points at nothing, and no gap follows', () => {
    const rows: [why: RegExp, refusal: string, harm: (log: Log) => Log, contenthash: string][] = [
      [/digest should have 32/, 'hash', log => log, `${dagPb}00`],
      [/version 1/, 'hash', log => log, `0xe30102701220${'00'.repeat(32)}`],
      [/129 bytes/, 'hash', log => log, `0xe4${'01'.repeat(128)}`],
      [/bytes of arguments/, 'malformed', log => log, `0xe301${'00'.repeat(100_000)}`],
      [/cut off/, 'malformed', log => ({ ...log, data: log.data.slice(0, 2 + 64 * 3) }), dagPb],
    ]
    for (const [why, refusal, harm, contenthash] of rows) {
      const registry = createRegistry(contracts)
      push(registry, registration('welcome', owner))
      push(registry, [change({ event: 'ContenthashChanged', node, contenthash: raw, sequence: 2 })])
      const bad = harm(change({ event: 'ContenthashChanged', node, contenthash, sequence: 3 }))
      assert.deepEqual(push(registry, [bad]), { ...unchanged, labels: ['welcome'] })
      const [shown] = registry.refused()
      assert.match(shown!.why, why)
      const { block, event, of } = shown!
      assert.deepEqual(
        { block, event, of, refusal: shown!.refusal },
        { block: 3, event: 'ContenthashChanged', of: 'welcome', refusal },
      )
      const { sequence, contenthash: now } = registry.lookup('welcome', 0)!
      assert.deepEqual([sequence, now], [3, '0x'])
      const next = change({ event: 'ContenthashChanged', node, contenthash: dagPb, sequence: 4 })
      assert.equal(push(registry, [next]).gaps, 0)
      assert.ok(registry.rewindTo(2))
      assert.equal(registry.lookup('welcome', 0)!.contenthash, raw)
      assert.deepEqual(registry.refused(), [])
    }
  })

  test('the list of what was refused is bounded and printable', () => {
    const registry = createRegistry(contracts)
    const name = `a\u001b[31m${'.'.repeat(300)}`
    const token = `0x${'00'.repeat(16)}`
    for (let i = 0; i < 100; i++) {
      push(registry, [logOf({ event: 'DomainClaimed', domain: node, owner, site: node, name, token })])
    }
    assert.equal(registry.refused().length, 32)
    assert.equal(registry.refused().at(-1)!.block, 100)
    assert.ok(registry.refused().every(({ of, why }) => /^[\x20-\x7e]{1,120}$/.test(of + why)))
  })

  test('a sequence that jumps is folded and told as a gap', () => {
    const meter = createMeter()
    const registry = createRegistry({ ...contracts, meter })
    push(registry, registration('welcome', owner))
    assert.equal(
      push(registry, [change({ event: 'NameExtended', node, expiresAt: 5_000, sequence: 3 })]).gaps,
      1,
    )
    assert.equal(registry.lookup('welcome', 0)?.expiresAt, 5_000_000)
    assert.equal(meter.read()['registry.gap'], 1)
    const late = registration('second', owner, { sequence: 4 })
    assert.equal(push(registry, late).gaps, 1)
  })

  test('full tables refuse new entries and go on changing old ones', () => {
    const meter = createMeter()
    const registry = createRegistry({ ...contracts, namesMax: 1, edgesMax: 1, meter })
    const { gaps } = push(registry, [
      ...registration('welcome', owner),
      ...registration('second', owner),
      change({ event: 'NameExtended', node, expiresAt: 3_000, sequence: 2 }),
      logOf(edge),
      logOf({ ...edge, peerKey: `0x${'e2'.repeat(32)}` }),
      logOf({ ...edge, dnsPort: 53 }),
    ])
    assert.equal(gaps, 0)
    assert.deepEqual(meter.read(), { 'registry.folded': 5, 'registry.refused.full': 3 })
    assert.equal(registry.roll()[0]?.dnsPort, 53)
  })
})

describe('folding edges and claims', () => {
  test('the roll is one frozen array until an edge changes', () => {
    const registry = createRegistry(contracts)
    push(registry, [logOf({ ...edge, peerKey: `0x${'e2'.repeat(32)}` }), logOf(edge)])
    const roll = registry.roll()
    assert.deepEqual(
      roll.map(entry => [entry.peerKey.slice(0, 4), entry.address, entry.ipv6, entry.stakeWei]),
      [
        ['0xe1', '127.0.1.1', '', 7n],
        ['0xe2', '127.0.1.1', '', 7n],
      ],
    )
    push(registry, registration('welcome', owner))
    assert.equal(registry.roll(), roll)
    assert.throws(() => (roll as unknown[]).push(1), TypeError)
  })

  test('an edge leaves the roll when it unbonds, is slashed to nothing, or is gone', () => {
    const rows: [why: string, event: EdgeEvent, left: boolean][] = [
      [
        'a slash',
        { event: 'EdgeSlashed', peerKey, reporter: other, burned: 1n, reward: 1n, stake: 5n },
        true,
      ],
      [
        'all of it',
        { event: 'EdgeSlashed', peerKey, reporter: other, burned: 6n, reward: 1n, stake: 0n },
        false,
      ],
      ['unbonding', { event: 'EdgeUnbonding', peerKey, owner, withdrawableAt: 9 }, false],
      ['removal', { event: 'EdgeRemoved', peerKey, owner, stake: 7n }, false],
    ]
    for (const [why, event, left] of rows) {
      const registry = createRegistry(contracts)
      push(registry, [logOf(edge)])
      assert.deepEqual(push(registry, [logOf(event)]), { ...unchanged, edges: true })
      assert.equal(registry.roll().length, left ? 1 : 0, why)
      if (left) assert.equal(registry.roll()[0]?.stakeWei, 5n)
      registry.rewindTo(1)
      assert.equal(registry.roll()[0]?.stakeWei, 7n)
    }
  })

  test('several owners may claim one domain; each has a token', () => {
    const registry = createRegistry(contracts)
    const domain = domainHash('example.com')!
    for (const one of [other, owner]) {
      const token = `0x${tokenOf(domain, one)}`
      const event = {
        event: 'DomainClaimed',
        domain,
        owner: one,
        site: node,
        name: 'example.com',
        token,
      } as const
      assert.deepEqual(push(registry, [logOf(event)]), { ...unchanged, claims: true })
    }
    assert.deepEqual(
      registry.claims().map(claim => [claim.owner, claim.token]),
      [owner, other].map(one => [one, tokenOf(domain, one)]),
    )
    push(registry, [logOf({ event: 'DomainReleased', domain, owner })])
    assert.deepEqual(
      registry.claims().map(claim => claim.owner),
      [other],
    )
  })
})
