// The first of two passes over a folder: what is its root, and which blocks is it made of?
//
// Blocks are not kept: the second pass makes those again that the edge lacks (hashing is faster than any network), so
// memory stays at 40 bytes a block however large the site is.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { Fault } from '../../base/fault.ts'
import { formatCid } from '../../content/identifier.ts'
import { importFolder as importBlocks } from '../../content/io/folder.ts'
import type { Terminal } from '../terminal.ts'

export interface Imported {
  readonly root: CID
  readonly files: number
  readonly bytes: number
  readonly hidden: boolean
  readonly hiddenLeftOut: number
  /** Size of every block by its CID, in the order of the first pass. */
  readonly blocks: ReadonlyMap<string, number>
}

/** Throws what the import throws: config/unreadable, content/unsupported. */
export async function importFolder(folder: string, hidden: boolean, terminal: Terminal): Promise<Imported> {
  const { bytes: total, hiddenLeftOut } = await measure(folder, hidden)
  const blocks = new Map<string, number>()
  const { cid, files, bytes } = await terminal.bar(`hashed ${folder}`, total, async advance => {
    let before = 0
    return importBlocks({
      path: folder,
      hidden,
      sink: ({ cid, bytes }) => {
        blocks.set(formatCid(cid), bytes.length)
      },
      onProgress: ({ bytes }) => {
        advance(bytes - before)
        before = bytes
      },
    })
  })
  return { root: cid, files, bytes, hidden, hiddenLeftOut, blocks }
}

/** Bytes that will be hashed, for the bar; and names that are left out, for the reader. */
async function measure(folder: string, hidden: boolean): Promise<{ bytes: number; hiddenLeftOut: number }> {
  let bytes = 0
  let hiddenLeftOut = 0
  const waiting = [folder]
  while (waiting.length > 0) {
    const here = waiting.pop()!
    const entries = await readdir(here, { withFileTypes: true }).catch(cause => {
      throw new Fault('config/unreadable', `${here}: ${(cause as Error).message}`, { cause })
    })
    for (const entry of entries) {
      const path = join(here, entry.name)
      if (entry.name.startsWith('.') && !hidden) hiddenLeftOut++
      else if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile()) bytes += (await stat(path).catch(() => ({ size: 0 }))).size
    }
  }
  return { bytes, hiddenLeftOut }
}
