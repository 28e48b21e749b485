// Merkle branches of SSZ: that a leaf stands at a place of a tree whose root one knows.
//
// A place is a generalised index: 1 is the root, 2n and 2n + 1 are the children of n. Read from its lowest
// bit, it says at each level whether the sibling belongs left or right. A branch that is longer than the
// place is deep begins with zeros: so the fields of a later fork can hold a branch of an earlier one.
// Consensus specifications, ssz/merkle-proofs and `is_valid_normalized_merkle_branch` of
// altair/light-client/sync-protocol.

import { createHash } from 'node:crypto'
import { equalBytes } from '../../base/bytes.ts'

const zero = new Uint8Array(32)

/** Levels between a generalised index and the root. */
function depthOf(place: bigint): number {
  return place.toString(2).length - 1
}

export function isBranch(
  leaf: Uint8Array,
  branch: readonly Uint8Array[],
  place: bigint,
  root: Uint8Array,
): boolean {
  const extra = branch.length - depthOf(place)
  if (extra < 0 || branch.slice(0, extra).some(node => !equalBytes(node, zero))) return false
  let node = leaf
  let index = place
  for (const sibling of branch.slice(extra)) {
    const pair = index % 2n === 1n ? [sibling, node] : [node, sibling]
    node = createHash('sha256').update(pair[0]!).update(pair[1]!).digest()
    index /= 2n
  }
  return equalBytes(node, root)
}
