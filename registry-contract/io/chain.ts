// The few questions that following a chain takes, put to one endpoint.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { type PlacedLog, parseData, parseHeader, parseLogs, parseQuantity } from '../answers.ts'
import type { Chain } from '../quorum.ts'
import { topics } from '../signatures.ts'
import type { Rpc, RpcRefusal } from './rpc.ts'

/** EIP-170 bounds code at 24,576 bytes; some chains allow more. */
const codeBytesMax = 256 * 1024
const logsMax = 100_000

export function quantity(number: number): string {
  return `0x${number.toString(16)}`
}

/** Endpoints bound their answers in words of their own; -32005 is what EIP-1474 has for it. */
function isTooMuch({ code, message }: RpcRefusal): boolean {
  if (/rate|second|429/i.test(message)) return false
  return code === -32005 || /too (many|large|big|wide)|limit|exceed|block range|10,?000/i.test(message)
}

export function createChain(rpc: Rpc): Chain {
  const logs = async (filter: object): Promise<PlacedLog[]> => {
    const answer = await rpc.ask('eth_getLogs', [{ ...filter, topics: [topics] }])
    if ('result' in answer) return parseLogs(answer.result, logsMax)
    const what = `${rpc.url} refused eth_getLogs: ${answer.refusal.message}.`
    throw new Fault(isTooMuch(answer.refusal) ? 'bytes/too-large' : 'chain/unreachable', what)
  }
  return {
    url: rpc.url,
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
