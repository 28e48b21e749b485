// A block by its name, wherever it is: memory, then disk, then the holders. What everything above this folder uses.
//
// A block that came from a holder is kept on the way: this is how an edge that is asked for a site becomes a holder of
// it. Keeping may fail (the store is full of pinned sites) without the reader noticing. Many readers of one block make
// one fetch.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import { createSieve } from '../base/sieve.ts'
import { type Block, verifiedBlock } from './block.ts'
import { createFetch, type Errand, type FetchOptions } from './fetch.ts'
import { formatCid, inlineBytes } from './identifier.ts'
import { createLent } from './lent.ts'
import type { Store } from './store.ts'
import { createTogether } from './together.ts'

export type BlocksOptions = FetchOptions & {
  readonly store: Store
  readonly memoryBytesMax: number
}

/** Where a block was: here, or with which peer. */
export type Source = { readonly from: 'memory' | 'disk' } | { readonly from: 'peer'; readonly which: string }

export type Context = {
  /** The site whose holders to ask; the block itself by default. */
  readonly root?: CID
  /** Another edge asks this one as the home of the root. */
  readonly isRelayed?: boolean
  readonly signal?: AbortSignal
  /** Called before the block is handed over. */
  readonly onSource?: (source: Source) => void
}

export type Blocks = {
  /** Verified bytes, which nobody may change. Throws `content/missing`, or the signal's reason. */
  get(cid: CID, context?: Context): Promise<Uint8Array>
  /** Only what is here already. */
  local(cid: CID): Promise<Uint8Array | undefined>
  /** Verified, then kept. Throws as `Store.put` does. */
  put(block: Block): Promise<void>
  usage(): { memoryBytes: number; memoryEntries: number; fetching: number }
}

type Found = { readonly bytes: Uint8Array; readonly source: Source }

const fromMemory: Source = { from: 'memory' }
const fromDisk: Source = { from: 'disk' }

export function createBlocks(options: BlocksOptions): Blocks {
  const { store, meter } = options
  const fetch = createFetch(options)
  const memory = createSieve<Uint8Array>({
    bytesMax: options.memoryBytesMax,
    bytesOf: bytes => bytes.length,
  })
  const lent = createLent()
  const together = createTogether<Found>()
  const remember = (key: string, bytes: Uint8Array): void => {
    memory.set(key, bytes)
    lent.set(key, bytes)
  }

  const find = async (cid: CID): Promise<Found | undefined> => {
    const key = formatCid(cid)
    const hot = inlineBytes(cid) ?? memory.get(key) ?? lent.get(key)
    if (hot !== undefined) {
      meter.count('blocks.memory')
      return { bytes: hot, source: fromMemory }
    }
    const bytes = await store.get(cid)
    if (bytes === undefined) return undefined
    meter.count('blocks.disk')
    remember(key, bytes)
    return { bytes, source: fromDisk }
  }

  const keep = async (block: Block, isCommon: boolean): Promise<void> => {
    remember(formatCid(block.cid), block.bytes)
    try {
      await store.put(block, isCommon)
    } catch (error) {
      if (!isFault(error)) throw error
      meter.count('blocks.unkept')
    }
  }

  const load = async (errand: Errand, signal: AbortSignal): Promise<Found> => {
    const { cid } = errand
    const here = await find(cid)
    if (here !== undefined) return here
    const { from, bytes, isCommon } = await fetch(errand, signal)
    meter.count('blocks.fetched')
    await keep({ cid, bytes }, isCommon)
    return { bytes, source: { from: 'peer', which: from } }
  }

  return {
    get: async (cid, { root = cid, isRelayed = false, signal, onSource } = {}) => {
      const hot = inlineBytes(cid) ?? memory.get(formatCid(cid))
      if (hot !== undefined) {
        meter.count('blocks.memory')
        onSource?.(fromMemory)
        return hot
      }
      const site = formatCid(root)
      // Where no home comes before this edge, its own readers and the edges that ask it wait for the same fetch.
      const asksHomes = !isRelayed && (options.holders.homes?.(site).length ?? 0) > 0
      // By block and site: another site's holders may have what this site's lack.
      const key = `${formatCid(cid)} ${site} ${asksHomes}`
      const work = (stop: AbortSignal) => load({ cid, root, asksHomes }, stop)
      const { bytes, source } = await together.join(key, work, signal)
      onSource?.(source)
      return bytes
    },
    local: async cid => (await find(cid))?.bytes,
    put: async ({ cid, bytes }) => {
      await store.put(verifiedBlock(cid, bytes))
      remember(formatCid(cid), bytes)
    },
    usage: () => {
      const { bytes, entries } = memory.usage()
      return { memoryBytes: bytes, memoryEntries: entries, fetching: together.size() }
    },
  }
}
