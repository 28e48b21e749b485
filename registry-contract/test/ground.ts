// A chain on which a model can be run against the contracts: calls in milliseconds, time by decree, and back to the
// start before every row of calls.
//
// anvil signs for its own accounts, mines each transaction by itself and answers with the receipt (EIP-7966), so a call
// is two questions. The timestamp of every block is set beforehand: the model knows the second at which its call will
// be judged.

import { Interface, type InterfaceAbi, type Result } from 'ethers/abi'
import { parseData, parseQuantity } from '../answers.ts'
import type { Artifact } from '../io/compile.ts'
import type { Rpc } from '../io/rpc.ts'

export interface Contract {
  readonly address: string
  readonly abi: Interface
}

export interface Ground {
  /** Seconds since the epoch of the last block. */
  readonly now: () => number
  wait(seconds: number): void
  /** One transaction, a second after the last one; false when it was refused. */
  send(from: string, to: Contract, call: string, words: readonly unknown[], wei?: bigint): Promise<boolean>
  ask(of: Contract, call: string, ...words: readonly unknown[]): Promise<Result>
  balance(of: string): Promise<bigint>
  deploy(from: string, artifact: Artifact, words: string): Promise<string>
  /** Everything as it was when the ground was made. */
  restore(): Promise<void>
}

const gas = '0x1e8480' // 2,000,000: more than any call takes

export function contractAt(address: string, artifact: Artifact): Contract {
  return { address, abi: new Interface(artifact.abi as unknown as InterfaceAbi) }
}

export async function createGround(rpc: Rpc): Promise<Ground> {
  const block = (await rpc.call('eth_getBlockByNumber', ['latest', false])) as { timestamp?: unknown } | null
  const startedAt = parseQuantity(block?.timestamp, 'timestamp')
  let now = startedAt
  let snapshot = await rpc.call('evm_snapshot', [])

  const mine = async (transaction: object): Promise<Record<string, unknown>> => {
    now += 1
    await rpc.call('evm_setNextBlockTimestamp', [now])
    return (await rpc.call('eth_sendTransactionSync', [transaction])) as Record<string, unknown>
  }
  return {
    now: () => now,
    wait(seconds) {
      now += seconds
    },
    async send(from, to, call, words, wei = 0n) {
      const data = to.abi.encodeFunctionData(call, words)
      const value = `0x${wei.toString(16)}`
      const receipt = await mine({ from, to: to.address, data, value, gas, gasPrice: '0x77359400' })
      return parseQuantity(receipt['status'], 'status') === 1
    },
    async ask(of, call, ...words) {
      const data = of.abi.encodeFunctionData(call, words)
      const answer = await rpc.call('eth_call', [{ to: of.address, data }, 'latest'])
      return of.abi.decodeFunctionResult(call, parseData(answer, 'return value', { bytesMax: 4096 }))
    },
    balance: async of => BigInt(String(await rpc.call('eth_getBalance', [of, 'latest']))),
    async deploy(from, artifact, words) {
      const receipt = await mine({ from, data: artifact.bytecode + words.slice(2) })
      return parseData(receipt['contractAddress'], 'address', { bytes: 20 })
    },
    async restore() {
      await rpc.call('evm_revert', [snapshot])
      snapshot = await rpc.call('evm_snapshot', [])
      now = startedAt
    },
  }
}
