// A sync committee: 512 validators who sign every block of a day, so that somebody with little time need not
// follow a million of them.
//
// Their keys are believed because a state that is believed names them; so they are not checked for their
// group one by one, the aggregate's signature is. BLS12-381 is blst's (`@chainsafe/blst`), with the binary
// inside the package: 14 ms for a committee, where a pure one (`@noble/curves`) holds the process for a
// second. Consensus specifications, altair/beacon-chain, "Sync committees".

import { fastAggregateVerify, PublicKey, Signature } from '@chainsafe/blst'
import { Fault } from '../../base/fault.ts'
import type { SyncAggregate, SyncCommittee } from './update.ts'

export interface Committee {
  /** Tells two committees apart. */
  readonly root: Uint8Array
  /** How many of it signed `message` (32 bytes); Fault `proof/invalid` when the signature is not theirs. */
  signers(aggregate: SyncAggregate, message: Uint8Array): number
}

function invalid(what: string): never {
  throw new Fault('proof/invalid', `Beacon: ${what}`)
}

/** Fault `proof/invalid` when a key is not a point of the curve. */
export function createCommittee(committee: SyncCommittee, root: Uint8Array): Committee {
  let keys: PublicKey[]
  try {
    keys = committee.pubkeys.map(key => PublicKey.fromBytes(key))
  } catch {
    invalid('a committee has a key that is none.')
  }
  return {
    root,
    signers(aggregate, message) {
      const present = aggregate.syncCommitteeBits.getTrueBitIndexes().map(i => keys[i]!)
      let valid = false
      try {
        const signature = Signature.fromBytes(aggregate.syncCommitteeSignature, true, true)
        valid = present.length > 0 && fastAggregateVerify(message, present, signature)
      } catch {
        valid = false
      }
      return valid ? present.length : invalid('the signature is not that of the committee.')
    },
  }
}
