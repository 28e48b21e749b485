import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { Desk, type DeskOptions, type Paper } from './desk.ts'

const dayMs = 86_400_000

function world(changes: Partial<DeskOptions> = {}) {
  let now = 1_000_000
  const served = new Set(['a.example'])
  const ordered: string[] = []
  const forgotten: string[] = []
  const meter = createMeter()
  const paperFor = (host: string): Paper => {
    const life = { notBefore: now, notAfter: now + 90 * dayMs }
    return { host, chain: `chain ${ordered.length}`, key: 'key', certId: undefined, ...life }
  }
  const timers = new Set<() => void>()
  const desk = new Desk({
    mayServe: host => served.has(host),
    obtain: async (host, _old, begin) => {
      begin()
      ordered.push(host)
      return paperFor(host)
    },
    proposalFor: async () => undefined,
    challenge: () => undefined,
    keep: async () => {},
    forget: async host => void forgotten.push(host),
    now: () => now,
    date: () => now,
    after: (_ms, action) => {
      timers.add(action)
      return () => timers.delete(action)
    },
    random: seededRandom(1),
    meter,
    onFailed: () => {},
    ordersPerHourMax: 10,
    waitMs: 1000,
    ...changes,
  })
  const pass = (ms: number): void => {
    now += ms
  }
  return { desk, served, ordered, forgotten, meter, pass, paperFor, timers }
}

