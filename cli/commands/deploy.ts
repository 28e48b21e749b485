// `inxt deploy`: the contracts on any chain, after the plan was shown: what is there, what is created where, with which
// numbers, and what that costs. Run again it sends nothing, or finishes what broke off.

import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { createChain } from '../../registry-contract/io/chain.ts'
import { compileContracts } from '../../registry-contract/io/compile.ts'
import {
  carryOut,
  type DeploymentPlan,
  type DeployOptions,
  planDeployment,
} from '../../registry-contract/io/deploy.ts'
import { fillAccounts } from '../../registry-contract/io/mint.ts'
import { createWallet } from '../../registry-contract/io/wallet.ts'
import { requireLabel } from '../../registry-contract/label.ts'
import {
  deploymentPresets,
  type Parameters,
  type PresetName,
  type Receivers,
} from '../../registry-contract/parameters.ts'
import { createTerminal, quiet, type Terminal } from '../terminal.ts'
import { openEndpoints } from '../wallet/account.ts'
import { amountText } from '../wallet/amount.ts'
import { settleOn } from '../wallet/consent.ts'
import { askPassphrase } from '../wallet/passphrase.ts'
import { readWalletKey, usualWalletFile } from '../wallet/wallet-file.ts'
import { requireAddress } from './address.ts'

type Roles = { readonly [K in keyof Receivers]?: string }

interface DeployCommand extends Roles {
  rpc: string
  out: string
  preset: string
  suffix: string
  wallet?: string
  passphraseFile?: string
  largePurchase?: number
  yes: boolean
  json: boolean
}

export async function deploy(options: DeployCommand): Promise<void> {
  const parameters = parametersOf(options)
  const receivers = receiversOf(options)
  const suffix = requireLabel(options.suffix)
  const [rpc] = openEndpoints(options.rpc)
  await using _ = { [Symbol.asyncDispose]: () => rpc!.close() }
  const chainId = await createChain(rpc!).chainId()
  const walletFile = options.wallet ?? usualWalletFile()
  const passphrase = (): Promise<string> => askPassphrase({ file: options.passphraseFile }, walletFile)
  const key = await readWalletKey(walletFile, { chainId, passphrase })
  const wallet = await createWallet({ rpc: rpc!, chainId, key, receiptDeadlineMs: receiptPatienceMs })
  const progress = options.json ? quiet : createTerminal()
  const artifacts = await progress.step('contracts compiled', () => compileContracts())
  const file = join(options.out, `${chainId}.json`)
  const request: DeployOptions = { rpc: rpc!, wallet, artifacts, parameters, receivers, suffix, file }
  const plan = await planDeployment(request)
  const terminal = createTerminal(options.json ? process.stderr : process.stdout)
  showPlan(plan, request, options.preset, terminal)
  const missing = plan.steps.filter(({ kept }) => kept === undefined)
  if (missing.length > 0) {
    const expenses = missing.map(({ name, gas }) => ({ what: name, gas, inxt: 0n }))
    const { gasPrice, balance: eth, deployer: payer } = plan
    await settleOn({ expenses, gasPrice, eth, payer }, terminal, options.yes)
  }
  const addresses = await progress.bar('contracts created', missing.length, advance =>
    carryOut(request, plan, () => advance(1)),
  )
  if (parameters.minter === 'deployer') {
    const filled = amountText(inxtOfDeployer)
    const token = addresses.contracts.InxtToken.address
    await progress.step(`the deployer has ${filled} INXT to hand out`, () =>
      fillAccounts(wallet, token, [wallet.address], inxtOfDeployer),
    )
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ file, ...addresses }, null, 2)}\n`)
  else terminal.line(`\n  ${terminal.paint('cyan', file)} says where they are.\n`)
}

/** A minute or two of a busy chain for each contract. */
const receiptPatienceMs = 300_000

/** Where it is worth nothing, there may be plenty. */
const inxtOfDeployer = 1_000_000n * 10n ** 18n

function parametersOf({ preset, largePurchase }: DeployCommand): Parameters {
  if (!Object.hasOwn(deploymentPresets, preset)) {
    const known = Object.keys(deploymentPresets).join(', ')
    throw new Fault('input/invalid', `--preset ${preset}: there is no such preset (${known})`)
  }
  const parameters = deploymentPresets[preset as PresetName]
  if (largePurchase === undefined) return parameters
  return { ...parameters, sale: { ...parameters.sale, largeWei: BigInt(largePurchase) * 10n ** 18n } }
}

function receiversOf(options: DeployCommand): Roles {
  const roles = ['treasury', 'team', 'company', 'bounty'] as const
  const given = roles.filter(role => options[role] !== undefined)
  return Object.fromEntries(
    given.map(role => [role, requireAddress(options[role]!, `an address (--${role})`)]),
  )
}

function showPlan(plan: DeploymentPlan, request: DeployOptions, preset: string, terminal: Terminal): void {
  const { parameters, suffix, file } = request
  terminal.line(
    `\n  chain ${plan.chainId} at ${request.rpc.url}, preset ${preset}, deployer ${plan.deployer}\n`,
  )
  terminal.table(
    ['contract', 'address', ''],
    plan.steps.map(({ name, address, kept }) => [name, address, kept ? 'is there' : 'to be created']),
  )
  const { names, edges, sale } = parameters
  const { treasury, team, company, bounty } = plan.receivers
  const rents = names.rentsInxt.map(rent => amountText(rent)).join(', ')
  const time = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')
  const lines: [what: string, text: string][] = [
    ['names', `under ${suffix}; a year of 1, 2, 3, 4, 5+ characters: ${rents} INXT, to ${treasury}`],
    ['', `commitments usable after ${names.commitmentAgeMinS} s, until ${names.commitmentAgeMaxS} s`],
    ['', `premium from ${amountText(names.premiumStartInxt)} INXT`],
    ['edges', `stake from ${amountText(edges.stakeMin)} INXT, unbonding ${edges.unbondingS} s`],
    ['', `a reporter gets ${edges.rewardBips / 100} % of a stake`],
    ['token', `at most ${amountText(parameters.capInxt)} INXT; minted by the ${parameters.minter}`],
    ['sale', `${sale.rate} INXT per ETH, ${time(sale.opensAt)} to ${time(sale.closesAt)} UTC`],
    [
      '',
      `${amountText(sale.minimumWei)} to ${amountText(sale.capWei)} ETH, large above ${amountText(sale.largeWei)} ETH`,
    ],
    ['', `team ${team}, company ${company}, bounty ${bounty}`],
    ['file', file],
  ]
  terminal.line()
  for (const [what, text] of lines) terminal.line(`  ${terminal.paint('dim', what.padEnd(10))}${text}`)
}
