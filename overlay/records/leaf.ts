// The leaf: what one peer keeps of everybody's records, for the part of the grid that it answers for.
//
// In memory is an index in the order of grid keys, on disk are the records; nothing is kept that has no standing with
// `vetting.ts`, and when the leaf is full `shares.ts` says what gives way. A withdrawal is kept until it expires, or a
// copy that was late would bring back what was withdrawn. Each publisher has one record per key and its newest counts;
// of a name there is one record, and the newest block counts, whoever brings it.

import type { GridKey, Path } from '../grid/path.ts'
import type { Leaf } from '../grid/view.ts'
import { type DateOf, oneClock } from './dating.ts'
import { behind, Order, type Placed, placeOf } from './order.ts'
import type { Record } from './record.ts'
import { type Charged, type Linked, Shares } from './shares.ts'
import { type SpaceName, spaceOf, spaces } from './spaces.ts'
import { createMemoryStore, type Listed, listed, type RecordStore, type Row } from './store.ts'
import type { Standing } from './vetting.ts'

export type LeafOptions = {
  /** Of records and of the index in memory, together; see `entryBytes`. */
  bytesMax: number
  /** Undefined for what must not be kept. */
  standingOf: (record: Record, now: number) => Standing | undefined
  gridKeyOf: (key: string) => GridKey
  dateOf?: DateOf
  /** In memory when there is none. */
  store?: RecordStore
}

export type LeafUsage = {
  readonly records: number
  readonly bytes: number
  readonly bytesMax: number
  readonly spaceBytes: { readonly [Name in SpaceName]: number }
}

interface Entry extends Placed, Charged, Linked<Entry>, Pick<Record, 'sequence' | 'expiresAt'> {
  readonly row: number
}

/** What a record is charged beside its own bytes: its entry in memory, and the row around it on disk. So the bound in
 *  bytes is one of count and memory, too: 64 MiB hold at most some 98,000 records. */
const entryBytes = 500
/** At some 10 µs each. */
const removedAtOnceMax = 500

export class RecordLeaf implements Leaf {
  readonly #options: LeafOptions
  readonly #store: RecordStore
  readonly #dateOf: DateOf
  readonly #order = new Order<Entry>()
  readonly #shares: Shares<Entry>
  /** Rows that nothing points at any more. */
  readonly #doomed: number[] = []
  #nextRow = 0

  /** Takes over what the store has, but for what expired or was outgrown by a lowered bound. */
  constructor(options: LeafOptions, now: number) {
    this.#options = options
    this.#store = options.store ?? createMemoryStore()
    this.#dateOf = options.dateOf ?? oneClock
    this.#shares = new Shares(options.bytesMax)
    const entries = new Set<Entry>()
    const date = this.#dateOf(now)
    for (const row of this.#store.load()) {
      this.#nextRow = Math.max(this.#nextRow, row.row + 1)
      const entry = row.expiresAt > date ? this.#entryOf(row) : undefined
      const victims = entry && this.#shares.makeRoom(entry)
      if (entry && victims) {
        entries.add(entry)
        this.#shares.add(entry)
      } else this.#doomed.push(row.row)
      for (const victim of victims ?? []) {
        entries.delete(victim)
        this.#doomed.push(victim.row)
      }
    }
    this.#order.fill([...entries])
  }

