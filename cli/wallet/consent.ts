// What something costs, shown before anything is spent, and the question whether to go on.
//
// The table and the question go to standard error when standard output is one JSON object. Without a terminal nobody
// can be asked, so nothing is spent unless `--yes` said so in advance.

import { createInterface } from 'node:readline/promises'
import { Fault } from '../../base/fault.ts'
import type { GasPrice } from '../../registry-contract/io/wallet.ts'
import type { Terminal } from '../terminal.ts'
import { amountText } from './amount.ts'

export interface Expense {
  readonly what: string
  readonly gas: number
  /** INXT wei. */
  readonly inxt: bigint
}

export interface Bill {
  readonly expenses: readonly Expense[]
  readonly gasPrice: GasPrice
  /** What the payer has, in wei. */
  readonly eth: bigint
  /** What the payer has, in INXT wei; undefined where INXT is not at stake. */
  readonly inxt?: bigint
  readonly payer: string
}

/** A transaction may use a fifth more than it was estimated at: the limit that the wallet sets. */
const gasMargin = 120n

/** Shows the bill. Faults: wallet/empty when the payer cannot pay it, wallet/refused when nobody agrees to it. */
export async function settleOn(bill: Bill, terminal: Terminal, yes: boolean): Promise<void> {
  const { expenses, gasPrice, payer } = bill
  const gas = expenses.reduce((sum, expense) => sum + BigInt(expense.gas), 0n)
  const inxt = expenses.reduce((sum, expense) => sum + expense.inxt, 0n)
  const most = (gas * gasPrice.max * gasMargin) / 100n
  const row = (what: string, units: bigint, amount: bigint): string[] => [
    what,
    units.toLocaleString('en'),
    amountText(units * gasPrice.now),
    amount === 0n ? '' : amountText(amount),
  ]
  terminal.line()
  const rows = expenses.map(expense => row(expense.what, BigInt(expense.gas), expense.inxt))
  const total = row('in all', gas, inxt)
  terminal.table(['', 'gas', 'ETH, about', 'INXT'], rows.length > 1 ? [...rows, total] : rows)
  const has = `${amountText(bill.eth, 'down')} ETH`
  const hasInxt = bill.inxt === undefined ? '' : `, ${amountText(bill.inxt, 'down')} INXT`
  terminal.line(`\n  At most ${amountText(most)} ETH for gas. ${payer} has ${has}${hasInxt}.`)
  requireEnough(bill, gas * gasPrice.now, inxt)
  if (!yes) await ask()
  terminal.line()
}

function requireEnough(bill: Bill, wei: bigint, inxt: bigint): void {
  const short = (what: string, has: bigint, needs: bigint): never => {
    const shown = `${bill.payer} has ${amountText(has, 'down')} ${what}; this costs ${amountText(needs)} ${what}.`
    const hint = `Send ${what} to ${bill.payer} and run the same command again.`
    throw new Fault('wallet/empty', shown, { hint })
  }
  if (bill.eth < wei) short('ETH', bill.eth, wei)
  if (bill.inxt !== undefined && bill.inxt < inxt) short('INXT', bill.inxt, inxt)
}

async function ask(): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new Fault('wallet/refused', 'Nothing was sent: there is no terminal to ask on.', {
      hint: 'Run it with --yes to agree in advance.',
    })
  }
  const line = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await line.question('  Go on? [y/N] ')
    if (/^y(es)?$/i.test(answer.trim())) return
  } finally {
    line.close()
  }
  throw new Fault('wallet/refused', 'Nothing was sent.', { hint: 'Answer y, or run it with --yes.' })
}
