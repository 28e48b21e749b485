// The contracts of a devnet, and what its accounts need to use them: INXT for rent and stakes, ether for gas.
//
// anvil gives ether to its first ten accounts; the operators of further edges get theirs here. Everything is looked at
// first, so a start from what was kept sends nothing. A folder that another version of the contracts made gets new
// ones, which know nothing of what the old ones held: that is told, not mended, as these names are worth nothing.

import { readJson } from '../../base/io/file.ts'
import { type ContractName, parseCreated } from '../../registry-contract/addresses.ts'
import { devnetMnemonic } from '../../registry-contract/io/anvil.ts'
import type { Artifacts } from '../../registry-contract/io/compile.ts'
import { carryOut, planDeployment } from '../../registry-contract/io/deploy.ts'
import { fillAccounts } from '../../registry-contract/io/mint.ts'
import { createRpc } from '../../registry-contract/io/rpc.ts'
import { createWallet, type Wallet } from '../../registry-contract/io/wallet.ts'
import { deploymentPresets } from '../../registry-contract/parameters.ts'
import { devnetChainId } from '../wallet/wallet-file.ts'
import { type DevnetPlan, publisherAccount } from './plan.ts'

const one = 10n ** 18n
/** A thousand stakes, or as many years of any label. */
const inxtEach = 100_000n * one
/** Some hundred thousand transactions at anvil's usual price. */
const etherEach = 100n * one
const funded = 10

/**
 * Resolves with the contracts that this folder had and that had to be made anew, in the order of creation. Throws the
 * Faults of the deployment.
 */
export async function foundRegistry(
  plan: Pick<DevnetPlan, 'addressesFile' | 'members'>,
  url: string,
  artifacts: Artifacts,
  suffix: string,
): Promise<ContractName[]> {
  const rpc = createRpc({ url })
  try {
    const open = (account: number): Promise<Wallet> =>
      createWallet({ rpc, chainId: devnetChainId, key: { mnemonic: devnetMnemonic, account } })
    const deployer = await open(publisherAccount)
    const file = plan.addressesFile
    const before = parseCreated(((await readJson(file)) as { contracts?: unknown } | null)?.contracts)
    const parameters = deploymentPresets.devnet
    const request = { rpc, wallet: deployer, artifacts, parameters, suffix, file }
    const deployment = await planDeployment(request)
    const { contracts } = await carryOut(request, deployment)
    const operators = await Promise.all(plan.members.map(({ number }) => open(number)))
    for (const { address } of operators.slice(funded - 1))
      await rpc.call('anvil_setBalance', [address, `0x${etherEach.toString(16)}`])
    const accounts = [deployer, ...operators].map(({ address }) => address)
    await fillAccounts(deployer, contracts.InxtToken.address, accounts, inxtEach)
    const isReplaced = ({ name, kept }: (typeof deployment.steps)[number]): boolean =>
      before.has(name) && kept?.address !== before.get(name)!.address
    return deployment.steps.filter(isReplaced).map(({ name }) => name)
  } finally {
    await rpc.close()
  }
}

const losses: Partial<Record<ContractName, string>> = {
  InxtToken: 'balances',
  NameRegistry: 'all names (publish yours again)',
  DomainClaims: 'claims of domains',
  EdgeRegistry: 'stakes',
}

/** For a person, of what `foundRegistry` resolves with; undefined where nothing was replaced. */
export function replacementLine(replaced: readonly ContractName[]): string | undefined {
  if (replaced.length === 0) return undefined
  const lost = replaced.flatMap(name => losses[name] ?? [])
  const gone = lost.length === 0 ? '' : `; gone with the old ones: ${lost.join(', ')}`
  return `contracts made anew: ${replaced.join(', ')}${gone}`
}
