// Whom a peer knows in the trie: others by id, with their paths as last heard; a level is a view of them.
//
// Sorting by level only when asked means that nothing has to be moved when a path changes, one's own or another's. Each
// place (a level, the replicas, everybody above or below) is bounded. What gives way keeps a level diverse: it comes
// from that quarter of the complementary subtree of which most are known, so that whoever has ten references finds one
// among them that agrees with any key on two bits more. Candidates come at random, from meetings; of one quarter the
// silent go first, then hearsay, then the far ones. Who is no live member is not taken in.

import type { PeerId } from '../peer.ts'
import { commonBits, type GridKey, type Path } from './path.ts'
import type { Reference } from './view.ts'

type Entry = {
  reference: Reference
  /** When it last said so itself; 0: hearsay. */
  heardAt: number
  /** When anybody last said so. */
  toldAt: number
  /** Questions in a row that it did not answer. */
  misses: number
  /** Of its answers, smoothed; undefined before the first. */
  tookMs: number | undefined
}

export type TableBounds = {
  /** References of one level. */
  refsMax: number
  replicasMax: number
  /** Peers whose path is a part of ours, or ours of theirs. */
  fidgetsMax: number
  /** Unanswered questions after which a peer is dropped. */
  missesMax: number
}

/** 0: the same path; -1: one path begins with the other; else the level at which they part, from 1. */
function placeOf(path: Path, other: Path): number {
  if (path === other) return 0
  const common = commonBits(path, other)
  return common === path.length || common === other.length ? -1 : common + 1
}

/** Those that share most bits with `key`, and more than `common`; all of them share equally many. */
export function nearest(all: readonly Reference[], key: GridKey, common: number): readonly Reference[] {
  const most = Math.max(common, ...all.map(({ path }) => commonBits(path, key)))
  return all.filter(({ path }) => most > common && commonBits(path, key) === most)
}

export class Table {
  path: Path = ''
  readonly #self: PeerId
  readonly #bounds: TableBounds
  readonly #rttMs: (peer: PeerId) => number | undefined
  readonly #entries = new Map<PeerId, Entry>()
  /** By place, best first; built when asked for. */
  #places: Map<number, Reference[]> | undefined

  constructor(self: PeerId, bounds: TableBounds, rttMs: (peer: PeerId) => number | undefined) {
    this.#self = self
    this.#bounds = bounds
    this.#rttMs = rttMs
  }

  get(peer: PeerId): Reference | undefined {
    return this.#entries.get(peer)?.reference
  }

