// Getting records home: what a peer keeps but does not answer for goes to somebody who does, and is dropped after.
//
// After a split half of the records belong to the other side; after a restart or a move perhaps all. Batches go to a
// reference of the level at which key and path part; a receiver that does not answer for them either is nearer and
// ships them on. Nothing is dropped before each record has been acknowledged, in the version that is here: every pass
// begins anew at the first record and leaves out what is acknowledged, so what arrives in between is not forgotten.

import { integerBelow, type Random, sample } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { gridKeyOf } from './key.ts'
import { boundAfter, commonBits, covers, type Path, sibling } from './path.ts'
import { batchMax, batchOf, type Cursor, nameOf } from './structure-wire.ts'
import { nearest } from './table.ts'
import type { Leaf, Reference } from './view.ts'

type Page = { readonly records: readonly Record[]; readonly next: Cursor; readonly isLast: boolean }

/** Records under `path`, in the order of grid keys, from `skip` places after the first at `from`. */
export function pageOf(leaf: Leaf, path: Path, { from, skip }: Cursor, now: number): Page {
  const start = from < path ? path : from
  const found = leaf.range(start, boundAfter(path), skip + batchMax + 1, now).slice(skip)
  const records = batchOf(found.slice(0, batchMax))
  const last = records.at(-1)
  if (last === undefined) return { records, next: { from: start, skip }, isLast: true }
  const lastKey = gridKeyOf(last.key)
  const before = records.findLastIndex(({ key }) => gridKeyOf(key) !== lastKey)
  const ofLast = records.length - 1 - before
  const next = { from: lastKey, skip: (lastKey === start ? skip : 0) + ofLast }
  return { records, next, isLast: records.length === found.length }
}

export type Shipment = { readonly to: PeerId; readonly call: number; readonly records: readonly Record[] }

/** Takes what a peer at `path` answers for, and what it is nearer to than the sender: that is shipped on. The
 *  names of what is kept now. */
export function keepNearer(
  leaf: Leaf,
  path: Path,
  { self, records }: { readonly self: Reference; readonly records: readonly Record[] },
  now: number,
): string[] {
  const kept = records.filter(record => {
    const key = gridKeyOf(record.key)
    const isNearer = covers(path, key) || commonBits(path, key) > commonBits(self.path, key)
    return isNearer && leaf.put(record, now) !== 'refused'
  })
  return kept.map(nameOf)
}

export class Shipping {
  readonly #leaf: Leaf
  readonly #kept = new Set<string>()
  #sent: { call: number; to: PeerId; endsAt: number } | undefined

  constructor(leaf: Leaf) {
    this.#leaf = leaf
  }

  /** When the peer asked last counts as silent. */
  get endsAt(): number {
    return this.#sent?.endsAt ?? Number.POSITIVE_INFINITY
  }

  isAnythingAstray(path: Path): boolean {
    return path !== '' && this.#leaf.count('') > this.#leaf.count(path)
  }

  /** The next batch for somebody elsewhere; undefined when all that can go has gone. */
  next(
    path: Path,
    references: (level: number) => readonly Reference[],
    { random, timeoutMs }: { random: Random; timeoutMs: number },
    now: number,
  ): Shipment | undefined {
    let isComplete = true
    for (let level = 1; level <= path.length; level++) {
      const records = this.#firstUnkept(sibling(path, level), now)
      if (records.length === 0) continue
      isComplete = false
      const key = gridKeyOf(records[0]!.key)
      const near = nearest(references(level), key, 0)
      const to = sample(random, near, 1)[0]?.peer
      if (to === undefined) continue
      const call = integerBelow(random, 2 ** 32)
      this.#sent = { call, to, endsAt: now + timeoutMs }
      return { to, call, records }
    }
    if (isComplete) {
      this.#leaf.keepOnly(path)
      this.#kept.clear()
    }
    return undefined
  }

  /** False when nobody asked for it. */
  acknowledged(call: number, from: PeerId, names: readonly string[]): boolean {
    if (this.#sent?.call !== call || this.#sent.to !== from) return false
    this.#sent = undefined
    for (const name of names) this.#kept.add(name)
    return true
  }

  /** The one that did not answer in time. */
  silent(now: number): PeerId | undefined {
    if (this.endsAt > now) return undefined
    const { to } = this.#sent!
    this.#sent = undefined
    return to
  }

  get isWaiting(): boolean {
    return this.#sent !== undefined
  }

  #firstUnkept(home: Path, now: number): readonly Record[] {
    if (this.#leaf.count(home) === 0) return []
    let cursor: Cursor = { from: home, skip: 0 }
    for (;;) {
      const page = pageOf(this.#leaf, home, cursor, now)
      const unkept = page.records.filter(record => !this.#kept.has(nameOf(record)))
      if (unkept.length > 0 || page.isLast) return unkept
      cursor = page.next
    }
  }
}
