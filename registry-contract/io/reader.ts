// What an account can ask of a chain without its key: views of contracts, its balance, the chain's clock.

import { Fault, isFault } from '../../base/fault.ts'
import { parseData, parseQuantity } from '../answers.ts'
import { decodeRevert, type Revert } from '../revert.ts'
import { quantity } from './chain.ts'
import type { Rpc, RpcRefusal } from './rpc.ts'

export interface Call {
  /** Absent for a deployment. */
  readonly to?: string
  readonly data: string
}

/** Faults of every method: `chain/reverted` with the contract's reason, `chain/unreachable`. */
export interface Reader {
  /** Lower case. */
  readonly address: string
  readonly chainId: number
  /** The bytes that a view returns, at the newest block or an older one. */
  read(call: Call, block?: number): Promise<string>
  /** In wei. */
  balance(): Promise<bigint>
  /** Of the newest block, in seconds since the epoch: the clock by which contracts judge. */
  now(): Promise<number>
}

export interface ReaderOptions {
  readonly rpc: Rpc
  readonly chainId: number
  /** Whose eyes contracts see; the zero address when nobody's. */
  readonly address?: string
}

export const zeroAddress = `0x${'00'.repeat(20)}`

/** What the contract said, from the places where endpoints put it. */
export function faultOf(refusal: RpcRefusal, url: string, from: string): Fault {
  if (/insufficient (funds|balance)/i.test(refusal.message) && refusal.data === '0x') {
    const hint = `Send ETH to ${from} and run the same command again.`
    return new Fault('wallet/empty', `${from} has too little ETH for the gas.`, { hint })
  }
  const reverts = refusal.data !== '0x' || /revert/i.test(refusal.message)
  if (!reverts) return new Fault('chain/unreachable', `${url} refused the transaction: ${refusal.message}.`)
  const revert = decodeRevert(refusal.data)
  return new Fault('chain/reverted', `The contract refused: ${revert.words}.`, { cause: revert })
}

/** The contract's reason, when the error is its refusal. */
export function revertOf(error: unknown): Revert | undefined {
  return isFault(error, 'chain/reverted') ? (error.cause as Revert | undefined) : undefined
}

export function createReader({ rpc, chainId, address = zeroAddress }: ReaderOptions): Reader {
  const from = address
  return {
    address: address.toLowerCase(),
    chainId,
    async read(call, block) {
      const at = block === undefined ? 'latest' : quantity(block)
      const answer = await rpc.ask('eth_call', [{ ...call, from }, at])
      if ('refusal' in answer) throw faultOf(answer.refusal, rpc.url, from)
      return parseData(answer.result, 'return value', { bytesMax: 65_536 })
    },
    async balance() {
      // Not `parseQuantity`: 0.01 ETH in wei is past 2^53 already.
      const answer = await rpc.call('eth_getBalance', [from, 'latest'])
      if (typeof answer === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer)) return BigInt(answer)
      throw new Fault('chain/unreachable', `${rpc.url} answers with a balance that is none.`)
    },
    async now() {
      const block = (await rpc.call('eth_getBlockByNumber', ['latest', false])) as {
        timestamp?: unknown
      } | null
      return parseQuantity(block?.timestamp, 'time')
    },
  }
}
