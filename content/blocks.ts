// A block by its name, wherever it is: memory, then disk, then the holders. What everything above this folder uses.
//
// A block that came from a holder is kept on the way: this is how an edge that is asked for a site becomes a holder of
// it. Keeping may fail (the store is full of pinned sites) without the reader noticing. Many readers of one block make
// one fetch. Whoever walks a path gets all of it, and the beginning of the file, in one round trip where that can be.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import { createSieve } from '../base/sieve.ts'
import { ballast } from './ballast.ts'
import { type Block, verifiedBlock } from './block.ts'
import { createFetch, type Delivery, type Errand, type FetchOptions, headBytes, type Start } from './fetch.ts'
import { createHeads, type Way } from './heads.ts'
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
  /** The block lies on a way from the root: the rest of the way may come with it. */
  readonly way?: Way
  /** Another edge asks this one as the home of the root. */
  readonly isRelayed?: boolean
  readonly signal?: AbortSignal
  /** Called before the block is handed over. */
  readonly onSource?: (source: Source) => void
}

export type Blocks = {
  /** Verified bytes, which nobody may change. Throws `content/missing`, or the signal's reason. */
  get(cid: CID, context?: Context): Promise<Uint8Array>
  /** Learns who holds a site before somebody asks for it. */
  look(root: CID): Promise<void>
  /** Only what is here already, and the ballast, which is here always. */
  local(cid: CID): Promise<Uint8Array | undefined>
  /** Verified, then kept. Throws as `Store.put` does. */
  put(block: Block): Promise<void>
  usage(): { memoryBytes: number; memoryEntries: number; fetching: number }
}

type Found = { readonly bytes: Uint8Array; readonly source: Source }

const fromMemory: Source = { from: 'memory' }
const fromDisk: Source = { from: 'disk' }

export function createBlocks(options: BlocksOptions): Blocks {
  const { meter } = options
  const fetch = createFetch(options)
  const near = createNear(options)
  const together = createTogether<Found>()

  /** What the stream brings is kept, whoever asks for it later; its readers do not wait for the disk. */
  async function* open(start: Start, signal: AbortSignal): AsyncGenerator<Delivery> {
    const kept: Promise<void>[] = []
    for await (const piece of fetch.head(start, signal)) {
      kept.push(near.keep(piece, piece.isCommon))
      yield piece
    }
    await Promise.all(kept)
  }
  const heads = createHeads({ ...options, open, headBytes, silenceMs: options.hedgeMs })

  const load = async (errand: Errand, way: Way | undefined, signal: AbortSignal): Promise<Found> => {
    const { cid } = errand
    const here = await near.find(cid)
    if (here !== undefined) return here
    const brought = await heads.get(cid, errand.root, way, signal)
    const { from, bytes, isCommon } = brought ?? (await fetch.block(errand, signal))
    meter.count(brought ? 'blocks.brought' : 'blocks.fetched')
    if (brought === undefined) await near.keep({ cid, bytes }, isCommon)
    return { bytes, source: { from: 'peer', which: from } }
  }

  return {
    get: async (cid, { root = cid, isRelayed = false, way, signal, onSource } = {}) => {
      const hot = near.hot(cid)
      if (hot !== undefined) {
        onSource?.(fromMemory)
        return hot
      }
      const site = formatCid(root)
      // Where no home comes before this edge, its own readers and the edges that ask it wait for the same fetch.
      const asksHomes = !isRelayed && (options.holders.homes?.(site).length ?? 0) > 0
      // By block and site: another site's holders may have what this site's lack.
      const key = `${formatCid(cid)} ${site} ${asksHomes}`
      const work = (stop: AbortSignal) => load({ cid, root, asksHomes }, way, stop)
      const { bytes, source } = await together.join(key, work, signal)
      onSource?.(source)
      return bytes
    },
    look: fetch.look,
    local: async cid => (await near.find(cid))?.bytes ?? ballast(cid),
    put: near.put,
    usage: () => ({ ...near.usage(), fetching: together.size() }),
  }
}

/** What is here: in memory, still in a reader's hands, on the disk. */
function createNear({ store, meter, memoryBytesMax }: BlocksOptions) {
  const memory = createSieve<Uint8Array>({ bytesMax: memoryBytesMax, bytesOf: bytes => bytes.length })
  const lent = createLent()
  const remember = (cid: CID, bytes: Uint8Array): void => {
    const key = formatCid(cid)
    memory.set(key, bytes)
    lent.set(key, bytes)
  }
  const hot = (cid: CID): Uint8Array | undefined => {
    const key = formatCid(cid)
    const bytes = inlineBytes(cid) ?? memory.get(key) ?? lent.get(key)
    if (bytes !== undefined) meter.count('blocks.memory')
    return bytes
  }
  return {
    hot,
    async find(cid: CID): Promise<Found | undefined> {
      const there = hot(cid)
      if (there !== undefined) return { bytes: there, source: fromMemory }
      const bytes = await store.get(cid)
      if (bytes === undefined) return undefined
      meter.count('blocks.disk')
      remember(cid, bytes)
      return { bytes, source: fromDisk }
    },
    /** A store that is full of pinned sites keeps nobody from reading. */
    async keep({ cid, bytes }: Block, isCommon: boolean): Promise<void> {
      remember(cid, bytes)
      try {
        await store.put({ cid, bytes }, isCommon)
      } catch (error) {
        if (!isFault(error)) throw error
        meter.count('blocks.unkept')
      }
    },
    async put({ cid, bytes }: Block): Promise<void> {
      await store.put(verifiedBlock(cid, bytes))
      remember(cid, bytes)
    },
    usage() {
      const { bytes, entries } = memory.usage()
      return { memoryBytes: bytes, memoryEntries: entries }
    },
  }
}
