// Files that are there whole or not at all, whatever ends the process or the machine meanwhile.
//
// The new content is written to a draft beside the file, flushed, and renamed over it; then the folder is flushed, as
// a rename too is lost with the power. A draft bears the id of its process and a number, so that two writers of one
// file do not mix: the later one wins. One whose process ended in mid-write stays behind; the first write into its
// folder by any other process removes it. Rejected: one draft for each file, which is overwritten and so never left
// over, but mixes what two processes write (two deployments, tests that share compiled contracts).

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Fault } from '../fault.ts'

export interface Modes {
  /** Of the file; as the process's mask has it when left out. */
  readonly file?: number
  /** Of folders that have to be made. */
  readonly folder?: number
}

/** What a draft is called: `<file>.<process>-<number>.half`. */
const draftName = /\.(\d+)-\d+\.half$/
let drafts = 0
/** Folders in which this process looks, or has looked, for what others left. */
const sweeps = new Map<string, Promise<void>>()

/**
 * Puts `content` in the place of what was at `path`, and is on the disk when it resolves. Creates missing folders.
 * Faults `store/full` and `state/unwritten`: then the old content is still there, or none. Content in parts is taken
 * part by part as the disk takes it.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  modes: Modes = {},
): Promise<void> {
  const folder = dirname(resolve(path))
  const draft = join(folder, `${basename(path)}.${process.pid}-${drafts++}.half`)
  try {
    await mkdir(folder, { recursive: true, mode: modes.folder })
    await sweptOnce(folder)
    const file = await open(draft, 'w', modes.file)
    try {
      const isWhole = typeof content === 'string' || content instanceof Uint8Array
      for (const part of isWhole ? [content] : content) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(folder)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {})
    throw unwritten(path, cause)
  }
}

/** Until then a file that was made, renamed or removed in `folder` may be as before when the power comes back. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function hasNoRoom(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '')
}

/** `store/full` when the disk has no room, which the operator can mend and which passes; `state/unwritten` else. */
export function unwritten(what: string, cause: unknown): Fault {
  if (!hasNoRoom(cause)) {
    return new Fault('state/unwritten', `${what} cannot be written: ${(cause as Error).message}`, { cause })
  }
  return new Fault('store/full', `${what} cannot be written: the disk has no space left`, {
    cause,
    hint: 'Free some space on the disk.',
  })
}

const unreadableWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'is a folder, not a file',
  EEXIST: 'is a file, not a folder',
  EACCES: 'may not be read',
}

/** `config/unreadable`, in words for who named the file. */
export function unreadable(path: string, cause: unknown, hint?: string): Fault {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const options = hint === undefined ? { cause } : { cause, hint }
  return new Fault('config/unreadable', `${path}: ${unreadableWords[code] ?? message}`, options)
}

function sweptOnce(folder: string): Promise<void> {
  // What cannot be removed costs some room, no more.
  const sweeping = sweeps.get(folder) ?? sweep(folder).catch(() => {})
  sweeps.set(folder, sweeping)
  return sweeping
}

/** Removes drafts of processes that are no more; what bears our own id lies here from before our first write. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(draftName.exec(name)?.[1] ?? 0)
    if (pid !== 0 && (pid === process.pid || !isAlive(pid))) await rm(join(folder, name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Undefined when there is no such file; Fault `state/broken` when it is not JSON, `config/unreadable`
 * otherwise.
 */
export async function readJson(path: string): Promise<unknown> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
  try {
    return JSON.parse(content)
  } catch (cause) {
    throw new Fault('state/broken', `${path} is not JSON.`, { cause })
  }
}

/** Undefined when there is no such file; Fault `config/unreadable` when it cannot be read or is too large. */
export async function readBytes(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > bytesMax)
        throw new Fault('config/unreadable', `${path} has ${size} bytes, more than it can have.`)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
}
