// What an endpoint answers to `eth_getProof`, checked for form and bounds before it is believed to be
// anything.
//
// Only the nodes of the paths are read. What the answer says beside them (balance, code hash, the slots'
// values) is in the nodes too, where it can be checked. EIP-1186.

import { fromHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { parseData } from './answers.ts'
import { accountNodesMax } from './proof-codec.ts'
import { nodeBytesMax } from './trie.ts'

export interface ProofAnswer {
  readonly account: readonly Uint8Array[]
  /** The paths of all slots, one after the other. */
  readonly storage: readonly Uint8Array[]
}

function listOf(value: unknown, what: string, countMax: number): unknown[] {
  if (!Array.isArray(value)) throw new Fault('bytes/malformed', `The endpoint answered with no ${what}.`)
  if (value.length > countMax)
    throw new Fault('bytes/too-large', `The endpoint answered with ${value.length} parts of ${what}.`)
  return value
}

/** Embedded nodes, which some endpoints list once more, make a path at most twice as long. */
const pathNodesMax = 2 * accountNodesMax

function nodesOf(value: unknown, what: string): Uint8Array[] {
  const nodes = listOf(value, what, pathNodesMax)
  return nodes.map(node => fromHex(parseData(node, what, { bytesMax: nodeBytesMax }))!)
}

/** `slotCount`: how many slots were asked for. Faults: `bytes/malformed`, `bytes/too-large`. */
export function parseProof(answer: unknown, slotCount: number): ProofAnswer {
  const { accountProof, storageProof } = (answer ?? {}) as Record<string, unknown>
  const paths = listOf(storageProof, 'storage proof', slotCount)
  return {
    account: nodesOf(accountProof, 'account proof'),
    storage: paths.flatMap(path => nodesOf((path as { proof?: unknown } | null)?.proof, 'storage proof')),
  }
}
