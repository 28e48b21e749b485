// The block store on a disk: one file for each block, named by its CID, in folders named by two characters of it.
//
//   <folder>/shards/zq/bafkrei…zqe     finished blocks; the folder is the CID's second- and third-last character,
//                                      the last one whose five bits are all random (kubo's next-to-last/2)
//   <folder>/half/                     blocks being written; emptied at every start
//
// A block is written beside and renamed into place, so a crash leaves a whole block or a file in half/. The index is
// in memory and rebuilt by listing: 100,000 blocks take a second or two, and there is no second truth to repair. What
// is read back is hashed again, every time: disks lie, and an edge that serves a rotten block loses its reputation.
// Rejected: one big file or an embedded database (lmdb doubles small values, classic-level rewrites large ones).

import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../../base/fault.ts'
import { syncFolder, unwritten } from '../../base/io/file.ts'
import type { Meter } from '../../base/meter.ts'
import { type Block, verifiedBlock } from '../block.ts'
import { formatCid, parseCid, verifies } from '../identifier.ts'
import { createLedger, type Ledger } from '../ledger.ts'
import type { Store } from '../store.ts'
import { createTurns } from '../turns.ts'

export type BlockFolderOptions = {
  readonly folder: string
  readonly bytesMax: number
  /** Survive a power cut, not only a crash of the process; costs a disk flush for each block. */
  readonly fsync: boolean
  readonly meter: Meter
  /** Bytes that these roots pin are gone: a rotten block, a file that vanished. */
  readonly onLost?: (roots: readonly string[]) => void
}

/** The block size of the common file systems. */
const grainBytes = 4096

/** Reads the folder before it returns. Throws `config/unreadable` when the folder cannot be made or listed. */
export async function openBlockFolder(options: BlockFolderOptions): Promise<Store> {
  const { bytesMax } = options
  const ledger = createLedger({ bytesMax, grainBytes })
  try {
    await rm(join(options.folder, 'half'), { recursive: true, force: true })
    await mkdir(join(options.folder, 'half'), { recursive: true })
    await mkdir(join(options.folder, 'shards'), { recursive: true })
    await takeStock(options, ledger)
  } catch (cause) {
    if (isFault(cause)) throw cause
    throw new Fault('config/unreadable', `the block folder ${options.folder}: ${reason(cause)}`, { cause })
  }
  return createStore(options, ledger)
}

type Erase = (key: string) => Promise<void>

function createStore(options: BlockFolderOptions, ledger: Ledger): Store {
  const { folder, meter } = options
  /** Writes and deletions of one block must not overtake each other. */
  const inTurn = createTurns()
  const erase: Erase = key =>
    inTurn(key, async () => {
      // A block that came back meanwhile keeps its file.
      if (ledger.has(key)) return
      // What cannot be removed is off the books all the same; the next start finds it, and the next reading judges it.
      await rm(pathOf(folder, key), { force: true, recursive: true }).catch(() =>
        meter.count('store.unerased'),
      )
    })
  const put = createPut(options, ledger, erase)

  const read = async (cid: CID, key: string): Promise<Uint8Array | undefined> => {
    const bytes = await readWhole(folder, key, cid)
    if (typeof bytes !== 'string') return bytes
    // Evicted while it was being read: no fault of the disk's.
    if (!ledger.has(key)) return undefined
    meter.count(bytes === 'lost' ? 'store.corrupt' : 'store.unread')
    if (bytes === 'lost') await lose(key)
    return undefined
  }
  const lose = async (key: string): Promise<void> => {
    const roots = ledger.lose(key)
    await erase(key)
    if (roots.length > 0) options.onLost?.(roots)
  }

  return {
    has: async cid => ledger.has(formatCid(cid)),
    sizeBytes: async cid => ledger.sizeBytes(formatCid(cid)),
    async get(cid) {
      const key = formatCid(cid)
      if (!ledger.has(key)) return undefined
      ledger.touch(key)
      return read(cid, key)
    },
    async check(cid) {
      const key = formatCid(cid)
      return ledger.has(key) ? (await read(cid, key))?.length : undefined
    },
    keys: ledger.keys,
    put: (block, isCommon = false) => {
      const key = formatCid(block.cid)
      return inTurn(key, () => put(block, key, isCommon))
    },
    async delete(cid) {
      const key = formatCid(cid)
      if (!ledger.remove(key)) return false
      await erase(key)
      return true
    },
    pin: (root, cid) => ledger.pin(formatCid(root), formatCid(cid)),
    unpin: root => ledger.unpin(formatCid(root)),
    usage: ledger.usage,
  }
}

