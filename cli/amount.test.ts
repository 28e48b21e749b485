import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { amountOf, amountText } from './amount.ts'

test('amounts are shown rounded up, in groups of three', () => {
  const rows: [wei: bigint, text: string][] = [
    [0n, '0'],
    [1n, '0.000001'],
    [10n ** 18n, '1'],
    [15n * 10n ** 17n, '1.5'],
    [1_234_567n * 10n ** 18n + 1n, '1,234,567.000001'],
    [999_999_999_999_999_999n, '1'],
  ]
  for (const [wei, text] of rows) assert.equal(amountText(wei), text)
})

test('amounts are read exactly, or refused with their option', () => {
  assert.equal(amountOf('1.000000000000000001', '--x'), 10n ** 18n + 1n)
  for (const bad of ['', '-1', '1e3', '1,000', '.5', '1.', '0.0000000000000000001', '9'.repeat(16)]) {
    assert.throws(
      () => amountOf(bad, '--stake'),
      (error: unknown) => isFault(error, 'config/invalid') && error.message.includes('--stake'),
      bad,
    )
  }
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), micro => {
      const wei = micro * 10n ** 12n
      assert.equal(amountText(wei).length > 0 && amountOf(amountText(wei).replaceAll(',', ''), '--x'), wei)
    }),
    { seed: 1, numRuns: 200 },
  )
})
