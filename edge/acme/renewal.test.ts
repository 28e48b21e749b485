import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pauseMs, readWindow, renewAt } from './renewal.ts'

const dayMs = 86_400_000
const life = { notBefore: 0, notAfter: 90 * dayMs }

test('renewal lies in the window, in two thirds to 72 % of the life without one, and never outside its bounds', () => {
  const rows: [window: Parameters<typeof renewAt>[1], chance: number, days: number][] = [
    [undefined, 0, 60],
    [undefined, 1, 64.5],
    [{ start: 10 * dayMs, end: 12 * dayMs }, 0.5, 11],
    // It is revoked: at once, but not each minute anew.
    [{ start: -1e15, end: -1e15 }, 0, 1.8],
    // The year 9999.
    [{ start: 253e12, end: 253e12 }, 0, 85.5],
    [{ start: -8.64e15, end: 8.64e15 }, 0.99, 85.5],
  ]
  for (const [window, chance, days] of rows) assert.equal(renewAt(life, window, chance) / dayMs, days)
})

test('whatever an authority sends, there is a window or none, and a moment within the life', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map(String),
    fc.constant('9999-12-31T00:00:00Z'),
  )
  const value = fc.oneof(fc.jsonValue(), texts, fc.constant({ toString: 1 }))
  const answer = fc.oneof(
    fc.record({ suggestedWindow: fc.oneof(value, fc.record({ start: value, end: value })) }),
    fc.dictionary(fc.string(), fc.jsonValue()),
  )
  fc.assert(
    fc.property(answer, fc.double({ min: 0, max: 0.999, noNaN: true }), (json, chance) => {
      const at = renewAt(life, readWindow(json), chance)
      assert.ok(at >= dayMs && at <= 86 * dayMs, `${at}`)
    }),
  )
  const start = '2026-01-02T00:00:00Z'
  assert.equal(readWindow({ suggestedWindow: { start, end: '2026-01-01T00:00:00Z' } }), undefined)
  assert.equal(readWindow({ suggestedWindow: { start, end: start } })?.end, Date.parse(start))
})

test('how soon it is asked again is within a minute and a day', () => {
  assert.deepEqual([undefined, 0, 1e5, 1e15].map(pauseMs), [6 * 3_600_000, 60_000, 1e5, dayMs])
})
