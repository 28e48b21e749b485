// What lies on the disks of the edges, and what was done to it: damage to single blocks, and which of it is still
// there.
//
// The last good copy of a block is never touched: what nobody has any more, nobody can serve.

import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { integerBelow, type Random, shuffle } from '../../base/random.ts'
import { verifiedBlock } from '../../content/block.ts'
import { parseCid } from '../../content/identifier.ts'
import { isUnreadable, makeUnreadable } from './bad-disk.ts'
import type { ShakenEdge } from './network.ts'

export interface Disks {
  /** Damages a share of the blocks of an edge, in one of five ways each; how many it were. */
  rot(edge: ShakenEdge, share: number, random: Random): Promise<number>
  /** Removes a share of them; how many it were. */
  lose(edge: ShakenEdge, share: number, random: Random): Promise<number>
  /** Takes what room is left, also what is freed later, until the returned function gives it back. */
  fill(edge: ShakenEdge): Promise<() => Promise<void>>
  /** Whether none of these blocks lies on this edge as it was damaged. */
  isSound(edge: ShakenEdge, blocks: readonly string[]): Promise<boolean>
}

const ways: readonly ((file: string, random: Random) => Promise<void>)[] = [
  file => truncate(file, 1),
  async (file, random) => {
    const bytes = await readFile(file)
    bytes[integerBelow(random, bytes.length)]! ^= 1
    await writeFile(file, bytes)
  },
  makeUnreadable,
  // What is no file: EISDIR.
  async file => {
    await rm(file)
    await mkdir(file)
  },
  file => rm(file),
]
const refillMs = 500
/** Blocks spoilt at once: one after the other took a minute beside the readers. */
const atOnce = 16

/** With `canFailToRead` the reading of a block may fail, too. */
export function createDisks(edges: readonly ShakenEdge[], canFailToRead: boolean): Disks {
  const waysHere = canFailToRead ? ways : ways.filter(way => way !== makeUnreadable)
  /** By edge: blocks that were damaged and were not seen sound since. */
  const damaged = new Map<ShakenEdge, Set<string>>(edges.map(edge => [edge, new Set()]))
  const fileOf = (edge: ShakenEdge, block: string): string =>
    join(edge.shardsFolder, block.slice(-3, -1), block)
  const isGood = async (edge: ShakenEdge, block: string): Promise<boolean> => {
    try {
      const file = fileOf(edge, block)
      if (await isUnreadable(file)) return false
      verifiedBlock(parseCid(block), await readFile(file))
    } catch {
      return false
    }
    damaged.get(edge)!.delete(block)
    return true
  }
  const hasTwin = async (edge: ShakenEdge, block: string): Promise<boolean> => {
    for (const other of edges) if (other !== edge && (await isGood(other, block))) return true
    return false
  }
  const spoil = async (
    edge: ShakenEdge,
    share: number,
    random: Random,
    way: (file: string) => Promise<void>,
  ): Promise<number> => {
    const names = await readdir(edge.shardsFolder, { recursive: true })
    const blocks = names.flatMap(name => name.split('/')[1] ?? []).sort()
    const spoilOne = async (block: string): Promise<boolean> => {
      if (!(await hasTwin(edge, block))) return false
      // It may have been evicted meanwhile.
      const isDone = await way(fileOf(edge, block)).then(
        () => true,
        () => false,
      )
      if (isDone) damaged.get(edge)!.add(block)
      return isDone
    }
    const chosen = shuffle(random, blocks).slice(0, share * blocks.length)
    let count = 0
    while (chosen.length > 0) {
      const spoilt = await Promise.all(chosen.splice(0, atOnce).map(spoilOne))
      count += spoilt.filter(isDone => isDone).length
    }
    return count
  }
  return {
    rot: (edge, share, random) =>
      spoil(edge, share, random, file => waysHere[integerBelow(random, waysHere.length)]!(file, random)),
    lose: (edge, share, random) => spoil(edge, share, random, file => rm(file)),
    async fill(edge) {
      let count = 0
      const ballast = (): string => join(edge.plan.folder, `ballast-${count++}`)
      const take = async (): Promise<void> => {
        const { bavail, bsize } = await statfs(edge.plan.folder)
        if (bavail > 0) spawnSync('fallocate', ['-l', `${bavail * bsize}`, ballast()])
      }
      await take()
      const timer = setInterval(take, refillMs)
      return async () => {
        clearInterval(timer)
        for (let i = 0; i < count; i++) await rm(join(edge.plan.folder, `ballast-${i}`), { force: true })
      }
    },
    async isSound(edge, blocks) {
      const bad = damaged.get(edge)!
      for (const block of blocks) if (bad.has(block) && !(await isGood(edge, block))) return false
      return true
    },
  }
}
