import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRange, parseRange } from './range.ts'

const rows: [value: string, sizeBytes: number, expected: string][] = [
  ['bytes=0-0', 10, 'bytes=0-0'],
  ['BYTES=0-0', 10, 'bytes=0-0'],
  ['bytes=-1', 10, 'bytes=9-9'],
  ['bytes=9-', 10, 'bytes=9-9'],
  ['bytes=0-9', 10, 'bytes=0-9'],
  ['bytes=5-5, 0-1', 10, 'bytes=5-5,0-1'], // the order asked for
  ['bytes=0-4,5-9', 10, 'bytes=0-4,5-9'], // neighbours do not overlap
  ['bytes=0-1,20-', 10, 'bytes=0-1'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=20-30,40-50', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'whole'],
  ['bytes=', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['bytes=1', 10, 'whole'],
  ['bytes=2-1', 10, 'whole'],
  ['bytes=0-1,x', 10, 'whole'],
  ['bytes=--1', 10, 'whole'],
  ['bytes=0x1-2', 10, 'whole'],
  ['bytes 0-1', 10, 'whole'],
  ['lines=0-1', 10, 'whole'],
  ['bytes=0-5,5-6', 10, 'whole'],
  ['bytes=0-,-1', 10, 'whole'],
  [`bytes=${'0-0,'.repeat(10_000)}`, 10, 'whole'],
]

test('what a Range field asks for', () => {
  for (const [value, sizeBytes, expected] of rows) {
    const parsed = parseRange(value, sizeBytes)
    const text = typeof parsed === 'string' ? parsed : formatRange(parsed)
    assert.equal(text, expected, `${value.slice(0, 40)} of ${sizeBytes}`)
  }
})
