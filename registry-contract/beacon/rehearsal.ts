// A beacon chain that never was, for tests: its states, bodies and signatures are whole, its validators are
// numbers.
//
// States and bodies are Lodestar's types filled in where it matters, so roots and branches are computed over
// the real trees of the fork. A committee is 512 secret keys that count up from a number; the sum of those
// that sign is the secret key of their aggregate, so one signature does for all of them.

import { SecretKey } from '@chainsafe/blst'
import { type BeaconConfig, createBeaconConfig } from '@lodestar/config'
import { networksChainConfig } from '@lodestar/config/networks'
import { DOMAIN_SYNC_COMMITTEE, isForkPostGloas } from '@lodestar/params'
import { ssz } from '@lodestar/types'
import { fromHex, toHex } from '../../base/bytes.ts'
import { periodOf } from './lightclient.ts'
import type { SyncCommittee } from './update.ts'

const seats = 512

/** A fork schedule like mainnet's in which Gloas begins at an epoch, or never. */
export function rehearsalConfig(gloasEpoch = Number.POSITIVE_INFINITY): BeaconConfig {
  const chain = { ...networksChainConfig.mainnet, GLOAS_FORK_EPOCH: gloasEpoch }
  return createBeaconConfig(chain, new Uint8Array(32).fill(0x4b))
}

function secret(value: number): SecretKey {
  return SecretKey.fromBytes(fromHex(value.toString(16).padStart(64, '0'))!)
}

/** The committee of a period: its keys begin at a number of its own. */
const committees = new Map<number, SyncCommittee>()
function firstKey(period: number): number {
  return 1 + (period % 1000) * seats
}
function committeeOf(period: number): SyncCommittee {
  const known = committees.get(period)
  if (known) return known
  const pubkeys = Array.from({ length: seats }, (_, i) =>
    secret(firstKey(period) + i)
      .toPublicKey()
      .toBytes(),
  )
  const sum = seats * firstKey(period) + (seats * (seats - 1)) / 2
  const made = { pubkeys, aggregatePubkey: secret(sum).toPublicKey().toBytes() }
  committees.set(period, made)
  return made
}

/** What a tree of SSZ is made of, as far as a branch needs it. */
interface Node {
  readonly root: Uint8Array
  readonly left: Node
  readonly right: Node
}

/** Siblings from the leaf up. */
function branchTo(node: Node, place: bigint): Uint8Array[] {
  const branch: Uint8Array[] = []
  for (const bit of place.toString(2).slice(1)) {
    branch.unshift(bit === '0' ? node.right.root : node.left.root)
    node = bit === '0' ? node.left : node.right
  }
  return branch
}

/** A state has 100,000 leaves: it is hashed once, and what is filled in then costs its own paths only. */
const emptyStates = new Map<boolean, { clone(): unknown }>()
function emptyState(gloas: boolean) {
  const type = (gloas ? ssz.gloas.BeaconState : ssz.electra.BeaconState) as typeof ssz.electra.BeaconState
  let empty = emptyStates.get(gloas)
  if (!empty) {
    const made = type.toViewDU(type.defaultValue())
    made.hashTreeRoot()
    emptyStates.set(gloas, (empty = made))
  }
  return empty.clone() as ReturnType<typeof type.toViewDU>
}

type Path = Parameters<typeof ssz.electra.BeaconState.getPathInfo>[0]
const paths = {
  finalized: ['finalizedCheckpoint', 'root'],
  committee: ['currentSyncCommittee'],
  nextCommittee: ['nextSyncCommittee'],
} satisfies Record<string, Path>

export interface UpdateWish {
  readonly finalizedSlot: number
  readonly attestedSlot: number
  readonly signatureSlot: number
  /** Hash of the execution block that the finalised beacon block commits to, 0x and 64 digits. */
  readonly executionHash: string
  /** How many of the 512 sign; all when left out. */
  readonly signers?: number
  /** The committee that signs; that of the signature's slot when left out. */
  readonly signedBy?: number
  readonly kind?: 'update' | 'finality'
}

/** Messages as a beacon node would send them: JSON values, to be sent or spoiled. */
export interface Rehearsal {
  /** `root` is what one would trust. */
  bootstrap(slot: number, executionHash: string): { readonly root: string; readonly answer: unknown }
  update(wish: UpdateWish): { version: string; data: unknown }
}

function gloasAt(config: BeaconConfig, slot: number): boolean {
  return isForkPostGloas(config.getForkName(slot))
}

function stateAt(config: BeaconConfig, slot: number, finalizedRoot: Uint8Array): Node {
  const state = emptyState(gloasAt(config, slot))
  state.slot = slot
  state.finalizedCheckpoint = ssz.phase0.Checkpoint.toViewDU({ epoch: 0, root: finalizedRoot })
  state.currentSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committeeOf(periodOf(slot)))
  state.nextSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committeeOf(periodOf(slot) + 1))
  state.commit()
  return state.node as Node
}

