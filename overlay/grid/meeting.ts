// Meetings: whom a peer meets next, and what the two say of themselves.
//
// Meetings are with those on the same way through the trie, who may become or are replicas, while that is of use; later
// half of them are at random, strangers first. Random ones keep the references random, and the balance is measured by
// them; with the close ones only nobody would notice another grid, with random ones only a list of replicas would take
// n meetings.

import { integerBelow, type Random } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import type { Meeter } from './exchange.ts'
import { commonBits, type Path } from './path.ts'
import type { StructureMessage } from './structure-wire.ts'
import type { Table } from './table.ts'
import type { Leaf } from './view.ts'

export type Meet = Extract<StructureMessage, { kind: 'meet' }>
export type Met = Extract<StructureMessage, { kind: 'met' }>

/** `wantsPlace`: not to decide both places, but to take over that of the other. */
export type Partner = { readonly peer: PeerId; readonly isRandom: boolean; readonly wantsPlace: boolean }

/** One that this peer began and has no answer to. `steps`: meetings that led to it. */
export type Meeting = Partner & {
  readonly call: number
  readonly mine: Meeter
  /** In units of 2^-32. */
  readonly chance: number
  readonly steps: number
  readonly beganAt: number
}

export function partnerOf(
  table: Table,
  members: readonly { readonly id: PeerId }[],
  { wantsPlace, isForming }: { wantsPlace: boolean; isForming: boolean },
  random: Random,
): Partner | undefined {
  const close = [...table.replicas(), ...table.fidgets()]
  if (!wantsPlace && close.length > 0 && (isForming || random.next() < 0.5))
    return { peer: close[integerBelow(random, close.length)]!.peer, isRandom: false, wantsPlace }
  if (members.length === 0) return undefined
  const drawn = [1, 2, 3].map(() => members[integerBelow(random, members.length)]!.id)
  const stranger = drawn.find(id => table.get(id) === undefined)
  return { peer: stranger ?? drawn[0]!, isRandom: true, wantsPlace }
}

/** Whether to move over, because the other's path has too few peers and ours more than enough: so often that half of
 *  the difference goes. */
export function isNeededBy(theirs: Meeter, mine: Meeter, nMin: number, random: Random): boolean {
  const isElsewhere = commonBits(theirs.path, mine.path) < Math.min(theirs.path.length, mine.path.length)
  if (!isElsewhere || theirs.peers >= nMin || mine.peers <= nMin) return false
  return random.next() < (mine.peers - theirs.peers) / (2 * mine.peers)
}

/** What a peer keeps and knows under a path. */
export function standingAt(path: Path, table: Table, leaf: Leaf): Pick<Meeter, 'zeros' | 'ones' | 'gone'> {
  const [zero, one] = [`${path}0`, `${path}1`]
  const gone = [table.countUnder(zero), table.countUnder(one)] as const
  return { zeros: leaf.count(zero), ones: leaf.count(one), gone }
}

export function counts({ zeros, ones, peers, gone }: Meeter): Omit<Meeter, 'path'> {
  return { zeros, ones, peers, gone }
}

export function asMeeter({ self, zeros, ones, peers, gone }: Meet | Met): Meeter {
  return { path: self.path, zeros, ones, peers, gone }
}
