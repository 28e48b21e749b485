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
    windowOf: async () => undefined,
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
    assert.deepEqual(desk.counts(), { papers: 0, waiting: 0, failing: 0 })
    assert.equal(meter.read()['certificates.unknown'], 10_000)
  })

  test('lets a name that was refused rest, twice as long each time, give or take a quarter', async () => {
    let tries = 0
    const obtain = async (): Promise<Paper> => {
      tries++
      throw new Fault('certificate/refused', 'no')
    }
    const { desk, pass } = world({ obtain })
    await desk.find('a.example')
    for (let failures = 1; failures <= 6; failures++) {
      const nominalMs = 60_000 * 2 ** (failures - 1)
      pass(0.75 * nominalMs - 1)
      assert.equal(await desk.find('a.example'), undefined)
      assert.equal(tries, failures, 'too early')
      pass(0.5 * nominalMs + 2)
      await desk.find('a.example')
      assert.equal(tries, failures + 1, 'it is time')
    }
    assert.deepEqual(desk.problems(9), [{ host: 'a.example', what: 'no' }])
  })

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

  test('rests a hundredth of the life when nobody has a newer one, which is no failure', async () => {
    let asked = 0
    const first: Paper[] = []
    const { desk, pass, paperFor } = world({ obtain: async () => (asked++ === 0 ? first[0] : undefined) })
    first.push(paperFor('a.example'))
    await desk.find('a.example')
    pass(65 * dayMs)
    for (const [ms, wanted] of [
      [0, 2],
      [0.8 * dayMs, 2],
      [0.2 * dayMs, 3],
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
    const start = 1_000_000 + dayMs
    const { desk, ordered, pass } = world({ windowOf: async () => ({ start, end: start }) })
    await desk.find('a.example')
    pass(dayMs - 1)
    desk.turn()
    assert.equal(ordered.length, 1)
    pass(2)
    desk.turn()
    assert.equal(ordered.length, 2)
  })

  test('hears within hours that the authority moved its window', async () => {
    let start = 1_000_000 + 60 * dayMs
    const { desk, ordered, pass } = world({ windowOf: async () => ({ start, end: start }) })
    await desk.find('a.example')
    start = 0
    pass(dayMs / 4)
    desk.turn()
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(ordered.length, 1)
    desk.turn()
    assert.equal(ordered.length, 2)
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
