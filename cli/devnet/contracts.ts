// The contracts of a devnet, and what its accounts need to use them: INXT for rent and stakes, ether for gas.
//
// anvil gives ether to its first ten accounts; the operators of further edges get theirs here. Everything is looked at
// first, so a start from what was kept sends nothing.

import { devnetMnemonic } from '../../registry-contract/io/anvil.ts'
import type { Artifacts } from '../../registry-contract/io/compile.ts'
import { deployContracts } from '../../registry-contract/io/deploy.ts'
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

/** Throws the Faults of the deployment. */
export async function foundRegistry(
  plan: DevnetPlan,
  url: string,
  artifacts: Artifacts,
  suffix: string,
): Promise<void> {
  const rpc = createRpc({ url })
  try {
    const open = (account: number): Promise<Wallet> =>
      createWallet({ rpc, chainId: devnetChainId, key: { mnemonic: devnetMnemonic, account } })
    const deployer = await open(publisherAccount)
    const { contracts } = await deployContracts({
      rpc,
      wallet: deployer,
      artifacts,
      parameters: deploymentPresets.devnet,
      suffix,
      file: plan.addressesFile,
    })
    const operators = await Promise.all(plan.members.map(({ number }) => open(number)))
    for (const { address } of operators.slice(funded - 1))
      await rpc.call('anvil_setBalance', [address, `0x${etherEach.toString(16)}`])
    const accounts = [deployer, ...operators].map(({ address }) => address)
    await fillAccounts(deployer, contracts.InxtToken.address, accounts, inxtEach)
  } finally {
    await rpc.close()
  }
}
