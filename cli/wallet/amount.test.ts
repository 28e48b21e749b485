import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amountText } from './amount.ts'

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
  assert.equal(amountText(999_999_999_999_999_999n, 'down'), '0.999999')
})
