import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { type PeerId, peerIdOf } from '../peer.ts'
import { distanceMs, encodeCoordinate, type Label, noLabel } from './coordinate.ts'
import { Coordinates } from './coordinates.ts'
import { wideTuning } from './options.ts'

const idOf = (n: number): PeerId => peerIdOf(Uint8Array.of(n >> 8, n & 255, ...new Uint8Array(29), 1))
const self = idOf(0)
const tuning = { ...wideTuning, clusterMin: 4, wantedIntervalMs: 1000, peersMax: 64 }
const start = (changed: Partial<typeof tuning> = {}) =>
  new Coordinates({ tuning: { ...tuning, ...changed }, random: seededRandom(1), self })

const pointOf = (n: number) => [10 * (n % 7), 20 * (n % 5), 5 * (n % 3), n % 2, 1]
const said = (n: number, label: Label = noLabel, madeAtS = 1): Uint8Array => {
  const position = { point: pointOf(n), error: 0.1 }
  return encodeCoordinate({ madeAtS, label, base: position, local: position })
}
const truth = [33, 41, 3, 0, 2]
/** Measures the peers 1 to `count` once each, a second apart; returns the time after. */
function measure(node: Coordinates, count: number, label: Label = noLabel, now = 0): number {
  for (let n = 1; n <= count; n++) {
    now += 1000
    node.observe(idOf(n), distanceMs(truth, pointOf(n)), said(n, label), now)
  }
  return now
}

describe('coordinates of a node', () => {
  test('nothing is known at first', () => {
    const node = start()
    assert.equal(node.predictMs(idOf(1), 0), undefined)
    assert.equal(node.between(idOf(1), idOf(2), 0), undefined)
    assert.equal(node.wanted(0), undefined)
    assert.equal(node.figures().error, 1)
  })

  test('what was measured is told as measured, the rest as predicted', () => {
    const node = start()
    let now = 0
    for (let round = 0; round < 6; round++) now = measure(node, 32, noLabel, now)
    node.place(idOf(40), said(40), now)
    const rttMs = distanceMs(truth, pointOf(40))
    assert.equal(node.predictMs(idOf(3), now), distanceMs(truth, pointOf(3)))
    assert.equal(node.measuredMs(idOf(3), now), distanceMs(truth, pointOf(3)))
    assert.equal(node.measuredMs(idOf(40), now), undefined)
    assert(Math.abs(node.predictMs(idOf(40), now)! - rttMs) < 0.1 * rttMs, `${node.predictMs(idOf(40), now)}`)
    assert.equal(node.between(idOf(3), idOf(40), now), distanceMs(pointOf(3), pointOf(40)))
    assert(node.figures().error < 0.1 && node.figures().samples === 192)
  })

  const refusals: [why: string, rttMs: number, bytes: Uint8Array, counted: 'malformed' | 'stale' | 'rtt'][] =
    [
      ['a round trip of nothing', 0, said(1), 'rtt'],
      ['one below nothing', -5, said(1), 'rtt'],
      ['one that is no number', Number.NaN, said(1), 'rtt'],
      ['one beyond 10 s', 10_001, said(1), 'rtt'],
      ['bytes that are no coordinate', 20, new Uint8Array(3), 'malformed'],
      ['what the peer said before it said something newer', 20, said(1, noLabel, 4), 'stale'],
    ]
  for (const [why, rttMs, bytes, counted] of refusals)
    test(`refused and counted: ${why}`, () => {
      const node = start()
      node.place(idOf(1), said(1, noLabel, 5), 0)
      node.observe(idOf(1), rttMs, bytes, 0)
      assert.deepEqual(node.figures().refused, { malformed: 0, stale: 0, rtt: 0, [counted]: 1 })
      assert.equal(node.figures().samples, 0)
    })

  test('what was heard long ago counts no more', () => {
    const node = start()
    const now = measure(node, 32)
    assert.notEqual(node.predictMs(idOf(5), now), undefined)
    assert.equal(node.predictMs(idOf(5), now + tuning.staleMs + 1), undefined)
    assert.equal(node.between(idOf(4), idOf(5), now + tuning.staleMs + 1), undefined)
  })

  test('a peer that is forgotten is unknown, also as a reference', () => {
    const node = start()
    const now = measure(node, 32)
    for (let n = 1; n <= 32; n++) node.forget(idOf(n))
    assert.equal(node.predictMs(idOf(5), now), undefined)
    measure(node, 16, noLabel, now)
  })

  test('the table of peers is bounded', () => {
    const node = start({ peersMax: 8 })
    const now = measure(node, 32)
    const known = Array.from({ length: 32 }, (_, n) => node.predictMs(idOf(n + 1), now))
    assert.equal(known.filter(ms => ms !== undefined).length, 8)
  })

  test('wants its mates in turn, and not too often', () => {
    const node = start()
    const now = measure(node, 32, 77)
    assert.equal(node.figures().cluster, 77)
    assert.equal(node.figures().clusterSize, 33)
    const wanted = [0, 500, 1000, 2000].map(laterMs => node.wanted(now + laterMs))
    assert.deepEqual(wanted, [idOf(1), undefined, idOf(2), idOf(3)])
  })

  test('the local coordinate is used between mates of a large cluster only', () => {
    const far = (n: number, label: Label): Uint8Array =>
      encodeCoordinate({
        ...{ madeAtS: 1, label },
        base: { point: [n, 0, 0, 0, 0], error: 0.1 },
        local: { point: [100 * n, 0, 0, 0, 0], error: 0.1 },
      })
    const node = start()
    for (let n = 1; n <= 4; n++) node.place(idOf(n), far(n, 7), 0)
    for (let n = 5; n <= 7; n++) node.place(idOf(n), far(n, 8), 0)
    assert.equal(node.between(idOf(1), idOf(2), 0), 100) // of one label, and four bear it
    assert.equal(node.between(idOf(5), idOf(6), 0), 1) // too few
    assert.equal(node.between(idOf(1), idOf(6), 0), 5) // of unlike labels
    assert.equal(node.between(idOf(1), idOf(1), 0), 0)
  })
})
