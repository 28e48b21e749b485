// A question to a contract: a view's values, when what stands at the address answers as our contract does.
//
// Anything may stand there: an address without code answers with nothing at all, another contract with bytes that mean
// something else. Both are told as what they are, a wrong address, and not as an error of decoding.

import type { Interface, Result } from 'ethers/abi'
import { Fault } from '../../base/fault.ts'
import type { Wallet } from './wallet.ts'

/** Faults: `chain/mismatch`, and those of `wallet.read`. */
export type Ask = (to: string, calls: Interface, name: string, ...values: unknown[]) => Promise<Result>

export function createAsk(wallet: Wallet): Ask {
  return async (to, calls, name, ...values) => {
    const answer = await wallet.read({ to, data: calls.encodeFunctionData(name, values) })
    try {
      return calls.decodeFunctionResult(name, answer)
    } catch (cause) {
      const what = answer === '0x' ? 'There is no contract' : 'There is another contract than ours'
      throw new Fault('chain/mismatch', `${what} at ${to}: ${name} got no answer that fits.`, { cause })
    }
  }
}
