// `inxt name register|renew|transfer|set`: what one can do to a name, each with its cost before it is spent.

import { Fault } from '../../base/fault.ts'
import { readName } from '../../registry-contract/io/names.ts'
import { type Call, revertOf, zeroAddress } from '../../registry-contract/io/reader.ts'
import { type Registrar, registrationGas } from '../../registry-contract/io/registrar.ts'
import type { Receipt, Wallet } from '../../registry-contract/io/wallet.ts'
import { type Spelling, spell } from '../../registry-contract/spelling.ts'
import { requireNotOurs } from '../publish/own-labels.ts'
import { createTerminal, durationText, quiet, type Terminal } from '../terminal.ts'
import { type AccountOptions, type OpenChain, openChainFor } from '../wallet/account.ts'
import { type Expense, settleOn } from '../wallet/consent.ts'
import { requireAddress } from './address.ts'
import { hashOf } from './contenthash.ts'

export interface NameOptions extends AccountOptions {
  yes: boolean
  json: boolean
}

interface Desk {
  readonly chain: OpenChain
  readonly wallet: Wallet
  readonly registrar: Registrar
  readonly name: Spelling
  /** For progress: silent with --json. */
  readonly terminal: Terminal
  agree(expenses: readonly Expense[]): Promise<void>
}

/** Opens what every command needs, and closes it. The pass phrase is asked for after the label was judged. */
async function atDesk(
  typed: string,
  options: NameOptions,
  action: (desk: Desk) => Promise<Receipt>,
): Promise<void> {
  const name = await spell(typed)
  await using chain = await openChainFor(options)
  const terminal = options.json ? quiet : createTerminal()
  if (name.shown !== name.label) terminal.line(`\n  ${name.shown} is ${name.label} in the DNS`)
  const { wallet, registrar } = await chain.openRegistrar()
  const agree: Desk['agree'] = async expenses => {
    const [gasPrice, { eth, inxt }] = await Promise.all([wallet.gasPrice(), chain.balancesOf(wallet.address)])
    const bill = { expenses, gasPrice, eth, inxt, payer: wallet.address }
    await settleOn(bill, createTerminal(options.json ? process.stderr : process.stdout), options.yes)
  }
  const { transaction } = await action({ chain, wallet, registrar, name, terminal, agree })
  const { owner, expiresAt, sequence, contenthash, zonehash } = await readName(
    chain.reader,
    chain.addresses,
    name.label,
  )
  if (options.json) {
    const done = { name: name.label, owner, expiresAt, sequence, contenthash, zonehash, transaction }
    process.stdout.write(`${JSON.stringify(done, null, 2)}\n`)
    return
  }
  terminal.line(`\n  ${name.label}: ${owner}, until ${dayText(expiresAt)}, change ${sequence}`)
  terminal.line(`  transaction ${transaction}\n`)
}

/** ECMA-262 section 21.4.1.1: no Date reaches further, and a stranger's contract may say anything. */
const instantMax = 8.64e15

export function dayText(at: number): string {
  return at > instantMax ? 'the end of time' : new Date(at).toISOString().slice(0, 10)
}

function yearsText(years: number): string {
  return years === 1 ? '1 year' : `${years} years`
}

export async function nameRegister(
  typed: string,
  options: NameOptions & { years: number; content?: string },
): Promise<void> {
  const { years } = options
  const contenthash = options.content === undefined ? '0x' : hashOf(options.content, '--content')
  await atDesk(typed, options, async ({ registrar, name, terminal, agree }) => {
    requireNotOurs(name.label)
    await registrar.requireFree(name.label)
    const [{ rent, premium }, restMs] = await Promise.all([
      registrar.price(name.label, years),
      registrar.commitmentAgeMs(),
    ])
    const gas = registrationGas(contenthash !== '0x')
    await agree([
      { what: 'commit', gas: gas.commit, inxt: 0n },
      {
        what: `${durationText(restMs)} later: register for ${yearsText(years)}`,
        gas: gas.register,
        inxt: rent,
      },
      ...(premium === 0n
        ? []
        : [{ what: 'premium, as it was released not long ago', gas: 0, inxt: premium }]),
    ])
    return terminal.step(`${name.label} is registered for ${yearsText(years)}`, say => {
      const words = {
        committing: () => `committing to ${name.label}`,
        waiting: (ms: number) => `the commitment rests for ${durationText(ms)}: nobody can be quicker now`,
        registering: () => `${name.label} is registered for ${yearsText(years)}`,
      }
      const progress = (step: keyof typeof words, waitMs: number): void => say(words[step](waitMs))
      return registrar.register(name.label, { years, contenthash, progress })
    })
  })
}

interface Deed {
  /** What will be done, in the bill; and what is done, at the end. */
  readonly todo: string
  readonly done: string
  readonly call: Call
  /** INXT wei. */
  readonly inxt?: bigint
}