/** One block is put by one caller at a time. */
function createPut(options: BlockFolderOptions, ledger: Ledger, erase: Erase) {
  const writes = new Set<Promise<void>>()
  const write = async (key: string, bytes: Uint8Array, victims: readonly string[]): Promise<void> => {
    try {
      await Promise.all(victims.map(erase))
      await writeWhole(options, key, bytes)
    } catch (error) {
      ledger.cancel(key)
      throw error
    }
    ledger.commit(key)
  }
  return async ({ cid, bytes }: Block, key: string, isCommon: boolean): Promise<void> => {
    if (ledger.has(key)) return ledger.touch(key)
    verifiedBlock(cid, bytes)
    let victims = ledger.reserve(key, bytes.length)
    while (victims === undefined) {
      if (writes.size === 0) throw full(bytes.length, options.bytesMax)
      // What is being written can be evicted once it is there.
      await Promise.race(writes)
      victims = ledger.reserve(key, bytes.length)
    }
    if (isCommon) ledger.markCommon(key)
    options.meter.count('store.evicted', victims.length)
    const written = write(key, bytes, victims)
    const ended: Promise<void> = written.catch(() => {}).then(() => void writes.delete(ended))
    writes.add(ended)
    await written
    options.meter.count('store.put')
  }
}

/** 'lost' when the file is gone, the disk cannot read it, or it is not what its name says. */
async function readWhole(folder: string, key: string, cid: CID): Promise<Uint8Array | 'lost' | 'unread'> {
  try {
    const { buffer, byteOffset, length } = await readFile(pathOf(folder, key))
    const bytes = new Uint8Array(buffer, byteOffset, length)
    return verifies(cid, bytes) ? bytes : 'lost'
  } catch (cause) {
    // Without file descriptors or memory left, a block cannot be read now: that is no reason to throw it away.
    return ['ENOENT', 'EIO', 'EISDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')
      ? 'lost'
      : 'unread'
  }
}

/** Each key is written by one task at a time, so its name is free in half/. */
async function writeWhole(options: BlockFolderOptions, key: string, bytes: Uint8Array): Promise<void> {
  const half = join(options.folder, 'half', key)
  const whole = pathOf(options.folder, key)
  try {
    const file = await open(half, 'w')
    try {
      await file.writeFile(bytes)
      if (options.fsync) await file.sync()
    } finally {
      await file.close()
    }
    await mkdir(join(whole, '..'), { recursive: true })
    await rename(half, whole)
    if (options.fsync) await syncFolder(join(whole, '..'))
  } catch (cause) {
    await rm(half, { force: true }).catch(() => {})
    throw unwritten(`a block in ${options.folder}`, cause)
  }
}

/** Oldest first, so that the order of eviction begins as the order of writing. */
async function takeStock(options: BlockFolderOptions, ledger: Ledger): Promise<void> {
  const found: { key: string; sizeBytes: number; writtenAt: number }[] = []
  for (const shard of await readdir(join(options.folder, 'shards'), { withFileTypes: true })) {
    if (!shard.isDirectory()) continue
    const path = join(options.folder, 'shards', shard.name)
    const files = await readdir(path, { withFileTypes: true })
    const stats = files
      .filter(file => isBlockName(file, shard.name))
      .map(async file => {
        const { size, mtimeMs } = await stat(join(path, file.name))
        return { key: file.name, sizeBytes: size, writtenAt: mtimeMs }
      })
    found.push(...(await Promise.all(stats)))
  }
  found.sort((a, b) => a.writtenAt - b.writtenAt || (a.key < b.key ? -1 : 1))
  for (const { key, sizeBytes } of found) ledger.adopt(key, sizeBytes)
}

/** Files that are no blocks of ours are left alone. */
function isBlockName(file: Dirent, shard: string): boolean {
  if (!file.isFile() || shardOf(file.name) !== shard) return false
  try {
    return formatCid(parseCid(file.name)) === file.name
  } catch {
    return false
  }
}

function pathOf(folder: string, key: string): string {
  return join(folder, 'shards', shardOf(key), key)
}

function shardOf(key: string): string {
  return key.slice(-3, -1)
}

function full(sizeBytes: number, bytesMax: number): Fault {
  return new Fault('store/full', `no room for a block of ${sizeBytes} bytes within ${bytesMax}`)
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
