import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createTimings } from './timings.ts'

const rows: [ms: number, counter: string][] = [
  [0, '1us'],
  [-1, '1us'],
  [0.0009, '1us'],
  [0.001, '2us'],
  [0.004, '8us'],
  [0.0079, '8us'],
  [1, '1024us'],
  [1048.575, '1048576us'],
  [1048.576, 'more'],
  [Number.POSITIVE_INFINITY, 'more'],
]
for (const [ms, counter] of rows) {
  test(`${ms} ms count under ${counter}`, () => {
    const meter = createMeter()
    createTimings(meter, 'took')(ms)
    assert.deepEqual(meter.read(), { [`took.${counter}`]: 1 })
  })
}