/** Root of a body that commits to the execution block, and what a light header of an era says of it. */
function bodyOf(config: BeaconConfig, slot: number, executionHash: Uint8Array, inGloas: boolean) {
  if (gloasAt(config, slot)) {
    const body = ssz.gloas.BeaconBlockBody.defaultValue()
    body.signedExecutionPayloadBid.message.parentBlockHash = executionHash
    const path = ['signedExecutionPayloadBid', 'message', 'parentBlockHash']
    const tree = ssz.gloas.BeaconBlockBody.toView(body).node as Node
    const place = ssz.gloas.BeaconBlockBody.getPathInfo(path).gindex
    const fields = { executionBlockHash: executionHash, executionBranch: branchTo(tree, place) }
    return { bodyRoot: tree.root, fields }
  }
  const body = ssz.electra.BeaconBlockBody.defaultValue()
  body.executionPayload.blockHash = executionHash
  const tree = ssz.electra.BeaconBlockBody.toView(body).node as Node
  const place = (path: string[]): bigint => ssz.electra.BeaconBlockBody.getPathInfo(path).gindex
  if (inGloas) {
    const branch = branchTo(tree, place(['executionPayload', 'blockHash']))
    const executionBranch = [new Uint8Array(32), new Uint8Array(32), ...branch]
    return { bodyRoot: tree.root, fields: { executionBlockHash: executionHash, executionBranch } }
  }
  const { transactions, withdrawals, ...payload } = body.executionPayload
  const execution = {
    ...payload,
    transactionsRoot: ssz.electra.ExecutionPayload.fields.transactions.hashTreeRoot(transactions),
    withdrawalsRoot: ssz.electra.ExecutionPayload.fields.withdrawals.hashTreeRoot(withdrawals),
  }
  const executionBranch = branchTo(tree, place(['executionPayload']))
  return { bodyRoot: tree.root, fields: { execution, executionBranch } }
}

/** A light header of the slot over the state, in the form that messages of `eraSlot` have. */
function headerAt(config: BeaconConfig, slot: number, stateRoot: Uint8Array, hash: string, eraSlot: number) {
  const { bodyRoot, fields } = bodyOf(config, slot, fromHex(hash)!, gloasAt(config, eraSlot))
  const parentRoot = new Uint8Array(32).fill(slot % 256)
  const beacon = { slot, proposerIndex: 1, parentRoot, stateRoot, bodyRoot }
  return { header: { beacon, ...fields }, root: ssz.phase0.BeaconBlockHeader.hashTreeRoot(beacon) }
}

function sign(config: BeaconConfig, wish: UpdateWish, objectRoot: Uint8Array) {
  const count = wish.signers ?? seats
  const domain = config.getDomain(wish.signatureSlot - 1, DOMAIN_SYNC_COMMITTEE)
  const message = ssz.phase0.SigningData.hashTreeRoot({ objectRoot, domain })
  const first = firstKey(wish.signedBy ?? periodOf(wish.signatureSlot))
  const sum = count * first + (count * (count - 1)) / 2
  const aggregate = ssz.altair.SyncAggregate.defaultValue()
  for (let i = 0; i < count; i++) aggregate.syncCommitteeBits.set(i, true)
  aggregate.syncCommitteeSignature = secret(Math.max(1, sum)).sign(message).toBytes()
  return aggregate
}

function placeIn(config: BeaconConfig, slot: number, what: keyof typeof paths): bigint {
  const types = gloasAt(config, slot) ? ssz.gloas : ssz.electra
  return types.BeaconState.getPathInfo(paths[what]).gindex
}

export function createRehearsal(config: BeaconConfig): Rehearsal {
  return {
    bootstrap(slot, executionHash) {
      const state = stateAt(config, slot, new Uint8Array(32))
      const { header, root } = headerAt(config, slot, state.root, executionHash, slot)
      const message = {
        header,
        currentSyncCommittee: committeeOf(periodOf(slot)),
        currentSyncCommitteeBranch: branchTo(state, placeIn(config, slot, 'committee')),
      }
      const type = (gloasAt(config, slot) ? ssz.gloas : ssz.electra).LightClientBootstrap
      const answer = { version: config.getForkName(slot), data: type.toJson(message as never) }
      return { root: `0x${toHex(root)}`, answer }
    },
    update(wish) {
      const { finalizedSlot, attestedSlot, executionHash } = wish
      const stateRoot = new Uint8Array(32).fill(7)
      const finalized = headerAt(config, finalizedSlot, stateRoot, executionHash, attestedSlot)
      const state = stateAt(config, attestedSlot, finalized.root)
      const attested = headerAt(config, attestedSlot, state.root, `0x${'a7'.repeat(32)}`, attestedSlot)
      const message = {
        attestedHeader: attested.header,
        finalizedHeader: finalized.header,
        finalityBranch: branchTo(state, placeIn(config, attestedSlot, 'finalized')),
        nextSyncCommittee: committeeOf(periodOf(attestedSlot) + 1),
        nextSyncCommitteeBranch: branchTo(state, placeIn(config, attestedSlot, 'nextCommittee')),
        syncAggregate: sign(config, wish, attested.root),
        signatureSlot: wish.signatureSlot,
      }
      const types = gloasAt(config, attestedSlot) ? ssz.gloas : ssz.electra
      const type = wish.kind === 'finality' ? types.LightClientFinalityUpdate : types.LightClientUpdate
      return { version: config.getForkName(attestedSlot), data: type.toJson(message as never) }
    },
  }
}
