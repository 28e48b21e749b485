import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LatencyFilter } from './latency-filter.ts'

const rows: [why: string, window: number, rttsMs: number[], filteredMs: number][] = [
  ['a first sample counts', 4, [30], 30],
  ['a spike is not seen', 4, [30, 31, 3000], 30],
  ['nor are two', 4, [30, 900, 31, 3000], 30],
  ['a slower route is believed when the window is full of it', 4, [30, 30, 80, 81, 82, 83], 80],
  ['no filter', 1, [10, 3000], 3000],
]
for (const [why, window, rttsMs, filteredMs] of rows)
  test(`latency filter: ${why}`, () => {
    const filter = new LatencyFilter(window)
    assert.equal(rttsMs.map(rttMs => filter.add(rttMs)).at(-1), filteredMs)
  })
