// Read errors as a failing disk makes them (EIO), for processes that are started through this: a few lines of C before
// libc. Device-mapper's `error` target would do the same below the file system, where a kernel has it and one may.

import { spawnSync } from 'node:child_process'
import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'

const source = join(import.meta.dirname, 'bad-disk.c')
/** Owner may read and write, and the sticky bit. */
const badMode = 0o1600
const stickyBit = 0o1000

/** Words before the command of such a process; undefined where no C compiler is. */
export function buildBadDisk(folder: string): readonly string[] | undefined {
  if (process.platform !== 'linux') return undefined
  const library = join(folder, 'bad-disk.so')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  return status === 0 ? ['env', `LD_PRELOAD=${library}`] : undefined
}

/** Whoever was started through it cannot read this file any more; it can be removed and replaced. */
export function makeUnreadable(file: string): Promise<void> {
  return chmod(file, badMode)
}

/** Throws where there is no such file. */
export async function isUnreadable(file: string): Promise<boolean> {
  return ((await stat(file)).mode & stickyBit) !== 0
}