/** Transactions that can be estimated before they are agreed on; the last one's receipt. */
async function carryOut(desk: Desk, deeds: readonly Deed[]): Promise<Receipt> {
  const { wallet, terminal, agree } = desk
  const expenses = deeds.map(async ({ todo, call, inxt = 0n }) => {
    return { what: todo, gas: await wallet.estimate(call), inxt }
  })
  await agree(await Promise.all(expenses))
  let last: Receipt | undefined
  for (const { done, call } of deeds) last = await terminal.step(done, () => wallet.send(call))
  return last!
}

export async function nameRenew(typed: string, options: NameOptions & { years: number }): Promise<void> {
  const { years } = options
  await atDesk(typed, options, async desk => {
    const { registrar, name } = desk
    await requireHolder(desk)
    const { rent } = await registrar.price(name.label, years)
    const call = await registrar.calls.renew(name.label, years)
    const term = yearsText(years)
    const done = `${name.label} is renewed for ${term}`
    return carryOut(desk, [{ todo: `renew for ${term}`, done, call, inxt: rent }]).catch(error => {
      throw termOr(error, name.label)
    })
  })
}

function termOr(error: unknown, label: string): unknown {
  const revert = revertOf(error)
  if (revert?.error !== 'NameTermExceeded') return error
  const day = dayText(Number(revert.values['expiresAtMax']) * 1000)
  return new Fault('input/invalid', `${label} can be held until ${day} at most.`, {
    hint: 'Renew it for fewer years.',
    cause: error,
  })
}

export async function nameTransfer(typed: string, toTyped: string, options: NameOptions): Promise<void> {
  const to = requireAddress(toTyped, 'an address')
  await atDesk(typed, options, async desk => {
    const { label } = desk.name
    await requireOwner(desk)
    if (to === desk.wallet.address) throw new Fault('input/invalid', `${label} belongs to ${to} already.`)
    const call = await desk.registrar.calls.transfer(label, to)
    const deed = { todo: `hand over to ${to}`, done: `${label} is handed over`, call }
    return carryOut(desk, [deed]).catch(error => {
      throw receiverOr(error, to)
    })
  })
}

function receiverOr(error: unknown, to: string): unknown {
  if (revertOf(error)?.error !== 'ERC721InvalidReceiver') return error
  return new Fault('input/invalid', `${to} is a contract that takes no names.`, {
    hint: 'Give the address of an account, or of a contract that takes ERC-721 tokens.',
    cause: error,
  })
}

interface SetOptions extends NameOptions {
  content?: string
  zone?: string
  delegate?: string
}

/** One transaction for each thing that is set. */
export async function nameSet(typed: string, options: SetOptions): Promise<void> {
  const { content, zone, delegate } = options
  await atDesk(typed, options, async desk => {
    await requireHolder(desk)
    const { calls } = desk.registrar
    const { label } = desk.name
    const deeds: Deed[] = []
    const add = (what: string, value: string, call: Call): unknown =>
      deeds.push({ todo: `set ${what}`, done: `${what} is ${value}`, call })
    if (content !== undefined)
      add('content', content, await calls.setContenthash(label, hashOf(content, '--content')))
    if (zone !== undefined) add('zone', zone, await calls.setZonehash(label, hashOf(zone, '--zone')))
    if (delegate !== undefined) {
      const address = delegate === 'none' ? zeroAddress : requireAddress(delegate, 'an address or none')
      add('delegate', delegate, await calls.setDelegate(label, address))
    }
    if (deeds.length === 0) {
      throw new Fault('input/invalid', 'There is nothing to set.', {
        hint: 'Give --content, --zone or --delegate; `none` takes it away.',
      })
    }
    return carryOut(desk, deeds)
  })
}

/** The contracts would refuse as well, but in words of their own. */
async function requireOwner({ chain, wallet, name }: Desk): Promise<void> {
  const { owner, expiresAt } = await readName(chain.reader, chain.addresses, name.label)
  const now = (await chain.reader.now()) * 1000
  if (owner === wallet.address && now < expiresAt) return
  const what = now < expiresAt ? `belongs to ${owner}` : 'belongs to nobody now'
  throw new Fault('name/taken', `${name.label} ${what}; the wallet is ${wallet.address}.`)
}

/** A name that was never registered; one that ran out can still be renewed for a while, which the chain judges. */
async function requireHolder({ chain, name }: Desk): Promise<void> {
  requireNotOurs(name.label)
  const { expiresAt } = await readName(chain.reader, chain.addresses, name.label)
  if (expiresAt > 0) return
  throw new Fault('input/invalid', `Nobody holds ${name.label}.`, {
    hint: `Take it first: inxt name register ${name.label}`,
  })
}
