// The light client's three messages, from the JSON of a beacon node to values that cannot surprise.
//
// Each fork has its own types; which one a message is of, its own slot says, not the server's word. The types
// are Lodestar's (`@lodestar/types`): SSZ containers that also read the Beacon API's JSON. What they read is
// written out and read again, so that lengths and ranges are checked once and for all. Electra of May 2025 is
// the oldest fork that is understood: a checkpoint has to be younger anyway. Consensus specifications,
// light-client/sync-protocol of altair, capella, electra and gloas.

import type { BeaconConfig } from '@lodestar/config'
import { type ForkName, isForkPostElectra, isForkPostGloas } from '@lodestar/params'
import { ssz } from '@lodestar/types'
import { Fault } from '../../base/fault.ts'
import { isBranch } from './branch.ts'

const types = {
  electra: {
    bootstrap: ssz.electra.LightClientBootstrap,
    update: ssz.electra.LightClientUpdate,
    finality: ssz.electra.LightClientFinalityUpdate,
  },
  gloas: {
    bootstrap: ssz.gloas.LightClientBootstrap,
    update: ssz.gloas.LightClientUpdate,
    finality: ssz.gloas.LightClientFinalityUpdate,
  },
}
type Era = keyof typeof types

/** Where things are in state and block body, as generalised indices. */
const placesOf = {
  electra: {
    finalized: ssz.electra.BeaconState.getPathInfo(['finalizedCheckpoint', 'root']).gindex,
    committee: ssz.electra.BeaconState.getPathInfo(['currentSyncCommittee']).gindex,
    nextCommittee: ssz.electra.BeaconState.getPathInfo(['nextSyncCommittee']).gindex,
  },
  gloas: {
    finalized: ssz.gloas.BeaconState.getPathInfo(['finalizedCheckpoint', 'root']).gindex,
    committee: ssz.gloas.BeaconState.getPathInfo(['currentSyncCommittee']).gindex,
    nextCommittee: ssz.gloas.BeaconState.getPathInfo(['nextSyncCommittee']).gindex,
  },
}
const payload = ssz.electra.BeaconBlockBody.getPathInfo(['executionPayload']).gindex
const payloadHash = ssz.electra.BeaconBlockBody.getPathInfo(['executionPayload', 'blockHash']).gindex
/**
 * Since Gloas a block commits to a payload that may never be revealed; the parent that it names is one that
 * was.
 */
const parentHash = ssz.gloas.BeaconBlockBody.getPathInfo([
  'signedExecutionPayloadBid',
  'message',
  'parentBlockHash',
]).gindex

export type BeaconHeader = ReturnType<typeof ssz.phase0.BeaconBlockHeader.defaultValue>
export type SyncCommittee = ReturnType<typeof ssz.altair.SyncCommittee.defaultValue>
export type SyncAggregate = ReturnType<typeof ssz.altair.SyncAggregate.defaultValue>
type Electra = ReturnType<typeof ssz.electra.LightClientUpdate.defaultValue>['attestedHeader']
type Gloas = ReturnType<typeof ssz.gloas.LightClientUpdate.defaultValue>['attestedHeader']

/** A beacon header, and the execution block that it commits to. */
export interface LightHeader {
  readonly beacon: BeaconHeader
  readonly root: Uint8Array
  readonly executionHash: Uint8Array
}

interface Sealed {
  readonly committee: SyncCommittee
  readonly branch: readonly Uint8Array[]
}

export interface Update {
  readonly attested: LightHeader
  readonly finalized: LightHeader
  readonly finalityBranch: readonly Uint8Array[]
  readonly signatureSlot: number
  readonly aggregate: SyncAggregate
  /** Absent in a finality update, and in an update that brings none. */
  readonly next?: Sealed
  readonly places: (typeof placesOf)[Era]
}

export interface Bootstrap extends Sealed {
  readonly header: LightHeader
  readonly places: (typeof placesOf)[Era]
}

