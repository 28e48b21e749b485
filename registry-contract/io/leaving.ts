// The way out of the Roll: unbond, wait for the term in which the stake can still be slashed, withdraw.
//
// Each of the two is one transaction, weeks apart, so nobody keeps a process for it: what is next follows from the
// entry alone, and the same command takes whichever step is due.

import { Interface } from 'ethers/abi'
import type { Addresses } from '../addresses.ts'
import { edgeCalls } from '../calls.ts'
import type { EdgeStanding } from './operator.ts'
import type { Call } from './reader.ts'

/** `none`: there is no entry. */
export type LeavingStep = 'none' | 'unbond' | 'wait' | 'withdraw'

const registry = new Interface(edgeCalls)

/** `now` in ms, by the clock of the chain (`Reader.now`). */
export function nextStep({ owner, withdrawableAt }: EdgeStanding, now: number): LeavingStep {
  if (owner === undefined) return 'none'
  if (withdrawableAt === 0) return 'unbond'
  return now < withdrawableAt ? 'wait' : 'withdraw'
}

/** `peerKey` as 0x and 64 hexadecimal digits. */
export function leavingCall(addresses: Addresses, step: 'unbond' | 'withdraw', peerKey: string): Call {
  return { to: addresses.contracts.EdgeRegistry.address, data: registry.encodeFunctionData(step, [peerKey]) }
}