  put(record: Record, now: number): 'stored' | 'known' | 'stale' | 'refused' {
    const { key } = record
    const date = this.#dateOf(now)
    const standing = record.expiresAt > date ? this.#options.standingOf(record, now) : undefined
    const space = spaceOf(key)
    if (standing === undefined || space === undefined) return 'refused'
    const place = placeOf(this.#options.gridKeyOf(key))
    const ofKey = this.#order.ofKey(place, key)
    const isOneVoice = spaces[space].isProved === true
    const known = isOneVoice ? ofKey[0] : ofKey.find(({ publisher }) => publisher === record.publisher)
    const age = known && known.expiresAt > date ? compareAges(record, standing, known, isOneVoice) : 1
    if (age <= 0) return age === 0 ? 'known' : 'stale'
    const displaced = known ?? this.#displaced(ofKey, space, standing, date)
    if (displaced === undefined && ofKey.length >= spaces[space].perKeyMax) return 'refused'
    const row = { row: known?.row ?? this.#nextRow++, record, standing }
    return this.#replace(displaced, row, this.#entryOf(listed(row))!) ? 'stored' : 'refused'
  }

  get(key: string, now: number): Record[] {
    const entries = this.#order.ofKey(placeOf(this.#options.gridKeyOf(key)), key)
    const date = this.#dateOf(now)
    return this.#read(entries.filter(({ expiresAt }) => expiresAt > date))
  }

  range(from: GridKey, to: GridKey | undefined, countMax: number, now: number): Record[] {
    const entries: Entry[] = []
    const date = this.#dateOf(now)
    for (const entry of this.#order.between(from, to)) {
      if (entries.length >= countMax) break
      if (entry.expiresAt > date) entries.push(entry)
    }
    return this.#read(entries)
  }

  count(prefix: Path): number {
    return this.#order.count(prefix)
  }

  keepOnly(prefix: Path): void {
    const kept = new Set(this.#order.between(prefix, behind(prefix)))
    this.#drop(entry => !kept.has(entry))
  }

  /** Drops what has expired; how many. To be called every few seconds. Rows go from the disk some at a time, or half
   *  a leaf after a split would hold up the event loop for a second. */
  sweep(now: number): number {
    const date = this.#dateOf(now)
    const count = this.#drop(({ expiresAt }) => expiresAt <= date)
    this.#store.remove(this.#doomed.splice(0, removedAtOnceMax))
    return count
  }

  usage(): LeafUsage {
    const names = Object.keys(spaces) as SpaceName[]
    const spaceBytes = Object.fromEntries(names.map(name => [name, this.#shares.bytesOf(name)]))
    return {
      records: this.#order.size,
      bytes: this.#shares.bytes,
      bytesMax: this.#options.bytesMax,
      spaceBytes: spaceBytes as { [Name in SpaceName]: number },
    }
  }

  /** What has to go because the key has its fill: something expired, or a mere claim for something proved. */
  #displaced(ofKey: readonly Entry[], space: SpaceName, standing: Standing, date: number): Entry | undefined {
    if (ofKey.length < spaces[space].perKeyMax) return undefined
    const expired = ofKey.find(({ expiresAt }) => expiresAt <= date)
    return (
      expired ?? (standing.proofHeight > 0 ? ofKey.find(({ proofHeight }) => proofHeight === 0) : undefined)
    )
  }

  /** All or nothing: when there is no room, or the disk has none, everything stays as it was. */
  #replace(displaced: Entry | undefined, row: Row, entry: Entry): boolean {
    if (displaced) this.#shares.remove(displaced)
    const victims = this.#shares.makeRoom(entry)
    if (victims === undefined || !this.#store.write(row)) {
      for (const kept of [...(victims ?? []), ...(displaced ? [displaced] : [])]) this.#shares.add(kept)
      return false
    }
    const gone = displaced ? [...victims, displaced] : victims
    for (const victim of gone) this.#order.remove(victim)
    this.#store.remove(gone.map(victim => victim.row).filter(number => number !== entry.row))
    this.#order.add(entry)
    this.#shares.add(entry)
    return true
  }

  #entryOf({ key, publisher, sequence, expiresAt, row, sizeBytes, standing }: Listed): Entry | undefined {
    const space = spaceOf(key)
    if (space === undefined) return undefined
    const place = placeOf(this.#options.gridKeyOf(key))
    const { proofHeight, owner } = standing
    const bytes = sizeBytes + entryBytes
    const links = { older: undefined, newer: undefined }
    return { place, key, publisher, sequence, expiresAt, space, owner, proofHeight, bytes, row, ...links }
  }

  #read(entries: readonly Entry[]): Record[] {
    const lost = new Set<Entry>()
    const records: Record[] = []
    for (const entry of entries) {
      const record = this.#store.read(entry.row)
      if (record && record.key === entry.key) records.push(record)
      else lost.add(entry)
    }
    if (lost.size > 0) this.#drop(entry => lost.has(entry))
    return records
  }

  #drop(isGone: (entry: Entry) => boolean): number {
    const gone = this.#order.filter(entry => !isGone(entry))
    for (const entry of gone) this.#shares.remove(entry)
    for (const { row } of gone) this.#doomed.push(row)
    return gone.length
  }
}

/** Above 0 when the record is newer than what is known. A name renewed by anybody is newer at the same block, too. */
function compareAges(record: Record, standing: Standing, known: Entry, isOneVoice: boolean): number {
  if (!isOneVoice) return record.sequence - known.sequence
  return standing.proofHeight - known.proofHeight || record.expiresAt - known.expiresAt
}
