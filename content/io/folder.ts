// A real folder becomes blocks: `ipfs add --cid-version=1 -r`, with its defaults.
//
// As kubo does: names that begin with a dot are left out, symlinks stay symlinks and are not followed, devices, sockets
// and pipes are refused. The folder named on the command line itself may be a symlink (kubo's --dereference-args): who
// says `publish ./current` means what it points to. A file that changes while it is read would give a site that
// existed at no moment, so size, time and inode are compared before and after.

import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Sink } from '../block.ts'
import { type Built, buildDirectory, buildFile, buildSymlink, chunkBytes } from '../builder.ts'

export type FolderProgress = { readonly files: number; readonly bytes: number }

export type FolderOptions = {
  readonly path: string
  readonly sink: Sink
  /** Names that begin with a dot, too. */
  readonly hidden?: boolean
  /** After each chunk and each file. */
  readonly onProgress?: (progress: FolderProgress) => void
  readonly signal?: AbortSignal
}

/** Deeper folders exist only by a bind mount of a folder into itself. */
const depthMax = 256

/**
 * Imports a folder or a single file. Throws `config/unreadable` with the path for what cannot be read or changed
 * meanwhile, `content/unsupported` for special files and names that are not UTF-8, and what the sink throws.
 */
export async function importFolder(options: FolderOptions): Promise<Built & FolderProgress> {
  const progress = { files: 0, bytes: 0 }
  const path = await reading(options.path, () => realpath(options.path))
  const built = await importPath({ ...options, path }, progress, 0)
  return { ...built, ...progress }
}

async function importPath(
  options: FolderOptions,
  progress: { files: number; bytes: number },
  depth: number,
): Promise<Built> {
  const { path, sink } = options
  options.signal?.throwIfAborted()
  if (depth > depthMax) throw new Fault('content/unsupported', `${path}: more than ${depthMax} folders deep`)
  const stats = await reading(path, () => lstat(path))
  if (stats.isFile()) return importFile(options, progress)
  if (stats.isSymbolicLink()) {
    const target = await reading(path, () => readlink(path, { encoding: 'buffer' }))
    return buildSymlink(text(target, path), sink)
  }
  if (!stats.isDirectory()) throw new Fault('content/unsupported', `${path}: neither a file nor a folder`)
  const entries: (Built & { name: string })[] = []
  const found = await reading(path, () => readdir(path, { encoding: 'buffer' }))
  for (const name of found.map(name => text(name, path)).sort()) {
    if (name.startsWith('.') && options.hidden !== true) continue
    const built = await importPath({ ...options, path: join(path, name) }, progress, depth + 1)
    entries.push({ name, ...built })
  }
  return buildDirectory(entries, sink)
}

async function importFile(
  options: FolderOptions,
  progress: { files: number; bytes: number },
): Promise<Built> {
  const { path, sink, onProgress, signal } = options
  // No following and no blocking, should the file have been replaced by a symlink or a pipe since it was looked at.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await reading(path, () => open(path, flags))
  try {
    const before = await reading(path, () => file.stat({ bigint: true }))
    if (!before.isFile()) throw changed(path)
    const built = await buildFile(
      pieces(file, path, bytes => {
        signal?.throwIfAborted()
        progress.bytes += bytes
        onProgress?.({ ...progress })
      }),
      sink,
    )
    const after = await reading(path, () => file.stat({ bigint: true }))
    if (!sameFile(before, after)) throw changed(path)
    progress.files++
    onProgress?.({ ...progress })
    return built
  } finally {
    await file.close()
  }
}

/** Fresh buffers of one chunk each, which become the blocks without another copy. */
async function* pieces(
  file: FileHandle,
  path: string,
  onPiece: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(chunkBytes)
    let filled = 0
    while (filled < chunkBytes) {
      const { bytesRead } = await reading(path, () => file.read(buffer, filled, chunkBytes - filled))
      if (bytesRead === 0) break
      filled += bytesRead
    }
    if (filled > 0) {
      onPiece(filled)
      yield buffer.subarray(0, filled)
    }
    if (filled < chunkBytes) return
  }
}

function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
}

function changed(path: string): Fault {
  return new Fault('config/unreadable', `${path} changed while it was read`, {
    hint: 'Wait until nothing writes there, and publish again.',
  })
}

function text(name: Buffer, path: string): string {
  const name8 = fromUtf8(name)
  if (name8 === undefined) throw new Fault('content/unsupported', `${path}: a name that is not UTF-8`)
  return name8
}

async function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    if (isFault(cause)) throw cause
    throw unreadable(path, cause)
  }
}
