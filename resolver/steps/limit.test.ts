import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { createLimiter, imputedHash, type Judgement, type Limiter, type LimitOptions } from './limit.ts'

const address = parseIpv4('192.0.2.1')!
const name = imputedHash(0, '\x01a\x07example')
const other = imputedHash(0, '\x01b\x07example')

function limiter(nowMs: () => number, options: Partial<LimitOptions> = {}): Limiter {
  return createLimiter({
    answersPerS: 10,
    prefixAnswersPerS: 0,
    slip: 2,
    buckets: 1024,
    seed: 4711,
    now: nowMs,
    ...options,
  })
}

function judgements(count: number, judge: () => Judgement): Record<Judgement, number> {
  const counts = { send: 0, slip: 0, drop: 0 }
  for (let i = 0; i < count; i++) counts[judge()]++
  return counts
}

test('a burst of one second is sent; of the rest every other answer slips', () => {
  const { judge } = limiter(() => 1000)
  assert.deepEqual(
    judgements(60, () => judge(address, name)),
    { send: 10, slip: 25, drop: 25 },
  )
})

test('after that, the rate', () => {
  let nowMs = 1000
  const { judge } = limiter(() => nowMs)
  judgements(60, () => judge(address, name))
  const later = judgements(1000, () => {
    nowMs += 10
    return judge(address, name)
  })
  assert.ok(Math.abs(later.send - 100) <= 1, `${later.send} answers in ten seconds at 10/s`)
  nowMs += 60_000
  assert.equal(judgements(60, () => judge(address, name)).send, 10, 'no more than a burst is saved up')
  nowMs -= 30_000
  assert.equal(judgements(60, () => judge(address, name)).send, 0, 'a clock that goes back fills nothing')
})

test('slip of 0 drops all, of 1 truncates all, and a rate of 0 sends all', () => {
  const count = (options: Partial<LimitOptions>): Record<Judgement, number> => {
    const { judge } = limiter(() => 1000, options)
    return judgements(50, () => judge(address, name))
  }
  assert.deepEqual(count({ slip: 0 }), { send: 10, slip: 0, drop: 40 })
  assert.deepEqual(count({ slip: 1 }), { send: 10, slip: 40, drop: 0 })
  assert.deepEqual(count({ answersPerS: 0 }), { send: 50, slip: 0, drop: 0 })
})

test('a network is counted as one, others and other names apart', () => {
  const rows: [who: string, asked: number, sent: number][] = [
    ['192.0.2.1', name, 10],
    ['192.0.2.200', name, 0],
    ['192.0.2.200', other, 10],
    ['192.0.3.1', name, 10],
    ['2001:db8:0:aa00::1', name, 10],
    ['2001:db8:0:aaff:1::', name, 0],
    ['2001:db8:0:ab00::1', name, 10],
  ]
  const { judge } = limiter(() => 1000)
  for (const [who, asked, sent] of rows) {
    const octets = parseIpv4(who) ?? parseIpv6(who)!
    assert.equal(judgements(10, () => judge(octets, asked)).send, sent, `${who} ${asked}`)
  }
})

test('all names of a network together have a bound too', () => {
  const { judge } = limiter(() => 1000, { prefixAnswersPerS: 50 })
  let i = 0
  assert.equal(judgements(1000, () => judge(address, imputedHash(0, `name ${i++}`))).send, 50)
})

test('a flood of prefixes makes no table larger, and does not free who is over the rate for long', () => {
  let nowMs = 1000
  const { judge } = limiter(() => nowMs, { buckets: 64 })
  let sent = 0
  for (let i = 0; i < 10_000; i++) {
    nowMs++
    judge(Uint8Array.of(10, i >>> 8, i & 0xff, 1), name)
    // One that asks as often as the flood stays in its bucket, since the oldest goes first.
    if (judge(address, name) === 'send') sent++
  }
  assert.ok(sent <= 10 + 100 + 1, `${sent} answers in ten seconds at 10/s`)
})

test('a clock that jumps grants one burst at most, and the table works on', () => {
  let nowMs = 1_700_000_000_000
  const { judge } = limiter(() => nowMs, { buckets: 4 })
  const burst = (): number => judgements(60, () => judge(address, name)).send
  assert.equal(burst(), 10)
  nowMs += 365 * 86_400_000
  assert.equal(burst(), 10, 'a year ahead is one burst')
  nowMs -= 365 * 86_400_000
  assert.equal(burst(), 0, 'back again is none')
  // Four places in all: were they stamped a year ahead, newcomers would push each other out and be new each time.
  const flood = [1, 2, 3].map(i => Uint8Array.of(10, 0, i, 1))
  let sent = 0
  for (let i = 0; i < 300; i++) if (judge(flood[i % 3]!, other) === 'send') sent++
  assert.equal(sent, 30)
})
