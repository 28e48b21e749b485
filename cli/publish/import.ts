// The first of two passes over a folder: what is its root, and which blocks is it made of?
//
// Blocks are not kept: the second pass makes those again that the edge lacks (hashing is faster than any network), so
// memory stays at 40 bytes a block however large the site is.

import { statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { Fault } from '../../base/fault.ts'
import { formatCid } from '../../content/identifier.ts'
import { importFolder as importBlocks } from '../../content/io/folder.ts'
import type { Terminal } from '../terminal.ts'
import { checkRules, rulesText } from './rules.ts'

export interface Imported {
  readonly root: CID
  readonly files: number
  readonly bytes: number
  readonly hidden: boolean
  readonly hiddenLeftOut: number
  /** Size of every block by its CID, in the order of the first pass. */
  readonly blocks: ReadonlyMap<string, number>
}

/** Throws what the import throws: config/unreadable, content/unsupported; and config/invalid for mistaken rules. */
export async function importFolder(folder: string, hidden: boolean, terminal: Terminal): Promise<Imported> {
  const { bytes: total, hiddenLeftOut, files: paths } = await measure(folder, hidden)
  const rules = await checkRules(folder, paths)
  if (rules !== undefined)
    await terminal.step(`the site's own rules hold: ${rulesText(rules)}`, async () => {})
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

/** Throws Fault config/unreadable in words for who mistyped. */
export function requireFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw new Fault('config/unreadable', `${folder}: there is no such folder`)
  if (!stats.isDirectory()) {
    throw new Fault('config/unreadable', `${folder}: is not a folder`, {
      hint: 'Name the folder that holds it.',
    })
  }
}

interface Measured {
  readonly bytes: number
  readonly hiddenLeftOut: number
  /** Paths within the folder, joined by '/'. */
  readonly files: ReadonlySet<string>
}

/** Bytes that will be hashed, for the bar; names that are left out, for the reader; and paths, for the rules. */
export async function measure(folder: string, hidden: boolean): Promise<Measured> {
  const files = new Set<string>()
  let bytes = 0
  let hiddenLeftOut = 0
  const waiting = ['']
  while (waiting.length > 0) {
    const within = waiting.pop()!
    const here = join(folder, within)
    const entries = await readdir(here, { withFileTypes: true }).catch(cause => {
      throw new Fault('config/unreadable', `${here}: ${(cause as Error).message}`, { cause })
    })
    for (const entry of entries) {
      const path = `${within}${entry.name}`
      if (entry.name.startsWith('.') && !hidden) hiddenLeftOut++
      else if (entry.isDirectory()) waiting.push(`${path}/`)
      else if (entry.isFile()) {
        files.add(path)
        bytes += (await stat(join(folder, path)).catch(() => ({ size: 0 }))).size
      }
    }
  }
  return { bytes, hiddenLeftOut, files }
}
