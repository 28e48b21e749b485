import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLaterSerial } from './serial.ts'

for (const [serial, other, later] of [
  [2, 1, true],
  [1, 1, false],
  [1, 2, false],
  [0, 0xffff_ffff, true],
  [0x8000_0000, 0, false],
] as const) {
  test(`${serial} is ${later ? '' : 'not '}later than ${other}`, () =>
    assert.equal(isLaterSerial(serial, other), later))
}
