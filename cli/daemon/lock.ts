// One process per data folder: two would overwrite each other's state.
//
// The lock file holds the owner's process id and its start time; after a crash the id may belong to somebody else,
// and then the start time differs. Where /proc is missing (not Linux), a live id alone counts as the owner.

import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { hasNoRoom, unreadable, unwritten } from '../../base/io/file.ts'

/** Resolves to the function that lets go. Throws Fault state/locked or config/unreadable. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock')
  const mine = `${process.pid} ${await startOf(process.pid)}\n`
  try {
    await mkdir(folder, { recursive: true })
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await createWith(file, mine)) return () => rm(file, { force: true })
      const [pid = '', start = ''] = (await readFile(file, 'utf8')).trim().split(' ')
      if (await isAlive(Number(pid), start))
        throw new Fault('state/locked', `${folder} is in use by process ${pid}`)
      await rm(file, { force: true })
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw hasNoRoom(cause) ? unwritten(folder, cause) : unreadable(folder, cause)
  }
  throw new Fault('state/locked', `${folder} is in use by another process that started just now`)
}

/** Written aside and linked into place: whoever sees the lock sees its whole text. */
async function createWith(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`
  try {
    await writeFile(draft, text)
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function isAlive(pid: number, start: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return (await startOf(pid)) === start
}

/** Field 22 of /proc/<pid>/stat, in clock ticks since boot; '-' where there is no /proc. */
export async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may contain blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
  } catch {
    return '-'
  }
}