function invalid(what: string): never {
  throw new Fault('proof/invalid', `Beacon: ${what}`)
}

/** What only can be read of a message before its fork is known. */
function slotOf(header: unknown): number {
  const text = (header as { beacon?: { slot?: unknown } } | null | undefined)?.beacon?.slot
  // 2^40 slots are four hundred thousand years.
  if (typeof text !== 'string' || !/^\d{1,12}$/.test(text)) invalid('a message has no slot.')
  return Number(text)
}

function eraOf(config: BeaconConfig, slot: number): Era {
  const fork: ForkName = config.getForkName(slot)
  if (isForkPostGloas(fork)) return 'gloas'
  return isForkPostElectra(fork) ? 'electra' : invalid(`slot ${slot} is of a fork before Electra.`)
}

interface Type<Value> {
  fromJson(json: unknown): Value
  serialize(value: Value): Uint8Array
  deserialize(bytes: Uint8Array): Value
}

function read<Value>(type: Type<Value>, json: unknown): Value {
  try {
    return type.deserialize(type.serialize(type.fromJson(json)))
  } catch (cause) {
    throw new Fault('bytes/malformed', 'The beacon node answered with a message of another form.', { cause })
  }
}

/** Checks that the body commits to the execution block. */
function lightHeader(config: BeaconConfig, header: Electra | Gloas): LightHeader {
  const { beacon, executionBranch } = header
  const root = ssz.phase0.BeaconBlockHeader.hashTreeRoot(beacon)
  const [leaf, place, executionHash] =
    'execution' in header
      ? ([
          ssz.electra.ExecutionPayloadHeader.hashTreeRoot(header.execution),
          payload,
          header.execution.blockHash,
        ] as const)
      : ([
          header.executionBlockHash,
          isForkPostGloas(config.getForkName(beacon.slot)) ? parentHash : payloadHash,
          header.executionBlockHash,
        ] as const)
  if (!isBranch(leaf, executionBranch, place, beacon.bodyRoot))
    invalid('a header does not commit to the execution block beside it.')
  return { beacon, root, executionHash }
}

/** Faults: `bytes/malformed`, `proof/invalid`. */
export function readBootstrap(config: BeaconConfig, json: unknown): Bootstrap {
  const era = eraOf(config, slotOf((json as { header?: unknown } | null)?.header))
  const message = read<ReturnType<(typeof types)[Era]['bootstrap']['defaultValue']>>(
    types[era].bootstrap,
    json,
  )
  return {
    header: lightHeader(config, message.header),
    committee: message.currentSyncCommittee,
    branch: message.currentSyncCommitteeBranch,
    places: placesOf[era],
  }
}

/** A branch of zeros is how an update says that it brings no committee. */
function isZero(branch: readonly Uint8Array[]): boolean {
  return branch.every(node => node.every(byte => byte === 0))
}

/** A LightClientUpdate, or with `finality` a LightClientFinalityUpdate. Faults as for `readBootstrap`. */
export function readUpdate(config: BeaconConfig, kind: 'update' | 'finality', json: unknown): Update {
  const slot = slotOf((json as { attested_header?: unknown } | null)?.attested_header)
  const era = eraOf(config, slot)
  type Message = ReturnType<(typeof types)[Era][typeof kind]['defaultValue']>
  const message = read<Message>(types[era][kind], json)
  const { attestedHeader, finalizedHeader, finalityBranch, signatureSlot, syncAggregate } = message
  const next = 'nextSyncCommittee' in message &&
    !isZero(message.nextSyncCommitteeBranch) && {
      next: { committee: message.nextSyncCommittee, branch: message.nextSyncCommitteeBranch },
    }
  return {
    attested: lightHeader(config, attestedHeader),
    finalized: lightHeader(config, finalizedHeader),
    finalityBranch,
    signatureSlot,
    aggregate: syncAggregate,
    places: placesOf[era],
    ...next,
  }
}
