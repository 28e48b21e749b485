// A question to a contract: a view's values, when what stands at the address answers as our contract does.
//
// Anything may stand there: an address without code answers with nothing at all, another contract with bytes that mean
// something else. Both are told as what they are, a wrong address, and not as an error of decoding.

import type { Interface, Result } from 'ethers/abi'
import { Fault } from '../../base/fault.ts'
import type { Reader } from './reader.ts'

/** Faults: `chain/mismatch`, and those of `reader.read`. */
export type Ask = (to: string, calls: Interface, name: string, ...values: unknown[]) => Promise<Result>

/** At the newest block without `block`. */
export function createAsk(reader: Reader, block?: number): Ask {
  return async (to, calls, name, ...values) => {
    const answer = await reader.read({ to, data: calls.encodeFunctionData(name, values) }, block)
    try {
      return calls.decodeFunctionResult(name, answer)
    } catch (cause) {
      const what = answer === '0x' ? 'There is no contract' : 'There is another contract than ours'
      throw new Fault('chain/mismatch', `${what} at ${to}: ${name} got no answer that fits.`, { cause })
    }
  }
}
