// What all parts of the query machine stand on: the place in the trie, the store, chance, and the knobs with reasons.

import type { Random } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { Effect } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { Guests } from './guests.ts'
import type { GridKey } from './path.ts'
import type { Outcome, QueryMessage } from './queries-wire.ts'
import type { GridView, Leaf } from './view.ts'

export type QueryTuning = {
  /** A look-up ends by then, as `unreachable` if it must. 3 s are ten round trips around the Earth. */
  lookupMs: number
  rangeMs: number
  /** Beyond one and a half predicted round trips, before another peer is asked as well: a busy event loop. */
  patienceMs: number
  /** The same for each hop that is still to go after the next one: about the median round trip. */
  hopMs: number
  /** Predictions are cut here: the far side of the Earth over a bad line. */
  rttMsMax: number
  /** How long the second of two homes may lag behind the first. */
  graceMs: number
  /** Frames that one look-up may cause in all. Each attempt hands on half: 512 are nine attempts, or nine hops of
   *  three bits and more. */
  fuel: number
  /** Partitions that one range may visit. */
  rangeFuel: number
  /** Open questions at once, of strangers and our own. */
  tripsMax: number
  /** Replicas that have a record before `stored` is told; two may fail at once. */
  homesWanted: number
  /** Replicas told at once by each who hears of a record. */
  fanOut: number
  /** Between two comparisons with a replica. */
  compareIntervalMs: number
  /** Replicas that appear at once and are walked through; the others have it from them. */
  newcomersMax: number
  /** Records in one comparison; 512 items are 7 KiB. */
  sliceRecordsMax: number
  /** Counts are reported, and levels chosen, this often. */
  popularityIntervalMs: number
  /** The share of all look-ups that justifies a copy on every peer; half of it one on every second, and so on.
   *  Beehive's closed form with base 4 and one hop on average has 1.5e-4, for 2,300 names a peer (`sim/grid/`);
   *  a first hop here fixes more bits, and 1e-3 gave a mean of 1.05 hops with 220. */
  everywhereShare: number
  /** Keys kept for others because they are popular; at 300 bytes each 1.2 MB. */
  copiesMax: number
  copyBytesMax: number
  /** Keys kept because they came by. Short: updates are not sent after them. */
  passingMax: number
  passingMs: number
  /** Copies that one peer may bring per second. */
  copiesPerSecond: number
}

/** Between data centres. */
export const wideQueries: QueryTuning = {
  lookupMs: 3000,
  rangeMs: 6000,
  patienceMs: 50,
  hopMs: 120,
  rttMsMax: 500,
  graceMs: 30,
  fuel: 512,
  rangeFuel: 1024,
  tripsMax: 1024,
  homesWanted: 3,
  fanOut: 8,
  compareIntervalMs: 15_000,
  newcomersMax: 3,
  sliceRecordsMax: 512,
  popularityIntervalMs: 60_000,
  everywhereShare: 0.001,
  copiesMax: 4096,
  copyBytesMax: 8 * 1024 * 1024,
  passingMax: 1024,
  passingMs: 10_000,
  copiesPerSecond: 50,
}

/** One machine: repairs are felt within seconds. */
export const devnetQueries: QueryTuning = {
  ...wideQueries,
  compareIntervalMs: 2000,
  popularityIntervalMs: 10_000,
}

export type QueryEvent =
  /** The end of a look-up. `records` are the newest of each publisher, withdrawals left out, newest first. */
  | { kind: 'found'; id: number; outcome: Outcome; records: readonly Record[]; hops: number }
  /** The end of a put: who has it for certain; there may be more. */
  | { kind: 'stored'; id: number; outcome: Outcome; homes: readonly PeerId[] }
  /** `next`: go on from here, '' at the end. Not complete: some partition did not answer. */
  | {
      kind: 'ranged'
      id: number
      records: readonly Record[]
      next: GridKey | ''
      isComplete: boolean
      partitions: number
    }
  /** A peer that was silent: its own signed record says that it listens here now, or still. */
  | ({ kind: 'moved'; peer: PeerId } & Address)
  | { kind: 'silent'; peer: PeerId }

export type QueryEffect = Effect<QueryMessage, QueryEvent>

export type Ground = {
  readonly view: GridView
  readonly leaf: Leaf
  readonly random: Random
  readonly tuning: QueryTuning
  /** Where a key lies; `key.ts`, or a test's own. */
  readonly gridKeyOf: (key: string) => GridKey
  /** Predicted round trip. */
  readonly rttMs: (peer: PeerId) => number
  /** 48 random bits: who cannot see our frames cannot guess what we wait for. */
  readonly newId: () => number
  readonly guests: Guests
}

export function send(to: PeerId, message: QueryMessage): QueryEffect {
  return { do: 'send', to, message }
}

export function tell(event: QueryEvent): QueryEffect {
  return { do: 'tell', event }
}
