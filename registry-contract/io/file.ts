// Files that are there whole or not at all: written beside, flushed, renamed.

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '../../base/fault.ts'

let writes = 0

/**
 * Creates missing folders; Fault `state/broken`. After a crash the old content is still there, or none. Content in
 * parts is taken part by part as the disk takes it.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const beside = `${path}.${process.pid}-${writes++}.new`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(beside, 'w')
    try {
      const isWhole = typeof content === 'string' || content instanceof Uint8Array
      for (const part of isWhole ? [content] : content) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {})
    const reason = cause instanceof Error ? cause.message : 'unknown'
    const hint = 'Check that the disk has room and that you may write there.'
    throw new Fault('state/broken', `${path} cannot be written: ${reason}.`, { cause, hint })
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
    throw new Fault('config/unreadable', `${path} cannot be read.`, { cause })
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
    throw new Fault('config/unreadable', `${path} cannot be read.`, { cause })
  }
}
