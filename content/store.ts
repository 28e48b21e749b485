// The block store as everybody else sees it: a set of verified blocks with a bound on its size, and pins.
//
// One interface for the files of a single machine, for memory in tests, and for object storage that a site of many
// machines shares. A pin belongs to a root: what a root pins stays until the root is released, whoever else uses the
// block. A pin may come before its block, so that a block cannot be evicted between its arrival and its pin.

import type { CID } from 'multiformats/cid'
import type { Block } from './block.ts'

export type Usage = {
  readonly blocks: number
  /** Occupied space, blocks rounded up to what the medium really gives them. */
  readonly bytes: number
  readonly bytesMax: number
  readonly pinnedBytes: number
}

export interface Store {
  has(cid: CID): Promise<boolean>
  /** Length of the block in bytes without reading it; undefined when absent. */
  sizeBytes(cid: CID): Promise<number | undefined>
  /** Undefined when absent, also when what was kept no longer has its hash (it is dropped and counted). */
  get(cid: CID): Promise<Uint8Array | undefined>
  /** Throws `content/mismatch`, `bytes/too-large`, `store/full`; nothing is lost or half-written when it throws.
   *  `isCommon` is a hint for eviction: others hold it, too. */
  put(block: Block, isCommon?: boolean): Promise<void>
  /** Reads and hashes a block as `get` does, without counting as a use of it; its length, undefined when absent. */
  check(cid: CID): Promise<number | undefined>
  /** All there are, in canonical spelling and no order. */
  keys(): readonly string[]
  /** False when absent or pinned. */
  delete(cid: CID): Promise<boolean>
  pin(root: CID, cid: CID): void
  /** Drops every pin of this root; the blocks stay until space is needed. */
  unpin(root: CID): void
  usage(): Usage
}
