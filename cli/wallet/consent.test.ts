import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { quiet, type Terminal, tableLines } from '../terminal.ts'
import { type Bill, settleOn } from './consent.ts'

const one = 10n ** 18n
const gwei = 10n ** 9n
const bill: Bill = {
  expenses: [
    { what: 'commit', gas: 50_000, inxt: 0n },
    { what: 'register', gas: 150_000, inxt: 5n * one },
  ],
  gasPrice: { now: 10n * gwei, max: 20n * gwei },
  eth: one,
  inxt: 6n * one,
  payer: '0x01',
}

test('the bill adds up, and says the most that it can come to', async () => {
  const lines: string[] = []
  const terminal: Terminal = {
    ...quiet,
    line: (text = '') => lines.push(text),
    table: (head, rows) => lines.push(...tableLines(head, rows)),
  }
  await settleOn(bill, terminal, true)
  assert.deepEqual(lines.filter(Boolean), [
    '            gas      ETH, about  INXT',
    '  commit    50,000   0.0005',
    '  register  150,000  0.0015      5',
    '  in all    200,000  0.002       5',
    '\n  At most 0.0048 ETH for gas. 0x01 has 1 ETH, 6 INXT.',
  ])
})

test('who cannot pay is told what is missing, also with --yes', async () => {
  const rows: [changed: Partial<Bill>, says: RegExp][] = [
    [{ eth: one / 1000n }, /0x01 has 0\.001 ETH; this costs 0\.002 ETH/],
    [{ inxt: 4n * one }, /0x01 has 4 INXT; this costs 5 INXT/],
  ]
  for (const [changed, says] of rows) {
    await assert.rejects(
      settleOn({ ...bill, ...changed }, quiet, true),
      (error: unknown) => isFault(error, 'wallet/empty') && says.test(error.message),
    )
  }
})
