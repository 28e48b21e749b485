// The shelf: what one peer keeps of other peers' records, bounded, each with its expiry, as plain data with `now`.
//
// A shelf takes from strangers, so it is bounded thrice: in all, per publisher, and per key. When it is full, the
// publisher that takes up most gives way, soonest expiry first; so one that floods pushes out its own. A withdrawal is
// kept until it expires, or a copy that was late would bring back what was withdrawn.

import type { PeerId } from '../peer.ts'
import type { Verify } from '../signature.ts'
import { hasGoodSignature, type Record } from './record.ts'

export type ShelfOptions = {
  recordsMax: number
  perPublisherMax: number
  perKeyMax: number
  /** A record may not expire later than this from now. */
  lifeMsMax: number
  verify: Verify
}

export type Shelved = 'stored' | 'known' | 'stale' | 'expired' | 'too-long' | 'forged' | 'full'

export class Shelf {
  readonly #options: ShelfOptions
  readonly #byKey = new Map<string, Map<PeerId, Record>>()
  readonly #byPublisher = new Map<PeerId, Set<Record>>()
  #size = 0

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** Never throws: whatever is wrong with the record is the answer. */
  put(record: Record, now: number): Shelved {
    const { lifeMsMax, perKeyMax, perPublisherMax, recordsMax, verify } = this.#options
    if (record.expiresAt <= now) return 'expired'
    if (record.expiresAt > now + lifeMsMax) return 'too-long'
    const known = this.#byKey.get(record.key)?.get(record.publisher)
    if (known && known.sequence >= record.sequence)
      return known.sequence === record.sequence ? 'known' : 'stale'
    if (!hasGoodSignature(record, verify)) return 'forged'
    if (known) this.#remove(known)
    else {
      if ((this.#byKey.get(record.key)?.size ?? 0) >= perKeyMax) return 'full'
      if ((this.#byPublisher.get(record.publisher)?.size ?? 0) >= perPublisherMax) return 'full'
      if (this.#size >= recordsMax && !this.#makeRoom(record.publisher, now)) return 'full'
    }
    this.#add(record)
    return 'stored'
  }

  /** Withdrawals included, so that whoever merges several shelves sees them. */
  get(key: string, now: number): Record[] {
    const records = this.#byKey.get(key)
    return records ? [...records.values()].filter(record => record.expiresAt > now) : []
  }

  /** Drops what has expired; how many. */
  sweep(now: number): number {
    const before = this.#size
    for (const records of [...this.#byKey.values()])
      for (const record of [...records.values()]) if (record.expiresAt <= now) this.#remove(record)
    return before - this.#size
  }

  /** False when `newcomer` is itself the one that takes up most. */
  #makeRoom(newcomer: PeerId, now: number): boolean {
    if (this.sweep(now) > 0) return true
    let largest: PeerId | undefined
    let most = 0
    for (const [publisher, records] of this.#byPublisher)
      if (records.size > most) {
        largest = publisher
        most = records.size
      }
    if (largest === undefined || (this.#byPublisher.get(newcomer)?.size ?? 0) + 1 >= most) return false
    const soonest = [...this.#byPublisher.get(largest)!].reduce((a, b) => (b.expiresAt < a.expiresAt ? b : a))
    this.#remove(soonest)
    return true
  }

  #add(record: Record): void {
    const ofKey = this.#byKey.get(record.key) ?? new Map<PeerId, Record>()
    const ofPublisher = this.#byPublisher.get(record.publisher) ?? new Set<Record>()
    this.#byKey.set(record.key, ofKey.set(record.publisher, record))
    this.#byPublisher.set(record.publisher, ofPublisher.add(record))
    this.#size++
  }

  #remove(record: Record): void {
    const ofKey = this.#byKey.get(record.key)
    const ofPublisher = this.#byPublisher.get(record.publisher)
    ofKey?.delete(record.publisher)
    ofPublisher?.delete(record)
    if (ofKey?.size === 0) this.#byKey.delete(record.key)
    if (ofPublisher?.size === 0) this.#byPublisher.delete(record.publisher)
    this.#size--
  }
}

/** Several shelves' answers as one: the newest of each publisher, valid and not withdrawn, newest first. */
export function mergeRecords(
  lists: readonly (readonly Record[])[],
  key: string,
  now: number,
  verify: Verify,
): Record[] {
  const newest = new Map<PeerId, Record>()
  for (const record of lists.flat()) {
    const known = newest.get(record.publisher)
    if (record.key !== key || record.expiresAt <= now) continue
    if (known && known.sequence >= record.sequence) continue
    if (hasGoodSignature(record, verify)) newest.set(record.publisher, record)
  }
  return [...newest.values()]
    .filter(record => record.value.length > 0)
    .sort((a, b) => b.sequence - a.sequence)
}
