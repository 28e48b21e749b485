// Where a leaf keeps its records: rows with a number, in memory here, on disk in `io/record-store.ts`.
//
// The leaf holds an index and asks for a record when somebody wants it, so a million bytes of proofs cost no memory.
// It chooses the numbers, which lets it replace a record in one step: before it there is the old one, after it the new.

import { encodeRecord, type Record } from './record.ts'
import type { Standing } from './vetting.ts'

export type Row = { readonly row: number; readonly record: Record; readonly standing: Standing }

/** What an index needs to know of a row. */
export type Listed = Pick<Record, 'key' | 'publisher' | 'sequence' | 'expiresAt'> & {
  readonly row: number
  /** Of the encoded record. */
  readonly sizeBytes: number
  readonly standing: Standing
}

export function listed({ row, record, standing }: Row): Listed {
  const { key, publisher, sequence, expiresAt } = record
  return { row, key, publisher, sequence, expiresAt, sizeBytes: encodeRecord(record).length, standing }
}

export interface RecordStore {
  /** What an earlier run left; whether the records themselves are whole is seen when they are read. */
  load(): Iterable<Listed>
  /** In place of what the row had. True when it survives the end of this process, false when there is no room. */
  write(row: Row): boolean
  /** Undefined when it was damaged. */
  read(row: number): Record | undefined
  /** A row that cannot be removed now may come back with the next `load`. */
  remove(rows: readonly number[]): void
}

export function createMemoryStore(): RecordStore {
  const rows = new Map<number, Row>()
  return {
    load: () => [...rows.values()].map(listed),
    write: row => Boolean(rows.set(row.row, row)),
    read: row => rows.get(row)?.record,
    remove: gone => {
      for (const row of gone) rows.delete(row)
    },
  }
}
