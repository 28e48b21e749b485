// Getting records home: what a peer keeps but does not answer for goes to somebody who does, and is dropped after.
//
// After a split half of the records belong to the other side; after a restart or a move perhaps all. Batches go to a
// reference of the level at which key and path part; a receiver that does not answer for them either is nearer and
// ships them on. Nothing is dropped before each record has been acknowledged, in the version that is here: every pass
// begins anew at the first record and leaves out what is acknowledged, so what arrives in between is not forgotten.

import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { gridKeyOf } from './key.ts'
import { type Path, sibling } from './path.ts'
import { boundAfter } from './range.ts'
import { batchMax, batchOf, type Cursor, nameOf } from './structure-wire.ts'
import type { Leaf } from './view.ts'

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

type Batch = { readonly level: number; readonly records: readonly Record[] }

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

  /** The next that belongs elsewhere and has somebody there; undefined when all that could go has gone. */
  next(path: Path, isReachable: (level: number) => boolean, now: number): Batch | undefined {
    let isComplete = true
    for (let level = 1; level <= path.length; level++) {
      const home = sibling(path, level)
      if (this.#leaf.count(home) === 0) continue
      const records = this.#firstUnkept(home, now)
      if (records.length === 0) continue
      if (isReachable(level)) return { level, records }
      isComplete = false
    }
    if (isComplete) {
      this.#leaf.keepOnly(path)
      this.#kept.clear()
    }
    return undefined
  }

  sent(call: number, to: PeerId, endsAt: number): void {
    this.#sent = { call, to, endsAt }
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
    let cursor: Cursor = { from: home, skip: 0 }
    for (;;) {
      const page = pageOf(this.#leaf, home, cursor, now)
      const unkept = page.records.filter(record => !this.#kept.has(nameOf(record)))
      if (unkept.length > 0 || page.isLast) return unkept
      cursor = page.next
    }
  }
}
