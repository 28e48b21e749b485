// What the two halves of the grid tell each other: `structure.ts` keeps a peer's place in the trie, `queries.ts` sends
// questions, records and updates along it. Each is a machine of its own with frames of its own; between them are only
// these two questions, so each is tested and simulated without the other.

import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { GridKey, Path } from './path.ts'

/** Another peer, as this one last heard of it. */
export type Reference = Address & {
  readonly peer: PeerId
  readonly path: Path
  /** Raised by its subject at each change of path or address; the greater one counts. 48 bits. */
  readonly revision: number
}

/** The place of this peer in the trie; `structure.ts` answers. */
export interface GridView {
  self(): Reference
  /** False before it has got what its place holds: until then it answers for nothing, whatever its path is. */
  isPlaced(): boolean
  /** Who may know the way while this peer has no place: some of those it has heard of, in any order. */
  guides(): readonly Reference[]
  /** Peers of the complementary subtree at `level` (from 1), best first: answering, then near. */
  references(level: number): readonly Reference[]
  /** Others with the same path, best first. */
  replicas(): readonly Reference[]
  /** The peer answered a question of ours in `tookMs`. */
  answered(peer: PeerId, tookMs: number, now: number): void
  /** It did not; repair on use and on failure is up to the structure. */
  silent(peer: PeerId, now: number): void
}

/** What this peer keeps; `records/leaf.ts` answers. Records in it have been vetted. */
export interface Leaf {
  /** Withdrawals included, so that whoever merges several shelves sees them. */
  get(key: string, now: number): Record[]
  put(record: Record, now: number): 'stored' | 'known' | 'stale' | 'refused'
  /** Records whose grid key is in [from, to) (no `to`: to the end), in the order of grid keys; at most `countMax`. */
  range(from: GridKey, to: GridKey | undefined, countMax: number, now: number): Record[]
  /** How many records have a grid key that begins with `prefix`. */
  count(prefix: Path): number
  /** Drops what does not begin with `prefix`: after a split, once the other side has it. */
  keepOnly(prefix: Path): void
}