  all(): Reference[] {
    return [...this.#entries.values()].map(({ reference }) => reference)
  }

  countUnder(prefix: Path): number {
    let count = 0
    for (const { reference } of this.#entries.values()) if (reference.path.startsWith(prefix)) count++
    return count
  }

  moveTo(path: Path): void {
    this.path = path
    this.#places = undefined
    this.#trim()
  }

  /** What the peer says of itself counts, whatever others said; of what others say, the greater revision. */
  hear(reference: Reference, isFirsthand: boolean, now: number): void {
    if (reference.peer === this.#self) return
    const known = this.#entries.get(reference.peer)
    if (known && reference.revision === known.reference.revision) known.toldAt = now
    else if (known && !isFirsthand && reference.revision < known.reference.revision) return
    const heardAt = isFirsthand ? now : (known?.heardAt ?? 0)
    const isSame = known?.reference.path === reference.path
    this.#entries.set(reference.peer, {
      ...{ reference, toldAt: now, tookMs: known?.tookMs },
      ...{ heardAt: isSame || isFirsthand ? heardAt : 0, misses: isFirsthand ? 0 : (known?.misses ?? 0) },
    })
    this.#places = undefined
    const place = placeOf(this.path, reference.path)
    if (this.#at(place).length > this.#boundOf(place)) this.#drop(this.#leastOf(place))
  }

  answered(peer: PeerId, tookMs: number): void {
    const entry = this.#entries.get(peer)
    if (!entry) return
    entry.misses = 0
    entry.tookMs = entry.tookMs === undefined ? tookMs : 0.8 * entry.tookMs + 0.2 * tookMs
    this.#places = undefined
  }

  silent(peer: PeerId): void {
    const entry = this.#entries.get(peer)
    if (!entry) return
    if (++entry.misses >= this.#bounds.missesMax) this.#entries.delete(peer)
    this.#places = undefined
  }

  /** Drops who is not wanted any more, and of whom nobody has spoken since `beforeAt`; whether there was any. */
  forget(isWanted: (peer: PeerId) => boolean, beforeAt: number): boolean {
    const gone = [...this.#entries].filter(([peer, { toldAt }]) => !isWanted(peer) || toldAt < beforeAt)
    for (const [peer] of gone) this.#entries.delete(peer)
    if (gone.length > 0) this.#places = undefined
    return gone.length > 0
  }

  /** Of the complementary subtree at `level`, best first; when there is nobody, those that answer for more than it. */
  references(level: number): readonly Reference[] {
    if (this.isInhabited(level)) return this.#at(level)
    return this.#at(-1).filter(({ path }) => path.length < level && this.path.startsWith(path))
  }

  /** Whether somebody has a place in the complementary subtree, and does not only answer for it among other things. */
  isInhabited(level: number): boolean {
    return this.#at(level).length > 0
  }

  replicas(): readonly Reference[] {
    return this.#at(0)
  }

  /** Above or below on the same way. */
  fidgets(): readonly Reference[] {
    return this.#at(-1)
  }

  /** The share of a level that did not answer its last question. */
  staleShare(level: number): number {
    const all = this.#at(level)
    if (all.length === 0) return 1
    return all.filter(({ peer }) => this.#entries.get(peer)!.misses > 0).length / all.length
  }

  #at(place: number): Reference[] {
    if (!this.#places) {
      const places = new Map<number, Entry[]>()
      for (const entry of this.#entries.values()) {
        const place = placeOf(this.path, entry.reference.path)
        places.set(place, [...(places.get(place) ?? []), entry])
      }
      this.#places = new Map(
        [...places].map(([place, entries]) => [place, entries.sort(this.#compare).map(e => e.reference)]),
      )
    }
    return this.#places.get(place) ?? []
  }

  /** Answering, then what it said itself, then near. */
  readonly #compare = (a: Entry, b: Entry): number =>
    a.misses - b.misses ||
    Number(b.heardAt > 0) - Number(a.heardAt > 0) ||
    this.#distance(a) - this.#distance(b)

  #distance({ reference, tookMs }: Entry): number {
    return this.#rttMs(reference.peer) ?? tookMs ?? 0
  }

  #trim(): void {
    const levels = Array.from({ length: this.path.length + 2 }, (_, i) => i - 1)
    for (const place of levels)
      while (this.#at(place).length > this.#boundOf(place)) this.#drop(this.#leastOf(place))
  }

  #drop(reference: Reference): void {
    this.#entries.delete(reference.peer)
    this.#places = undefined
  }

  #boundOf(place: number): number {
    const { refsMax, replicasMax, fidgetsMax } = this.#bounds
    return place > 0 ? refsMax : place === 0 ? replicasMax : fidgetsMax
  }

  /** The last of the quarter with most. */
  #leastOf(place: number): Reference {
    const all = this.#at(place)
    if (place <= 0) return all.at(-1)!
    const quarterOf = ({ path }: Reference): string => path.slice(place, place + 2)
    const counts = new Map<string, number>()
    for (const reference of all) {
      const quarter = quarterOf(reference)
      counts.set(quarter, (counts.get(quarter) ?? 0) + 1)
    }
    const most = Math.max(...counts.values())
    return all.findLast(reference => counts.get(quarterOf(reference)) === most)!
  }
}
