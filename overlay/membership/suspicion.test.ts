import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Suspicions, suspicionMs } from './suspicion.ts'

const times = { suspicionAlpha: 5, suspicionBeta: 6, confirmationsMax: 3, probeIntervalMs: 1000 }

test('suspicion is long on one word and short on four, by the formula of Lifeguard', () => {
  const rows: [size: number, confirmations: number, ms: number][] = [
    [5, 0, 30_000],
    [128, 0, 63_216],
    [128, 1, 36_876],
    [128, 2, 21_468],
    [128, 3, 10_536],
    [128, 4, 10_536],
    [1000, 3, 15_000],
    [3, 1, 5000], // only one other is left to confirm
    [2, 0, 5000],
  ]
  for (const [size, confirmations, ms] of rows)
    assert.equal(Math.round(suspicionMs(times, size, confirmations)), ms)
  assert.equal(Math.round(suspicionMs({ ...times, confirmationsMax: 0 }, 128, 0)), 10_536)
  assert.equal(suspicionMs({ ...times, suspicionAlpha: 0 }, 128, 0), 0)
})

test('each accuser counts once, and no more than are wanted', () => {
  const suspicions = new Suspicions(times)
  suspicions.begin('a', 128, 0)
  assert.deepEqual(suspicions.confirm('a', [1]), [1])
  assert.equal(suspicions.confirm('a', [1]), undefined)
  assert.equal(Math.round(suspicions.nextAt()), 63_216 - 1000)
  assert.deepEqual(suspicions.confirm('a', [2, 3, 4, 5, 6]), [1, 2, 3, 4])
  assert.ok(suspicions.isConfirmed('a'))
  assert.equal(suspicions.confirm('a', [7]), undefined)
  assert.deepEqual(suspicions.due(10_536), [])
  assert.deepEqual(suspicions.due(10_537), ['a'])
})

test('who is accused by few is heard once before its time is up', () => {
  const suspicions = new Suspicions(times)
  suspicions.begin('a', 5, 0)
  assert.deepEqual(suspicions.unheard(28_999), [])
  assert.deepEqual(suspicions.unheard(29_000), ['a'])
  assert.deepEqual(suspicions.unheard(29_500), [])
  assert.equal(suspicions.nextAt(), 30_000)
  suspicions.postpone(50)
  assert.deepEqual(suspicions.due(30_000), [])
  assert.deepEqual(suspicions.due(30_050), ['a'])
  suspicions.end('a')
  assert.equal(suspicions.nextAt(), Number.POSITIVE_INFINITY)
})
