// `inxt edge leave`: takes an edge off the Roll, and later its stake back.
//
// From the transaction on nobody names the edge in answers, while its process serves on for those who remember it; the
// stake stays for the unbonding term, and the same command run after it brings the stake home. The settings are those
// the edge runs with, so that chain, contracts and operator's key are the ones with which it entered.

import { join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { readIdentity } from '../../overlay/io/identity.ts'
import { confirmContracts } from '../../registry-contract/io/deploy.ts'
import { leavingCall, nextStep } from '../../registry-contract/io/leaving.ts'
import { createOperator, type EdgeStanding, type Operator } from '../../registry-contract/io/operator.ts'
import type { Wallet } from '../../registry-contract/io/wallet.ts'
import { type EdgeOptions, edgeSettings } from '../edge-settings.ts'
import { createTerminal, quiet } from '../terminal.ts'
import { openChainFor } from '../wallet/account.ts'
import { amountText } from '../wallet/amount.ts'
import { settleOn } from '../wallet/consent.ts'

interface LeaveOptions extends EdgeOptions {
  yes: boolean
  json: boolean
}

const titles = {
  unbond: 'leave the Roll',
  withdraw: 'take the stake back',
} as const

export async function edgeLeave(options: LeaveOptions): Promise<void> {
  const { data, settings } = await edgeSettings(options)
  const peerKey = await peerKeyIn(data)
  await using chain = await openChainFor({
    data,
    rpc: settings['chain.rpc'],
    addresses: settings['chain.addresses'],
    wallet: settings['chain.wallet'] || join(data, 'operator.json'),
    passphraseFile: settings['chain.passphraseFile'],
  })
  const { addresses } = chain
  await confirmContracts(chain.rpc, addresses, ['EdgeRegistry'])
  const wallet = await chain.openWallet()
  const operator = createOperator({ wallet, addresses })
  const before = await ownStanding(operator, peerKey)
  // A chain that makes blocks only when there is something to put in them, as a devnet's, has an old time.
  const now = Math.max((await wallet.now()) * 1000, realClock.now())
  const step = nextStep(before, now)
  let transaction: string | undefined
  if (step === 'unbond' || step === 'withdraw') {
    const call = leavingCall(addresses, step, peerKey)
    await agree(wallet, titles[step], await wallet.estimate(call), options)
    const terminal = options.json ? quiet : createTerminal()
    transaction = (await terminal.step(titles[step], () => wallet.send(call))).transaction
  }
  const { owner, stake, withdrawableAt } = await operator.standing(peerKey)
  const isOut = owner === undefined
  if (options.json) {
    const left = { peerKey, stakeWei: `${stake}`, withdrawableAt, transaction: transaction ?? null }
    return void process.stdout.write(`${JSON.stringify(left, null, 2)}\n`)
  }
  const { line } = createTerminal()
  const inxt = `${amountText(isOut ? before.stake : stake, 'down')} INXT`
  line(isOut ? `\n  ${inxt} are back at ${wallet.address}.` : `\n  Nobody names this edge any more.`)
  if (!isOut) {
    line(
      `  Its stake of ${inxt} can be had from ${new Date(withdrawableAt).toISOString()} on, by the same command.`,
    )
    line('  Stop its process when resolvers have forgotten it; started again, it cannot enter before that.')
  }
  if (transaction !== undefined) line(`  transaction ${transaction}`)
  line()
}

async function peerKeyIn(folder: string): Promise<string> {
  const identity = await readIdentity(join(folder, 'identity.pem'))
  if (identity !== undefined) return `0x${toHex(identity.publicKey)}`
  throw new Fault('config/unreadable', `${join(folder, 'identity.pem')}: there is no edge in this folder`, {
    hint: 'Name the folder with which the edge runs with --data.',
  })
}

/** What the contract would say as well, but in words of this command. */
async function ownStanding(operator: Operator, peerKey: string): Promise<EdgeStanding> {
  const standing = await operator.standing(peerKey)
  const { owner } = standing
  if (owner === operator.address) return standing
  if (owner === undefined) {
    throw new Fault('input/invalid', `This edge is not on the Roll: ${peerKey}.`, {
      hint: 'There is nothing to leave, and no stake; an edge enters when it starts with a key.',
    })
  }
  throw new Fault('input/invalid', `The edge belongs to ${owner}, and the wallet is ${operator.address}.`, {
    hint: "Name the owner's wallet with --set chain.wallet=FILE.",
  })
}

async function agree(wallet: Wallet, what: string, gas: number, options: LeaveOptions): Promise<void> {
  const [gasPrice, eth] = await Promise.all([wallet.gasPrice(), wallet.balance()])
  const bill = { expenses: [{ what, gas, inxt: 0n }], gasPrice, eth, payer: wallet.address }
  await settleOn(bill, createTerminal(options.json ? process.stderr : process.stdout), options.yes)
}
