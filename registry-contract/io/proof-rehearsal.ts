// A chain with NameRegistry alone on it, whose registrar is a person: for tests that write any record they
// like.

import {
  type BaseContract,
  Contract,
  ContractFactory,
  HDNodeWallet,
  JsonRpcProvider,
  NonceManager,
} from 'ethers'
import { assert } from '../../base/fault.ts'
import type { NameRecord } from '../layout.ts'
import { devnetMnemonic, startAnvil } from './anvil.ts'
import { compiled } from './devchain.ts'
import { createRpc, type Rpc } from './rpc.ts'

export interface Rehearsal {
  readonly rpc: Rpc
  readonly registry: string
  /** The registrar, and owner of what it assigns to itself. */
  readonly owner: string
  /** Sends a transaction and waits until it is in a block. */
  call(method: string, ...args: readonly unknown[]): Promise<void>
  /** What the contract says of itself, in the words of a proof. */
  read(node: string): Promise<Omit<NameRecord, 'node'>>
  stop(): Promise<void>
}

export async function proofRehearsal(): Promise<Rehearsal> {
  const { abi, bytecode } = (await compiled()).NameRegistry
  const anvil = await startAnvil({ port: 0 })
  const rpc = createRpc({ url: anvil.url })
  const provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, cacheTimeout: -1 })
  const wallet = new NonceManager(HDNodeWallet.fromPhrase(devnetMnemonic).connect(provider))
  const owner = (await wallet.getAddress()).toLowerCase()
  const deployed: BaseContract = await new ContractFactory([...abi], bytecode, wallet).deploy(owner)
  await deployed.waitForDeployment()
  const contract = new Contract(deployed, [...abi], wallet)
  const lower = (value: unknown): string => String(value).toLowerCase()
  return {
    rpc,
    owner,
    registry: (await deployed.getAddress()).toLowerCase(),
    async call(method, ...args) {
      const sent = await contract[method]!(...args)
      assert((await sent.wait())?.status === 1, method)
    },
    async read(node) {
      const [holder, delegate, expiresAt, sequence, contenthash, zonehash] = await contract['record']!(node)
      return {
        owner: lower(holder),
        delegate: lower(delegate),
        expiresAt: Number(expiresAt) * 1000,
        sequence: Number(sequence),
        contenthash: lower(contenthash),
        zonehash: lower(zonehash),
      }
    },
    async stop() {
      provider.destroy()
      await rpc.close()
      await anvil.stop()
    },
  }
}
