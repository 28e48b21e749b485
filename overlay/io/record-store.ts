// Records on disk, in SQLite (Node's own), one row a record; decision 0011 says why not LevelDB.
//
// A write is in the system's hands when `write` returns, so that no end of this process, even by SIGKILL, can undo
// it. A power cut may take the last seconds, which replicas have, but breaks nothing; with `fsync`, `settled` waits
// for the disk too, one flush for all writes before it. Each record has a checksum, since a rotten one passed on
// would be held against us. A file that is no database any more is moved aside and a new one begun.

import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { Fault, isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import { decodeRecord, encodeRecord, type Record } from '../records/record.ts'
import type { Listed, RecordStore } from '../records/store.ts'

export type RecordFileOptions = {
  readonly folder: string
  /** Of the database; beside it is up to 2 MB of what is not yet in it. Twice the leaf's bound leaves room for the
   *  halves of pages that large records do not fill. */
  readonly bytesMax: number
  /** Survive a power cut as well, at the price of a disk flush before each answer. */
  readonly fsync: boolean
  readonly meter: Meter
  /** Told when the file was damaged and where it is now. */
  readonly onBroken: (event: { what: string; movedTo: string }) => void
}

export type RecordFile = RecordStore & {
  /** Undefined when all that was written would survive now. Rejects when the disk fails. */
  settled(): Promise<void> | undefined
  close(): Promise<void>
}

const pageBytes = 4096
/** Another layout will have another table. */
const table = 'record1'
/** 1 MB: a checkpoint holds up the event loop for about as many ms, and comes every few hundred writes. */
const checkpointPages = 256

/** SQLite's result codes that are the world's doing (sqlite.org/rescode.html), without their extensions. */
const codes = {
  busy: 5,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notDatabase: 26,
} as const
const worldly: ReadonlySet<number> = new Set(Object.values(codes))

type SqlRow = { readonly [column: string]: SQLOutputValue }

/** Fault `state/locked` when another process has it, `config/unreadable` when the folder cannot be used. */
export async function openRecordFile(options: RecordFileOptions): Promise<RecordFile> {
  const { folder } = options
  const path = join(folder, 'records.sqlite')
  try {
    await mkdir(folder, { recursive: true })
    return createStore(options, await openDatabase(path, options), `${path}-wal`)
  } catch (cause) {
    if (codeOf(cause) === codes.busy)
      throw new Fault('state/locked', `the records in ${folder} are in use`, { cause })
    throw new Fault('config/unreadable', `the records in ${folder}: ${reason(cause)}`, { cause })
  }
}

/** A new one in place of one that is damaged. */
async function openDatabase(path: string, options: RecordFileOptions): Promise<DatabaseSync> {
  try {
    return openWhole(path, options.bytesMax)
  } catch (error) {
    if (codeOf(error) !== codes.corrupt && codeOf(error) !== codes.notDatabase) throw error
    const movedTo = `${path}.broken`
    await rename(path, movedTo)
    await rm(`${path}-wal`, { force: true })
    options.onBroken({ what: reason(error), movedTo })
    return openWhole(path, options.bytesMax)
  }
}

function openWhole(path: string, bytesMax: number): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    // An exclusive lock from the start: no shared memory beside the file, and a second process is told at once.
    database.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA max_page_count = ${Math.ceil(bytesMax / pageBytes)};
      CREATE TABLE IF NOT EXISTS ${table} (
        row INTEGER PRIMARY KEY, record_key TEXT, publisher TEXT, sequence INTEGER, expires_at INTEGER,
        proof_height INTEGER, owner TEXT, checksum INTEGER, bytes BLOB
      ) STRICT`)
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.['quick_check'] !== 'ok') throw new Damage(String(check?.['quick_check']))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function createStore(options: RecordFileOptions, database: DatabaseSync, walPath: string): RecordFile {
  const { meter, fsync } = options
  const flusher = createFlusher(walPath)
  const all = database.prepare(`
    SELECT row, record_key, publisher, sequence, expires_at, proof_height, owner, length(bytes) AS size FROM ${table}`)
  const one = database.prepare(`SELECT checksum, bytes FROM ${table} WHERE row = ?`)
  const put = database.prepare(`REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const drop = database.prepare(`DELETE FROM ${table} WHERE row = ?`)
  /** Whether it was done; not being able to is the world's affair, and counted. */
  const attempt = (what: string, action: () => void): boolean => {
    try {
      action()
      flusher.touch()
      return true
    } catch (error) {
      if (!worldly.has(codeOf(error))) throw error
      meter.count(`records.disk.${what}-failed`)
      return false
    }
  }
  return {
    *load() {
      const known = new Map<string, string>() // one text for each publisher, not one for each row
      const once = (text: string): string => {
        if (!known.has(text)) known.set(text, text)
        return known.get(text)!
      }
      for (const row of all.iterate()) yield listedIn(row, once)
    },
    write({ row, record, standing: { proofHeight, owner } }) {
      const { key, publisher, sequence, expiresAt } = record
      const bytes = encodeRecord(record)
      const checksum = crc32(bytes)
      return attempt('write', () =>
        put.run(row, key, publisher, sequence, expiresAt, proofHeight, owner, checksum, bytes),
      )
    },
    read(number) {
      const row = one.get(number)
      const record = row && decodeIntact(row)
      if (row && !record) meter.count('records.disk.damaged')
      return record
    },
    remove(rows) {
      if (rows.length === 0) return
      attempt('remove', () =>
        inOneStep(database, () => {
          for (const row of rows) drop.run(row)
        }),
      )
    },
    settled: () => (fsync ? flusher.settled() : undefined),
    async close() {
      database.close()
      await flusher.close()
    },
  }
}

/** Flushes the log of what was written to the disk: one flush at a time, and the next one for all who wait. */
function createFlusher(path: string) {
  let isDirty = false
  let file: FileHandle | undefined
  let running: Promise<void> | undefined
  let queued: Promise<void> | undefined
  const flush = async (): Promise<void> => {
    file ??= await open(path, 'r')
    await file.datasync()
  }
  const flushNext = async (): Promise<void> => {
    await running?.catch(() => {})
    isDirty = false
    queued = undefined
    running = flush().finally(() => {
      running = undefined
    })
    return running
  }
  return {
    touch: (): void => void (isDirty = true),
    settled: (): Promise<void> | undefined => (isDirty ? (queued ??= flushNext()) : running),
    async close(): Promise<void> {
      await (queued ?? running)?.catch(() => {})
      await file?.close()
    },
  }
}

function inOneStep(database: DatabaseSync, action: () => void): void {
  database.exec('BEGIN')
  try {
    action()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function listedIn(row: SqlRow, once: (text: string) => string): Listed {
  return {
    row: Number(row['row']),
    key: String(row['record_key']),
    publisher: once(String(row['publisher'])),
    sequence: Number(row['sequence']),
    expiresAt: Number(row['expires_at']),
    sizeBytes: Number(row['size']),
    standing: { proofHeight: Number(row['proof_height']), owner: once(String(row['owner'])) },
  }
}

/** Undefined for a row that is not what was written. */
function decodeIntact({ checksum, bytes }: SqlRow): Record | undefined {
  if (!(bytes instanceof Uint8Array) || crc32(bytes) !== checksum) return undefined
  try {
    return decodeRecord(bytes)
  } catch (error) {
    if (isFault(error)) return undefined // an earlier version's bytes
    throw error
  }
}

/** What SQLite's own check found. */
class Damage extends Error {
  readonly errcode = codes.corrupt
}

/** Without its extension; 0 for what is not SQLite's. */
function codeOf(error: unknown): number {
  return ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
