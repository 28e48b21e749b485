// The knobs of the trie, with a reason beside each number; a preset says only what differs.

import type { Random } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Leaf } from './view.ts'

export type StructureTuning = {
  /** Peers that every partition keeps: with five copies, a third of all peers lost at once takes all of one in 243. */
  nMin: number
  /** Records that make a partition too heavy, when there are peers for two. */
  deltaMax: number
  /** References of one level; EPFL has 10. With ten, five levels hold while 30 % are online: (1 - .7^10)^5 = .87. */
  refsMax: number
  replicasMax: number
  fidgetsMax: number
  /** Meetings that follow from one, each with somebody nearer in the trie; EPFL has 3, the optimum of 2001 is 2. */
  recursionMax: number
  /** Between meetings while they are of use; useless ones double it, up to `restIntervalMs`. */
  exchangeIntervalMs: number
  restIntervalMs: number
  /** Until a peer that was asked counts as silent. */
  answerTimeoutMs: number
  /** How long nobody of a subtree has to be known before others take its place. Well over the time that membership
   *  takes to settle, and a look-up beyond it must not have to wait for minutes. */
  abandonMs: number
  /** Of whom nobody has spoken for this long is forgotten. */
  referenceLifeMs: number
  /** Between two decisions whether to move to where peers are lacking; EPFL has 2 minutes. */
  balanceIntervalMs: number
  missesMax: number
}

export type StructureOptions = {
  tuning: StructureTuning
  /** Where others reach this peer. */
  self: Address & { readonly peer: PeerId }
  random: Random
  leaf: Leaf
  /** Live members of the network without this peer; the same array until something changes. Nobody else is taken for
   *  a reference. */
  members: () => readonly (Address & { readonly id: PeerId })[]
  /** Predicted; undefined where nothing is known. */
  rttMs?: (peer: PeerId) => number | undefined
}

export const wideGridTuning: StructureTuning = {
  nMin: 5,
  deltaMax: 4096, // at 300 bytes 1.2 MB, a few seconds to clone
  refsMax: 10,
  replicasMax: 64, // of twelve times nMin, far more than a partition keeps
  fidgetsMax: 64, // as many: peers that went on before this one are counted by name
  recursionMax: 3,
  exchangeIntervalMs: 2000,
  restIntervalMs: 60_000,
  answerTimeoutMs: 3000,
  abandonMs: 60_000,
  referenceLifeMs: 3_600_000,
  balanceIntervalMs: 120_000,
  missesMax: 3,
}

/** One machine, five to twelve peers: everybody knows everybody within 5 s, and a lost partition is taken over in 3. */
export const devnetGridTuning: StructureTuning = {
  ...wideGridTuning,
  exchangeIntervalMs: 250,
  restIntervalMs: 4000,
  answerTimeoutMs: 500,
  abandonMs: 3000,
  balanceIntervalMs: 10_000,
}