describe('the desk of certificates', () => {
  test('orders a served name once, however many ask', async () => {
    const { desk, ordered } = world()
    const found = await Promise.all(Array.from({ length: 50 }, () => desk.find('a.example')))
    assert.deepEqual(ordered, ['a.example'])
    assert.ok(found.every(certificate => certificate?.chain === 'chain 1'))
    assert.equal(desk.find('a.example'), found[0], 'at hand, without a promise')
    assert.equal(desk.counts().waiting, 0)
  })

  test('ten thousand handshakes for unknown names order nothing and are answered at once', () => {
    const { desk, ordered, meter } = world()
    for (let i = 0; i < 10_000; i++) assert.equal(desk.find(`x${i}.example`), undefined)
    assert.equal(desk.find(undefined), undefined)
    assert.deepEqual(ordered, [])
    assert.deepEqual(desk.counts(), { papers: 0, waiting: 0, failing: 0, busy: 0 })
    assert.equal(meter.read()['certificates.unknown'], 10_000)
  })

  const lasting: readonly [what: string, hasBegun: boolean, firstMs: number][] = [
    ['whose order failed rests for a minute', true, 60_000],
    ['that another edge would not give rests for five seconds', false, 5000],
  ]
  for (const [what, hasBegun, firstMs] of lasting) {
    test(`a name ${what}, twice as long each time, give or take a quarter`, async () => {
      let tries = 0
      const obtain: DeskOptions['obtain'] = async (_host, _old, begin) => {
        tries++
        if (hasBegun) begin()
        throw new Fault('certificate/refused', 'no')
      }
      const { desk, pass } = world({ obtain })
      await desk.find('a.example')
      for (let failures = 1; failures <= 6; failures++) {
        const nominalMs = firstMs * 2 ** (failures - 1)
        pass(0.75 * nominalMs - 1)
        assert.equal(await desk.find('a.example'), undefined)
        assert.equal(tries, failures, 'too early')
        pass(0.5 * nominalMs + 2)
        await desk.find('a.example')
        assert.equal(tries, failures + 1, 'it is time')
      }
      assert.deepEqual(desk.problems(9), [{ host: 'a.example', what: 'no' }])
    })
  }

  test('keeps to its hourly bound of orders, and to eight tries at once', async () => {
    const { desk, served, ordered, pass } = world({ ordersPerHourMax: 3 })
    for (let i = 0; i < 6; i++) served.add(`s${i}.example`)
    for (let i = 0; i < 6; i++) await desk.find(`s${i}.example`)
    assert.equal(ordered.length, 3)
    pass(3_600_001)
    await desk.find('s5.example')
    assert.equal(ordered.length, 4)
    let running = 0
    let most = 0
    const slow = world({
      obtain: host => {
        most = Math.max(most, ++running)
        return Promise.reject(new Fault('net/unreachable', host)).finally(() => running--)
      },
    })
    for (let i = 0; i < 20; i++) slow.served.add(`s${i}.example`)
    await Promise.all(Array.from({ length: 20 }, (_, i) => slow.desk.find(`s${i}.example`)))
    assert.equal(most, 8)
  })

  test('what others ordered does not count as an order of ours', async () => {
    let had = 0
    const { desk, served, meter } = world({
      ordersPerHourMax: 3,
      obtain: async host => {
        had++
        return { host, chain: 'theirs', key: 'key', certId: undefined, notBefore: 0, notAfter: 1e12 }
      },
    })
    for (let i = 0; i < 6; i++) served.add(`s${i}.example`)
    for (let i = 0; i < 6; i++) assert.notEqual(await desk.find(`s${i}.example`), undefined)
    assert.equal(had, 6)
    assert.equal(meter.read()['certificates.ordered'], undefined)
  })

  test('rests a hundredth of the life, six hours at most, when nobody has a newer one', async () => {
    let asked = 0
    const first: Paper[] = []
    const { desk, pass, paperFor } = world({ obtain: async () => (asked++ === 0 ? first[0] : undefined) })
    first.push(paperFor('a.example'))
    await desk.find('a.example')
    pass(65 * dayMs)
    for (const [ms, wanted] of [
      [0, 2],
      [0.2 * dayMs, 2],
      [0.05 * dayMs, 3],
    ] as const) {
      pass(ms)
      desk.turn()
      await new Promise(resolve => setImmediate(resolve))
      assert.equal(asked, wanted)
    }
    assert.deepEqual(desk.problems(9), [])
  })

  test('a handshake waits a bounded while', async () => {
    const { desk, timers } = world({ obtain: () => new Promise(() => {}) })
    const waiting = desk.find('a.example')
    for (const fire of timers) fire()
    assert.equal(await waiting, undefined)
    assert.equal(desk.counts().waiting, 0)
  })

  test('renews at two thirds of the life, and serves the old one meanwhile', async () => {
    const { desk, ordered, pass } = world()
    await desk.find('a.example')
    pass(59 * dayMs)
    desk.turn()
    assert.equal(ordered.length, 1)
    pass(6 * dayMs)
    desk.turn()
    const before = desk.find('a.example')
    assert.equal((before as Paper).chain, 'chain 1')
    await new Promise(resolve => setImmediate(resolve))
    assert.equal((desk.find('a.example') as Paper).chain, 'chain 2')
  })

  test('follows the window that the authority proposes', async () => {
    const start = 1_000_000 + 3 * dayMs
    const { desk, ordered, pass } = world({
      proposalFor: async () => ({ window: { start, end: start }, lookMs: undefined }),
    })
    await desk.find('a.example')
    pass(3 * dayMs - 1)
    desk.turn()
    assert.equal(ordered.length, 1)
    pass(2)
    desk.turn()
    assert.equal(ordered.length, 2)
  })

  test('hears within hours that the authority moved its window', async () => {
    let start = 1_000_000 + 60 * dayMs
    const { desk, ordered, pass } = world({
      proposalFor: async () => ({ window: { start, end: start }, lookMs: undefined }),
    })
    await desk.find('a.example')
    pass(2 * dayMs)
    desk.turn()
    await new Promise(resolve => setImmediate(resolve))
    start = 0
    pass(dayMs / 4)
    desk.turn()
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(ordered.length, 1)
    desk.turn()
    assert.equal(ordered.length, 2)
  })

  test('asks the authority again when that wants it, but for a minute to a day', async () => {
    let asked = 0
    let lookMs: number | undefined
    const window = { start: 1e12, end: 1e12 }
    const { desk, pass } = world({
      proposalFor: async () => {
        asked++
        return { window, lookMs }
      },
    })
    await desk.find('a.example')
    for (const [wantedMs, restMs] of [
      [0, 60_000],
      [3_600_000, 3_600_000],
      [1e15, dayMs],
      [undefined, 6 * 3_600_000],
    ] as const) {
      lookMs = wantedMs
      pass(dayMs)
      desk.turn()
      await new Promise(resolve => setImmediate(resolve))
      const before = asked
      pass(restMs - 1)
      desk.turn()
      assert.equal(asked, before, `${wantedMs}: too early`)
      pass(1)
      desk.turn()
      assert.equal(asked, before + 1, `${wantedMs}: it is time`)
    }
  })

  test('an authority that falls silent leaves its last word standing', async () => {
    const start = 1_000_000 + 3 * dayMs
    let proposal: { window: { start: number; end: number }; lookMs: undefined } | undefined
    proposal = { window: { start, end: start }, lookMs: undefined }
    const { desk, ordered, pass } = world({ proposalFor: async () => proposal })
    await desk.find('a.example')
    proposal = undefined
    pass(dayMs)
    desk.turn()
    await new Promise(resolve => setImmediate(resolve))
    pass(2 * dayMs)
    desk.turn()
    assert.equal(ordered.length, 2)
  })

  test('one that wants every certificate renewed at once gets fifty orders in a life', async () => {
    const window = { start: 0, end: 0 }
    const { desk, ordered, pass } = world({ proposalFor: async () => ({ window, lookMs: 0 }) })
    await desk.find('a.example')
    for (let hours = 0; hours < 90 * 24; hours++) {
      pass(3_600_000)
      desk.turn()
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.ok(ordered.length >= 48 && ordered.length <= 51, `${ordered.length} orders`)
  })

  test('an edge that is killed in mid-order rests as if that had failed, and counts it in its hour', async () => {
    const tries = [1, 2, 3].map(n => ({
      host: `s${n}.example`,
      at: 1_000_000 - 1000 * n,
      tries: n,
      isPlaced: false,
    }))
    const { desk, served, ordered, pass } = world({ ordersPerHourMax: 4 })
    for (const { host } of tries) served.add(host)
    desk.adopt([], tries)
    assert.equal(desk.problems(9).length, 3)
    for (const { host } of tries) assert.equal(desk.find(host), undefined, `${host} rests`)
    await desk.find('a.example')
    assert.deepEqual(ordered, ['a.example'])
    pass(600_000)
    assert.equal(await desk.find('s1.example'), undefined, 'the hour has had its four')
    pass(3_600_000)
    assert.notEqual(await desk.find('s1.example'), undefined)
  })

  test('an order that the authority knows is taken up at once; a clock set back delays little', async () => {
    const ahead = 1_000_000 + 400 * dayMs
    const { desk, served, ordered, pass } = world()
    served.add('b.example')
    desk.adopt(
      [],
      [
        { host: 'a.example', at: 999_000, tries: 9, isPlaced: true },
        { host: 'b.example', at: ahead, tries: 1, isPlaced: false },
      ],
    )
    assert.notEqual(await desk.find('a.example'), undefined)
    assert.equal(desk.find('b.example'), undefined)
    pass(75_001)
    assert.notEqual(await desk.find('b.example'), undefined)
    assert.deepEqual(ordered, ['a.example', 'b.example'])
  })

  test('a paper of an earlier run is at hand; one that is not served is forgotten when it ends', () => {
    const { desk, forgotten, pass, paperFor, ordered } = world()
    desk.adopt([paperFor('a.example'), paperFor('gone.example')])
    assert.notEqual(desk.find('a.example'), undefined)
    desk.turn()
    assert.deepEqual(forgotten, [])
    pass(91 * dayMs)
    desk.turn()
    assert.deepEqual(forgotten, ['gone.example'])
    assert.deepEqual(ordered, ['a.example'])
  })
})
