// A block by its name, wherever it is: memory, then disk, then the holders. What everything above this folder uses.
//
// A block that came from a holder is kept on the way: this is how an edge that is asked for a site becomes a holder of
// it. Keeping may fail (the store is full of pinned sites) without the reader noticing. Many readers of one block make
// one fetch.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import { createSieve } from '../base/sieve.ts'
import { type Block, verifiedBlock } from './block.ts'
import { createFetch, type FetchOptions } from './fetch.ts'
import { formatCid, inlineBytes } from './identifier.ts'
import type { Store } from './store.ts'
import { createTogether } from './together.ts'

export type BlocksOptions = FetchOptions & {
  readonly store: Store
  readonly memoryBytesMax: number
}

export type Context = {
  /** The site whose holders to ask; the block itself by default. */
  readonly root?: CID
  readonly signal?: AbortSignal
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

export function createBlocks(options: BlocksOptions): Blocks {
  const { store, meter } = options
  const fetch = createFetch(options)
  const memory = createSieve<Uint8Array>({
    bytesMax: options.memoryBytesMax,
    bytesOf: bytes => bytes.length,
  })
  const together = createTogether<Uint8Array>()

  const local = async (cid: CID): Promise<Uint8Array | undefined> => {
    const key = formatCid(cid)
    const hot = inlineBytes(cid) ?? memory.get(key)
    if (hot !== undefined) {
      meter.count('blocks.memory')
      return hot
    }
    const bytes = await store.get(cid)
    if (bytes === undefined) return undefined
    meter.count('blocks.disk')
    memory.set(key, bytes)
    return bytes
  }

  const keep = async (block: Block): Promise<void> => {
    memory.set(formatCid(block.cid), block.bytes)
    try {
      await store.put(block)
    } catch (error) {
      if (!isFault(error)) throw error
      meter.count('blocks.unkept')
    }
  }

  const load = async (cid: CID, root: CID, signal: AbortSignal): Promise<Uint8Array> => {
    const here = await local(cid)
    if (here !== undefined) return here
    const block = await fetch(cid, root, signal)
    meter.count('blocks.fetched')
    await keep(block)
    return block.bytes
  }

  return {
    get: async (cid, context = {}) => {
      const hot = inlineBytes(cid) ?? memory.get(formatCid(cid))
      if (hot !== undefined) {
        meter.count('blocks.memory')
        return hot
      }
      const root = context.root ?? cid
      // By block and site: another site's holders may have what this site's lack.
      const key = `${formatCid(cid)} ${formatCid(root)}`
      return together.join(key, signal => load(cid, root, signal), context.signal)
    },
    local,
    put: async ({ cid, bytes }) => {
      await store.put(verifiedBlock(cid, bytes))
      memory.set(formatCid(cid), bytes)
    },
    usage: () => {
      const { bytes, entries } = memory.usage()
      return { memoryBytes: bytes, memoryEntries: entries, fetching: together.size() }
    },
  }
}
