// The beacon light client: from one block root that one trusts to the newest block that Ethereum has
// finalised.
//
// The trusted root (the checkpoint) names a state, the state names the committee of its day and the next, the
// committee signs headers, and a signed header names the block that is final and the committee after. Every
// step is a hash or a signature; no server is believed. This client takes less than the specification allows:
// only what two thirds of a committee signed and what is final. So there is no optimistic header, no forced
// update after a day without finality, and nothing that it believed is ever taken back.
//
// `@lodestar/light-client` does all of it, but rests at release 1.28 of 2025: it stops at the Gloas fork and
// needs a BLS package that is compiled at installation. Types, fork schedule and BLS are kept packages; what
// is ours is this page. Consensus specifications, altair/light-client/sync-protocol:
// `validate_light_client_update`.

import type { BeaconConfig } from '@lodestar/config'
import { DOMAIN_SYNC_COMMITTEE, EPOCHS_PER_SYNC_COMMITTEE_PERIOD, SLOTS_PER_EPOCH } from '@lodestar/params'
import { ssz } from '@lodestar/types'
import { equalBytes, toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { isBranch } from './branch.ts'
import { type Committee, createCommittee } from './committee.ts'
import type { Bootstrap, LightHeader, Update } from './update.ts'

export interface LightClient {
  /** The newest block that is final. */
  finalized(): { readonly slot: number; readonly root: string; readonly executionHash: string }
  /** The newest period (27 hours) whose committee is known. */
  period(): number
  /** Believes an update or throws Fault `proof/invalid`, with nothing changed. `slot` is the clock's. */
  apply(update: Update, slot: number): void
}

const slotsPerPeriod = SLOTS_PER_EPOCH * EPOCHS_PER_SYNC_COMMITTEE_PERIOD

export function periodOf(slot: number): number {
  return Math.floor(slot / slotsPerPeriod)
}

function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Fault('proof/invalid', `Beacon: ${what}`)
}

/** What a committee signs: the header's root, bound to the network and the fork. */
function signedMessage(config: BeaconConfig, update: Update): Uint8Array {
  const domain = config.getDomain(Math.max(update.signatureSlot, 1) - 1, DOMAIN_SYNC_COMMITTEE)
  return ssz.phase0.SigningData.hashTreeRoot({ objectRoot: update.attested.root, domain })
}

function requireOrder(update: Update, slot: number): void {
  const [finalized, attested] = [update.finalized.beacon.slot, update.attested.beacon.slot]
  const { signatureSlot } = update
  require(signatureSlot <= slot, `slot ${signatureSlot} is in the future.`)
  require(signatureSlot > attested && attested >= finalized, 'an update has its slots out of order.')
}

function requireBranches(update: Update): void {
  const { attested, finalized, finalityBranch, next, places } = update
  const { stateRoot } = attested.beacon
  require(isBranch(finalized.root, finalityBranch, places.finalized, stateRoot), 'a header is not final.')
  if (!next) return
  const root = ssz.altair.SyncCommittee.hashTreeRoot(next.committee)
  require(isBranch(root, next.branch, places.nextCommittee, stateRoot), 'a committee is not the next one.')
}

/** Two thirds of all its seats, taken or not. */
function requireSigned(config: BeaconConfig, update: Update, committee: Committee | undefined): void {
  require(committee !== undefined, `the committee of slot ${update.signatureSlot} is not known.`)
  const count = committee.signers(update.aggregate, signedMessage(config, update))
  const seats = update.aggregate.syncCommitteeBits.bitLen
  require(count * 3 >= seats * 2, `only ${count} of ${seats} signed.`)
}

/**
 * `trustedRoot` is the root of a beacon block, from somewhere that one trusts and not older than two weeks:
 * after that its validators may have left, and have nothing to lose by signing another history. Fault
 * `proof/invalid`.
 */
export function createLightClient(
  config: BeaconConfig,
  trustedRoot: Uint8Array,
  bootstrap: Bootstrap,
): LightClient {
  const { header, committee, branch, places } = bootstrap
  require(equalBytes(header.root, trustedRoot), 'the checkpoint is another block than the trusted one.')
  const root = ssz.altair.SyncCommittee.hashTreeRoot(committee)
  require(isBranch(
    root,
    branch,
    places.committee,
    header.beacon.stateRoot,
  ), 'the committee is not that of the checkpoint.')
  const committees = new Map([[periodOf(header.beacon.slot), createCommittee(committee, root)]])
  let finalized: LightHeader = header

  /** The committee after the attested one; only from a state whose own committee is final. */
  const learn = ({ next, attested, finalized }: Update): void => {
    const period = periodOf(attested.beacon.slot) + 1
    if (!next || periodOf(finalized.beacon.slot) !== period - 1) return
    const known = committees.get(period)
    const root = ssz.altair.SyncCommittee.hashTreeRoot(next.committee)
    require(!known || equalBytes(known.root, root), 'two final states name different committees.')
    if (!known) committees.set(period, createCommittee(next.committee, root))
  }

  return {
    finalized: () => ({
      slot: finalized.beacon.slot,
      root: `0x${toHex(finalized.root)}`,
      executionHash: `0x${toHex(finalized.executionHash)}`,
    }),
    period: () => Math.max(...committees.keys()),
    apply(update, slot) {
      requireOrder(update, slot)
      requireBranches(update)
      requireSigned(config, update, committees.get(periodOf(update.signatureSlot)))
      learn(update)
      if (update.finalized.beacon.slot <= finalized.beacon.slot) return
      finalized = update.finalized
      const oldest = periodOf(finalized.beacon.slot)
      for (const period of committees.keys()) if (period < oldest) committees.delete(period)
    },
  }
}
