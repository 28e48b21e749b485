// Entries in the order of their grid keys: sorted arrays of some hundred, one after the other, found in by halving.
//
// A grid key is packed into 17 characters, eight bits each and the length behind, which compare as the bits do and
// take a quarter of the memory of '0' and '1'. One array would do but for inserting, which moves half of it: 50 µs at
// 100,000 entries. Rejected: a skip list or a B-tree, which are the same with more levels than are needed here.

import { type GridKey, keyBitsMax, type Path } from '../grid/path.ts'

/** What the order looks at; ties of the place are broken by key and publisher. */
export type Placed = { readonly place: string; readonly key: string; readonly publisher: string }

/** The bits as text that compares as they do. */
export function placeOf(bits: GridKey): string {
  codes.fill(0)
  for (let i = 0; i < bits.length; i++) if (bits[i] === '1') codes[i >> 3]! |= 0x80 >> (i & 7)
  codes[keyBitsMax / 8] = bits.length
  return String.fromCharCode(...codes)
}

const codes = new Uint8Array(keyBitsMax / 8 + 1)

/** The first key behind all that begin with `prefix`; undefined when nothing comes after them. */
export function behind(prefix: Path): GridKey | undefined {
  const zero = prefix.lastIndexOf('0')
  return zero < 0 ? undefined : `${prefix.slice(0, zero)}1`
}

/** About the root of 100,000, so that finding the array and moving in it cost alike. */
const chunkMax = 512

type Spot = { chunk: number; at: number }

export class Order<Entry extends Placed> {
  /** None is empty. */
  #chunks: Entry[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Not one with the same place, key and publisher as another. */
  add(entry: Entry): void {
    const { chunk, at } = this.#spotOf(entry)
    const entries = this.#chunks[chunk] ?? []
    if (entries.length === 0) this.#chunks.push(entries)
    entries.splice(at, 0, entry)
    if (entries.length > chunkMax) this.#chunks.splice(chunk + 1, 0, entries.splice(chunkMax / 2))
    this.#size++
  }

  /** Many at once, of an order that was empty. */
  fill(entries: Entry[]): void {
    this.#cut(entries.sort(compare))
  }

  remove(entry: Entry): void {
    const { chunk, at } = this.#spotOf(entry)
    const entries = this.#chunks[chunk]!
    entries.splice(at, 1)
    if (entries.length === 0) this.#chunks.splice(chunk, 1)
    this.#size--
  }

  /** Drops all that `isKept` says no to, and returns them. */
  filter(isKept: (entry: Entry) => boolean): Entry[] {
    const all = this.#chunks.flat()
    const dropped = all.filter(entry => !isKept(entry))
    if (dropped.length > 0) this.#cut(all.filter(isKept))
    return dropped
  }

  ofKey(place: string, key: string): Entry[] {
    const found: Entry[] = []
    for (const entry of this.#from({ place, key, publisher: '' })) {
      if (entry.key !== key) break
      found.push(entry)
    }
    return found
  }

  /** In order, from `from` up to, not including, `to`. */
  *between(from: GridKey, to: GridKey | undefined): Generator<Entry> {
    const end = to === undefined ? undefined : placeOf(to)
    for (const entry of this.#from(startOf(from))) {
      if (end !== undefined && entry.place >= end) return
      yield entry
    }
  }

  /** How many have a grid key that begins with `prefix`. */
  count(prefix: Path): number {
    const next = behind(prefix)
    const before = this.#countBefore(startOf(prefix))
    return (next === undefined ? this.#size : this.#countBefore(startOf(next))) - before
  }

  #countBefore(wanted: Placed): number {
    const { chunk, at } = this.#spotOf(wanted)
    let count = at
    for (let i = 0; i < chunk; i++) count += this.#chunks[i]!.length
    return count
  }

  *#from(wanted: Placed): Generator<Entry> {
    const { chunk, at } = this.#spotOf(wanted)
    for (let i = chunk; i < this.#chunks.length; i++)
      for (let j = i === chunk ? at : 0; j < this.#chunks[i]!.length; j++) yield this.#chunks[i]![j]!
  }

  /** Of the first that is not before `wanted`; behind the last of the last chunk when there is none. */
  #spotOf(wanted: Placed): Spot {
    const last = this.#chunks.length - 1
    const chunk = Math.min(
      last,
      firstOf(this.#chunks.length, i => compare(this.#chunks[i]!.at(-1)!, wanted) >= 0),
    )
    const entries = this.#chunks[chunk]
    if (entries === undefined) return { chunk: 0, at: 0 }
    return { chunk, at: firstOf(entries.length, i => compare(entries[i]!, wanted) >= 0) }
  }

  #cut(sorted: readonly Entry[]): void {
    this.#chunks = []
    for (let at = 0; at < sorted.length; at += chunkMax / 2)
      this.#chunks.push(sorted.slice(at, at + chunkMax / 2))
    this.#size = sorted.length
  }
}

/** The first of 0 to `count` - 1 that `isThere`, when all behind it are, too; `count` when none is. */
function firstOf(count: number, isThere: (i: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isThere(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Before every entry with this grid key. */
function startOf(bits: GridKey): Placed {
  return { place: placeOf(bits), key: '', publisher: '' }
}

function compare(a: Placed, b: Placed): number {
  if (a.place !== b.place) return a.place < b.place ? -1 : 1
  if (a.key !== b.key) return a.key < b.key ? -1 : 1
  return a.publisher < b.publisher ? -1 : a.publisher > b.publisher ? 1 : 0
}
