// Paying in INXT in the same transaction as what is paid for.
//
// The payer signs an allowance of exactly the price (EIP-2612), and the contract uses it and takes the money in one
// `multicall`: one transaction instead of two, and no allowance is left behind for anybody to use later. An allowance
// that is there already is used as it is.

import { Interface } from 'ethers/abi'
import { Signature } from 'ethers/crypto'
import { Fault } from '../../base/fault.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import { tokenCalls } from '../calls.ts'
import { createAsk } from './ask.ts'
import { type Reader, revertOf } from './reader.ts'
import type { Receipt, Wallet } from './wallet.ts'

export interface PaymentOptions {
  readonly wallet: Wallet
  /** Of INXT. */
  readonly token: string
}

export interface Payment {
  /** INXT wei of the wallet. */
  balance(): Promise<bigint>
  /** Fault `wallet/empty` that says what the wallet has and what it needs, when that is more. */
  requireFunds(cost: bigint): Promise<void>
  /**
   * Call data that pays `cost` INXT wei to `spender` with `call`, one of its functions. Fault `wallet/empty` when the
   * wallet has less.
   */
  paying(spender: Spender, call: string, cost: bigint): Promise<string>
  /** The same, sent; signed again when another payment of the wallet used the permit's number first. */
  pay(spender: Spender, call: string, cost: () => Promise<bigint>): Promise<Receipt>
}

export interface Spender {
  readonly address: string
  /** With `permit` and `multicall`. */
  readonly calls: Interface
}

/** Payments of one wallet at a time: each loses to all others once, at most. */
const attemptsMax = 20
const retryMs = 100
/** A permit is used within seconds; this long a transaction may wait for its block. */
const permitLifeS = 24 * 60 * 60

function inxt(wei: bigint): string {
  return `${(Number(wei) / 1e18).toFixed(6).replace(/\.?0+$/, '')} INXT`
}

const calls = new Interface(tokenCalls)

/** INXT wei of an account. Faults: `chain/mismatch` when `token` is not INXT, and those of `reader.read`. */
export async function inxtOf(reader: Reader, token: string, account: string): Promise<bigint> {
  const [value] = await createAsk(reader)(token, calls, 'balanceOf', account)
  return BigInt(value)
}

export function createPayment({ wallet, token }: PaymentOptions): Payment {
  const ask = createAsk(wallet)
  const read = async (name: string, ...values: unknown[]): Promise<bigint> => {
    const [value] = await ask(token, calls, name, ...values)
    return BigInt(value)
  }
  const balance = (): Promise<bigint> => inxtOf(wallet, token, wallet.address)

  const permit = async (spender: string, value: bigint): Promise<unknown[]> => {
    // Of a chain that mines only when it is asked to, the newest block may be days old.
    const now = Math.max(await wallet.now(), Math.floor(realClock.now() / 1000))
    const deadline = now + permitLifeS
    const signature = await wallet.signTyped({
      domain: { name: 'INXT', version: '1', chainId: wallet.chainId, verifyingContract: token },
      types: {
        Permit: [
          { name: 'owner', type: 'address' },
          { name: 'spender', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
      },
      message: {
        owner: wallet.address,
        spender,
        value,
        nonce: await read('nonces', wallet.address),
        deadline,
      },
    })
    const { v, r, s } = Signature.from(signature)
    return [value, deadline, v, r, s]
  }

  const requireFunds = async (cost: bigint): Promise<void> => {
    const has = await balance()
    if (has >= cost) return
    const hint = `Send INXT to ${wallet.address} and run the same command again.`
    throw new Fault('wallet/empty', `${wallet.address} has ${inxt(has)}; this costs ${inxt(cost)}.`, {
      hint,
    })
  }

  const paying: Payment['paying'] = async (spender, call, cost) => {
    await requireFunds(cost)
    if (cost === 0n || (await read('allowance', wallet.address, spender.address)) >= cost) return call
    const allowed = spender.calls.encodeFunctionData('permit', await permit(spender.address, cost))
    return spender.calls.encodeFunctionData('multicall', [[allowed, call]])
  }

  return {
    balance,
    requireFunds,
    paying,
    async pay(spender, call, cost) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await wallet.send({ to: spender.address, data: await paying(spender, call, await cost()) })
        } catch (error) {
          const isStale = revertOf(error)?.error === 'ERC20InsufficientAllowance'
          if (!isStale || attempt === attemptsMax) throw error
          await delay(retryMs)
        }
      }
    },
  }
}
