import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../base/fault.ts'
import { durationText, faultLines, tableLines } from './terminal.ts'

test('a table lines up, whatever the colours', () => {
  assert.deepEqual(
    tableLines(
      ['edge', 'dns'],
      [
        ['1', '\x1b[32mok\x1b[39m'],
        ['eleven', 'x'],
      ],
    ),
    ['  edge    dns', '  1       \x1b[32mok\x1b[39m', '  eleven  x'],
  )
})

test('durations are read at a glance', () => {
  assert.equal(durationText(999), '999 ms')
  assert.equal(durationText(12_340), '12.3 s')
  assert.equal(durationText(739_500), '12 min')
  assert.equal(durationText(26 * 3_600_000), '26 h')
  assert.equal(durationText(200 * 3_600_000), '8 days')
})

test('an error has three lines; a bug says that it is ours', () => {
  assert.equal(faultLines(new Fault('name/taken', 'welcome is taken')).length, 3)
  assert.equal(faultLines(new TypeError('x'))[1], 'This is a mistake in inxt itself.')
})
