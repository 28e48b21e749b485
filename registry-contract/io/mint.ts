// INXT for the accounts of a development chain, where the deployer is the minter (parameters.ts). Elsewhere the token
// refuses: only the sale makes INXT there.

import { Interface } from 'ethers/abi'
import { tokenCalls } from '../calls.ts'
import { inxtOf } from './payment.ts'
import type { Wallet } from './wallet.ts'

const calls = new Interface(tokenCalls)

/** Fills every account up to `amount` INXT wei; those that have half of it are left alone. Fault `chain/reverted`. */
export async function fillAccounts(
  wallet: Wallet,
  token: string,
  accounts: readonly string[],
  amount: bigint,
): Promise<void> {
  await Promise.all(
    accounts.map(async account => {
      const has = await inxtOf(wallet, token, account)
      if (has >= amount / 2n) return
      await wallet.send({ to: token, data: calls.encodeFunctionData('mint', [account, amount - has]) })
    }),
  )
}
