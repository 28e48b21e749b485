// The few questions that following a chain takes, in our words.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../../base/bytes.ts'
import { type Header, type PlacedLog, parseData, parseHeader, parseLogs, parseQuantity } from '../answers.ts'
import type { Rpc } from './rpc.ts'

export interface Chain {
  chainId(): Promise<number>
  /** keccak256 of the code at an address, undefined where there is none. */
  codeHash(address: string): Promise<string | undefined>
  /** Undefined when there is no such block. */
  block(number: number | 'latest'): Promise<Header | undefined>
  /** The logs of exactly this block (EIP-234), whatever became of it since. */
  logsOf(blockHash: string, addresses: readonly string[]): Promise<PlacedLog[]>
  logsBetween(from: number, to: number, addresses: readonly string[]): Promise<PlacedLog[]>
}

/** EIP-170 bounds code at 24,576 bytes; some chains allow more. */
const codeBytesMax = 256 * 1024
const logsMax = 100_000

export function quantity(number: number): string {
  return `0x${number.toString(16)}`
}

export function createChain(rpc: Rpc): Chain {
  const logs = async (filter: object): Promise<PlacedLog[]> =>
    parseLogs(await rpc.call('eth_getLogs', [filter]), logsMax)
  return {
    chainId: async () => parseQuantity(await rpc.call('eth_chainId', []), 'chain id'),
    async codeHash(address) {
      const answer = await rpc.call('eth_getCode', [address, 'latest'])
      const code = parseData(answer, 'code', { bytesMax: codeBytesMax })
      return code === '0x' ? undefined : `0x${toHex(keccak_256(fromHex(code)!))}`
    },
    async block(number) {
      const wanted = number === 'latest' ? number : quantity(number)
      return parseHeader(await rpc.call('eth_getBlockByNumber', [wanted, false]))
    },
    logsOf: (blockHash, address) => logs({ blockHash, address }),
    logsBetween: (from, to, address) => logs({ fromBlock: quantity(from), toBlock: quantity(to), address }),
  }
}
