// The contracts on a chain, once: planned, shown, then created one after the other.
//
// deployment.ts decides what is missing. Where everything is goes into a file at the end; until then each contract
// that was created is noted beside it, so that a deployment that breaks off (a fee that rises, a machine that stops)
// goes on where it was. What the file says is believed while the chain bears it out: the code at an address must be
// the code that was found there when it was made.

import { rm } from 'node:fs/promises'
import { AbiCoder } from 'ethers/abi'
import { getCreateAddress } from 'ethers/address'
import { Fault } from '../../base/fault.ts'
import { readJson, writeWhole } from '../../base/io/file.ts'
import { type Addresses, type ContractName, contractNames, parseCreated } from '../addresses.ts'
import { type Created, planSteps, type Step } from '../deployment.ts'
import { nodeOf } from '../label.ts'
import { constructorTypes, constructorValues, type Parameters, type Receivers } from '../parameters.ts'
import { createChain } from './chain.ts'
import type { Artifacts } from './compile.ts'
import type { Rpc } from './rpc.ts'
import type { GasPrice, Wallet } from './wallet.ts'

export interface DeployOptions {
  readonly rpc: Rpc
  readonly wallet: Wallet
  readonly artifacts: Artifacts
  readonly parameters: Parameters
  /** Those that are not the deployer. */
  readonly receivers?: Partial<Receivers>
  /** The label under which names lie. */
  readonly suffix: string
  /** Where the addresses go: one file a chain. */
  readonly file: string
}

export interface PlannedStep extends Step<ContractName> {
  /** Gas of its creation; 0 for what is there. */
  readonly gas: number
}

export interface DeploymentPlan {
  readonly chainId: number
  readonly deployer: string
  readonly receivers: Receivers
  readonly steps: readonly PlannedStep[]
  readonly gasPrice: GasPrice
  /** The deployer's, in wei. */
  readonly balance: bigint
}

const unfinished = (file: string): string => `${file}.unfinished`

/** Fault `chain/mismatch` when the endpoint is of another chain, or one of our contracts is not where it was. */
export async function confirmContracts(
  rpc: Rpc,
  addresses: Addresses,
  names: readonly ContractName[],
): Promise<void> {
  const chain = createChain(rpc)
  const chainId = await chain.chainId()
  if (chainId !== addresses.chainId) {
    throw new Fault(
      'chain/mismatch',
      `${rpc.url} is chain ${chainId}, the contracts are on ${addresses.chainId}.`,
    )
  }
  await Promise.all(
    names.map(async name => {
      const { address, codeHash } = addresses.contracts[name]
      const found = await chain.codeHash(address)
      if (found === codeHash) return
      const what = found === undefined ? 'no code' : 'other code'
      throw new Fault('chain/mismatch', `There is ${what} where ${name} was: ${address} on chain ${chainId}.`)
    }),
  )
}

/** What was created for this chain, by either file, and still is what it was. */
async function keptOn(rpc: Rpc, chainId: number, file: string): Promise<Map<ContractName, Created>> {
  const chain = createChain(rpc)
  const found = new Map<ContractName, Created>()
  for (const one of [file, unfinished(file)]) {
    const plain = (await readJson(one)) as { chainId?: unknown; contracts?: unknown } | null | undefined
    if (plain?.chainId !== chainId) continue
    for (const [name, created] of parseCreated(plain.contracts)) found.set(name, created)
  }
  const alive = await Promise.all(
    [...found].map(async ([, { address, codeHash }]) => (await chain.codeHash(address)) === codeHash),
  )
  return new Map([...found].filter((_, i) => alive[i]))
}

/** Sends nothing. Faults: `state/broken`, `chain/unreachable`, `chain/mismatch`, `chain/reverted`. */
export async function planDeployment(options: DeployOptions): Promise<DeploymentPlan> {
  const { rpc, wallet, artifacts, parameters, file } = options
  const deployer = wallet.address
  const chainId = await createChain(rpc).chainId()
  if (chainId !== wallet.chainId) {
    throw new Fault('chain/mismatch', `${rpc.url} is chain ${chainId}, not ${wallet.chainId}.`)
  }
  const receivers = {
    treasury: deployer,
    team: deployer,
    company: deployer,
    bounty: deployer,
    ...options.receivers,
  }
  const construction = { parameters, receivers, deployer, suffixNode: nodeOf(options.suffix) }
  const nonce = await wallet.nonce()
  const coder = AbiCoder.defaultAbiCoder()
  const steps = planSteps({
    names: contractNames,
    kept: await keptOn(rpc, chainId, file),
    addressOf: k => getCreateAddress({ from: deployer, nonce: nonce + k }).toLowerCase(),
    creationOf: (name, at) => {
      const values = constructorValues(name, at, construction)
      return artifacts[name].bytecode + coder.encode(constructorTypes[name], values).slice(2)
    },
  })
  const [gasPrice, balance, ...gas] = await Promise.all([
    wallet.gasPrice(),
    wallet.balance(),
    ...steps.map(step => (step.kept ? 0 : wallet.estimate({ data: step.creation }))),
  ])
  return {
    chainId,
    deployer,
    receivers,
    gasPrice,
    balance,
    steps: steps.map((step, i) => ({ ...step, gas: gas[i]! })),
  }
}

async function create(options: DeployOptions, step: Step<ContractName>): Promise<Created> {
  const { rpc, wallet } = options
  const receipt = await wallet.send({ data: step.creation })
  const codeHash = receipt.contract && (await createChain(rpc).codeHash(receipt.contract))
  if (receipt.contract !== step.address || codeHash === undefined || codeHash === '') {
    const hint = 'Another transaction of the deployer came in between; run the same command again.'
    const what = `${step.name} is at ${receipt.contract ?? 'no address'}, not at ${step.address} as was planned.`
    throw new Fault('chain/reverted', what, { hint })
  }
  const { address, creationHash } = step
  return { address, codeHash, creationHash, blockNumber: receipt.blockNumber }
}

/** Creates what the plan says is missing. Faults: `chain/reverted`, `chain/unreachable`, `state/broken`. */
export async function carryOut(
  options: DeployOptions,
  plan: DeploymentPlan,
  created: (name: ContractName) => void = () => {},
): Promise<Addresses> {
  const { file, suffix } = options
  const { chainId } = plan
  const records: Partial<Record<ContractName, Created>> = {}
  for (const step of plan.steps) if (step.kept) records[step.name] = step.kept
  for (const step of plan.steps) {
    if (step.kept) continue
    records[step.name] = await create(options, step)
    await writeWhole(unfinished(file), `${JSON.stringify({ chainId, contracts: records }, null, 2)}\n`)
    created(step.name)
  }
  const contracts = records as Record<ContractName, Created>
  const deployedAtBlock = Math.min(...Object.values(contracts).map(({ blockNumber }) => blockNumber))
  const addresses: Addresses = { chainId, suffix, suffixNode: nodeOf(suffix), deployedAtBlock, contracts }
  await writeWhole(file, `${JSON.stringify(addresses, null, 2)}\n`)
  await rm(unfinished(file), { force: true })
  return addresses
}

/** Plan and deed in one, for a chain where nobody needs to be asked. */
export async function deployContracts(options: DeployOptions): Promise<Addresses> {
  return carryOut(options, await planDeployment(options))
}
