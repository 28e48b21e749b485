// What the chain says, in three parts (names, edges, claims), and what it takes to undo a block's changes to it.
//
// Names are rows that are changed in place: the first change of a row in a block takes a picture of it, and
// rows that are new in the block need none, since undoing takes them away. Edges are few and claims small
// (claim.ts): their entries are frozen and replaced whole, and undoing puts the old ones back. The order of
// entries is not part of the state: names have none, the others are sorted.

import { Claim, ClaimIndex } from './claim.ts'
import { type RowImage, Rows } from './rows.ts'

export interface EdgeEntry {
  /** Ed25519 public key, 0x and 64 hexadecimal digits. */
  readonly peerKey: string
  readonly owner: string
  /** Signs what the edge can be held to (EIP-712). */
  readonly operatorKey: string
  /** IPv4, dotted: `127.0.1.1`; empty when the edge has none. */
  readonly address: string
  /** RFC 5952; empty when the edge has none. */
  readonly ipv6: string
  readonly dnsPort: number
  readonly httpPort: number
  /** 0 for none. */
  readonly httpsPort: number
  readonly overlayPort: number
  readonly stakeWei: bigint
  /** When the stake of an edge that has left may be withdrawn; 0 for an edge that has not. */
  readonly withdrawableAt: number
}

/** Everything that takes one block back. */
export interface Undo {
  /** How many rows and how much of the labels there were. */
  readonly rows: number
  readonly labelEnd: number
  readonly images: readonly (readonly [row: number, image: RowImage])[]
  readonly edges: readonly (readonly [peerKey: string, before: EdgeEntry | null])[]
  readonly claims: readonly (readonly [key: string, before: Claim | null])[]
}

type Index<T> = Pick<Map<string, T>, 'get' | 'size'> & {
  set(key: string, entry: T): unknown
  delete(key: string): unknown
  values(): Iterable<T>
}

/** Frozen entries by key, with the entries that a block replaced. */
export class Entries<T extends object> {
  readonly #entries: Index<T>
  readonly #countMax: number
  readonly #order: (a: T, b: T) => number
  #before: [string, T | null][] = []
  #sorted: readonly T[] | undefined

  constructor(countMax: number, order: (a: T, b: T) => number, entries: Index<T> = new Map()) {
    this.#countMax = countMax
    this.#order = order
    this.#entries = entries
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)
  }

  /** In order; the same frozen array until an entry changes. */
  list(): readonly T[] {
    return (this.#sorted ??= Object.freeze([...this.#entries.values()].sort(this.#order)))
  }

  /** False, with nothing changed, when a new entry finds the table full. */
  set(key: string, entry: T | null): boolean {
    const before = this.#entries.get(key) ?? null
    if (!before && this.#entries.size >= this.#countMax) return false
    this.#before.push([key, before])
    this.#put(key, entry)
    return true
  }

  takeBefore(): readonly [string, T | null][] {
    const taken = this.#before
    this.#before = []
    return taken
  }

  putBack(before: readonly (readonly [string, T | null])[]): void {
    for (const [key, entry] of before.toReversed()) this.#put(key, entry)
  }

  #put(key: string, entry: T | null): void {
    this.#sorted = undefined
    if (entry) this.#entries.set(key, Object.freeze(entry))
    else this.#entries.delete(key)
  }
}

export interface Bounds {
  readonly namesMax: number
  readonly edgesMax: number
  readonly claimsMax: number
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export class Table {
  readonly rows: Rows
  readonly edges: Entries<EdgeEntry>
  readonly claims: Entries<Claim>
  readonly #namesMax: number
  readonly #images = new Map<number, RowImage>()
  #rows = 0
  #labelEnd = 0

  constructor(bounds: Bounds, seed: number) {
    this.rows = new Rows(seed)
    this.#namesMax = bounds.namesMax
    this.edges = new Entries(bounds.edgesMax, (a, b) => byText(a.peerKey, b.peerKey))
    this.claims = new Entries(bounds.claimsMax, Claim.order, new ClaimIndex())
  }

  isFull(): boolean {
    return this.rows.count >= this.#namesMax
  }

  /** To be called before a row is changed. */
  touch(row: number): void {
    if (row < this.#rows && !this.#images.has(row)) this.#images.set(row, this.rows.image(row))
  }

  /** What undoes every change since the last call. */
  takeUndo(): Undo {
    const images = [...this.#images]
    const undo = { rows: this.#rows, labelEnd: this.#labelEnd, images }
    this.#settle()
    return { ...undo, edges: this.edges.takeBefore(), claims: this.claims.takeBefore() }
  }

  undo(undo: Undo): void {
    for (const [row, image] of undo.images) this.rows.putBack(row, image)
    this.rows.cut(undo.rows, undo.labelEnd)
    this.edges.putBack(undo.edges)
    this.claims.putBack(undo.claims)
    this.#settle()
  }

  /** Labels of the names that an undo changes, as they stand now. */
  labelsOf(undo: Undo): string[] {
    const rows = undo.images.map(([row]) => row)
    for (let row = undo.rows; row < this.rows.count; row++) rows.push(row)
    return rows.map(row => this.rows.label(row)).filter(label => label !== '')
  }

  #settle(): void {
    this.#images.clear()
    this.#rows = this.rows.count
    this.#labelEnd = this.rows.labelEnd
  }
}
