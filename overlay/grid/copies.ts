// Copies: what a peer keeps of keys that are not its own, because they are popular or because they came by.
//
// Both are bounded, in keys and in bytes, and what was read the longest ago gives way: junk that nobody reads goes
// first, whoever sent it. A copy may be lost at any time, its home has the record; so copies are never on disk.

import { type DateOf, oneClock } from '../records/dating.ts'
import type { Record } from '../records/record.ts'
import { recordBytes } from './queries-wire.ts'

type Entry = { readonly records: readonly Record[]; readonly expiresAt: number; readonly bytes: number }
type Bounds = { keysMax: number; bytesMax: number }

/** A map that forgets what was read the longest ago. */
class Recent {
  readonly #bounds: Bounds
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (entry.expiresAt > now) this.#entries.set(key, entry)
    else this.#bytes -= entry.bytes
    return this.#entries.get(key)
  }

  set(key: string, records: readonly Record[], expiresAt: number): void {
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
    this.delete(key)
    this.#entries.set(key, { records, expiresAt, bytes })
    this.#bytes += bytes
    while (this.#entries.size > this.#bounds.keysMax || this.#bytes > this.#bounds.bytesMax)
      this.delete(this.#entries.keys().next().value!)
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }
}

export type CopiesOptions = { copiesMax: number; copyBytesMax: number; passingMax: number; passingMs: number }

export class Copies {
  readonly #popular: Recent
  readonly #passing: Recent
  readonly #passingMs: number
  readonly #dateOf: DateOf

  constructor({ copiesMax, copyBytesMax, passingMax, passingMs }: CopiesOptions, dateOf: DateOf = oneClock) {
    this.#dateOf = dateOf
    this.#popular = new Recent({ keysMax: copiesMax, bytesMax: copyBytesMax })
    this.#passing = new Recent({ keysMax: passingMax, bytesMax: copyBytesMax })
    this.#passingMs = passingMs
  }

  /** Keys kept because they are popular, and the bytes of all. */
  usage(): { keys: number; bytes: number } {
    return { keys: this.#popular.size, bytes: this.#popular.bytes + this.#passing.bytes }
  }

  get(key: string, now: number): readonly Record[] {
    const entry = this.#popular.get(key, now) ?? this.#passing.get(key, now)
    const date = this.#dateOf(now)
    return entry?.records.filter(({ expiresAt }) => expiresAt > date) ?? []
  }

  /** Takes the place of an older copy, and of what came by; an older record never takes that of a newer one. */
  keep(key: string, records: readonly Record[], expiresAt: number, now: number): void {
    const known = this.#popular.get(key, now)?.records ?? []
    const newer = (record: Record): Record =>
      known.find(({ publisher, sequence }) => publisher === record.publisher && sequence > record.sequence) ??
      record
    this.#passing.delete(key)
    this.#popular.set(key, records.map(newer), expiresAt)
  }

  /** An answer that came by. */
  pass(key: string, records: readonly Record[], now: number): void {
    if (this.#popular.get(key, now) === undefined) this.#passing.set(key, records, now + this.#passingMs)
  }

  /** A newer record was seen to go to its home. */
  passed(key: string): void {
    this.#passing.delete(key)
  }
}
