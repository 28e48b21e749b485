// A chain with all contracts on it, for tests: compiled once a process, forgotten at the end. Commitments may be used
// at once, rent and stakes are small, and every account has INXT.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Addresses } from '../addresses.ts'
import { deploymentPresets, type Parameters } from '../parameters.ts'
import { type Anvil, type AnvilOptions, devnetMnemonic, startAnvil } from './anvil.ts'
import { type Artifacts, compileContracts } from './compile.ts'
import { deployContracts } from './deploy.ts'
import { fillAccounts } from './mint.ts'
import { createOperator, type Operator } from './operator.ts'
import { createRegistrar, type Registrar } from './registrar.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { createWallet, type Wallet } from './wallet.ts'

export interface Devchain {
  readonly folder: string
  readonly anvil: Anvil
  readonly rpc: Rpc
  readonly addresses: Addresses
  wallet(account: number): Promise<Wallet>
  registrar(account: number): Promise<Registrar>
  operator(account: number): Promise<Operator>
  stop(): Promise<void>
}

let artifacts: Promise<Artifacts> | undefined

export function compiled(): Promise<Artifacts> {
  return (artifacts ??= compileContracts())
}

/** `given.stateFile` may name a file that is not there yet, in a folder of the caller's. */
export async function startDevchain(
  given: Partial<AnvilOptions> = {},
  names: Partial<Parameters['names']> = { commitmentAgeMinS: 0 },
): Promise<Devchain> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-chain-'))
  const anvil = await startAnvil({ port: 0, ...given })
  const rpc = createRpc({ url: anvil.url })
  const wallet = (account: number): Promise<Wallet> =>
    createWallet({ rpc, chainId: given.chainId ?? 31_337, key: { mnemonic: devnetMnemonic, account } })
  const deployer = await wallet(9)
  const { devnet } = deploymentPresets
  const addresses = await deployContracts({
    rpc,
    wallet: deployer,
    artifacts: await compiled(),
    parameters: { ...devnet, names: { ...devnet.names, ...names } },
    suffix: 'inxt',
    file: join(folder, 'addresses.json'),
  })
  const accounts = await Promise.all(Array.from({ length: 9 }, async (_, i) => (await wallet(i)).address))
  await fillAccounts(deployer, addresses.contracts.InxtToken.address, accounts, 10n ** 24n)
  return {
    folder,
    anvil,
    rpc,
    addresses,
    wallet,
    registrar: async account => createRegistrar({ wallet: await wallet(account), addresses }),
    operator: async account => createOperator({ wallet: await wallet(account), addresses }),
    async stop() {
      await rpc.close()
      await anvil.stop()
      await rm(folder, { recursive: true })
    },
  }
}
