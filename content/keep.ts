// Holding a whole site: every block below a root is fetched, pinned and remembered, and stays until it is released.
//
// Wanted and complete are two sets. A root is wanted (and on disk as such) from the moment somebody asks, complete when
// its last block is here; so a crash in mid-fetch leaves a root that is wanted, and `recover` says so. Each block is
// pinned before it is fetched: the bound of the store then evicts around what is arriving. What a failed attempt
// fetched loses its pins and stays as long as there is room, so the next attempt goes on where this one stopped.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import type { Blocks } from './blocks.ts'
import { formatCid, inlineBytes, parseCid, rawCodec } from './identifier.ts'
import type { Store } from './store.ts'
import { createTogether } from './together.ts'
import { createTurns } from './turns.ts'
import { completeness, walk } from './walk.ts'

export type Held = { readonly blocks: number; readonly bytes: number }

/** Where the wanted roots are remembered between runs. */
export type Wanted = {
  read(): Promise<readonly string[]>
  write(roots: readonly string[]): Promise<void>
}

export type KeeperOptions = {
  readonly blocks: Pick<Blocks, 'get'>
  readonly store: Store
  readonly wanted: Wanted
  /** Blocks fetched at once. */
  readonly windowBlocks: number
  /** Of one root. */
  readonly blocksMax: number
}

export interface Keeper {
  /**
   * Resolves when all of `root` is here and pinned. Callers for the same root share one fetch; `onProgress` is called
   * for the one that started it. Throws `content/missing`, `store/full`, `bytes/too-large`, the signal's reason, or an
   * abort when the root is released meanwhile.
   */
  keep(root: CID, options?: { signal?: AbortSignal; onProgress?: (held: Held) => void }): Promise<Held>
  /** Forgets the root and frees its blocks for eviction. */
  release(root: CID): Promise<void>
  /** Whether all of `root` is here and pinned. */
  holds(root: CID): boolean
  /** Whether its pins are ours: from the beginning of `keep` to the end of `release`. `root` is canonical. */
  wants(root: string): boolean
  /** A block of it is gone from the store: it is no longer complete, and may be kept again. */
  lost(root: CID): void
  roots(): { complete: readonly CID[]; wanted: readonly CID[] }
  /** To be called once at start: pins what is complete; what remains in `wanted` only has to be kept again. */
  recover(signal?: AbortSignal): Promise<void>
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { store, blocksMax } = options
  const wanted = new Map<string, CID>()
  const complete = new Map<string, Held>()
  const together = createTogether<Held>()
  const inTurn = createTurns()
  const stops = new Map<string, AbortController>()
  const remember = (): Promise<void> => inTurn('', () => options.wanted.write([...wanted.keys()]))

  const hold = async (root: CID, signal: AbortSignal, onProgress: (held: Held) => void): Promise<Held> => {
    signal.throwIfAborted()
    const key = formatCid(root)
    const stop = new AbortController()
    stops.set(key, stop)
    try {
      if (!wanted.has(key)) {
        wanted.set(key, root)
        await remember()
      }
      const held = await fetchAll(options, root, AbortSignal.any([signal, stop.signal]), onProgress)
      complete.set(key, held)
      return held
    } catch (error) {
      store.unpin(root)
      throw error
    } finally {
      stops.delete(key)
    }
  }

  return {
    async keep(root, { signal, onProgress = () => {} } = {}) {
      const key = formatCid(root)
      const work = (stop: AbortSignal): Promise<Held> => inTurn(key, () => hold(root, stop, onProgress))
      return complete.get(key) ?? together.join(key, work, signal)
    },
    async release(root) {
      const key = formatCid(root)
      stops.get(key)?.abort()
      await inTurn(key, async () => {
        if (!wanted.delete(key)) return
        complete.delete(key)
        store.unpin(root)
        await remember()
      })
    },
    holds: root => complete.has(formatCid(root)),
    wants: root => wanted.has(root),
    lost: root => void complete.delete(formatCid(root)),
    roots: () => ({
      complete: [...complete.keys()].map(key => wanted.get(key)!),
      wanted: [...wanted.values()],
    }),
    async recover(signal) {
      for (const text of await options.wanted.read()) wanted.set(text, parseCid(text))
      for (const [key, root] of wanted) {
        const held = await takeStock(store, root, { blocksMax, ...(signal && { signal }) })
        if (held !== undefined) complete.set(key, held)
      }
    },
  }
}

/** Pins as it goes; undefined, and nothing pinned, when a block is missing or malformed. */
async function takeStock(
  store: Store,
  root: CID,
  options: { blocksMax: number; signal?: AbortSignal },
): Promise<Held | undefined> {
  try {
    const onBlock = (cid: CID): void => store.pin(root, cid)
    const { blocks, bytes, missing } = await completeness(store, root, { ...options, onBlock })
    if (missing === undefined) return { blocks, bytes }
  } catch (error) {
    if (!isFault(error)) throw error
  }
  store.unpin(root)
  return undefined
}

async function fetchAll(
  options: KeeperOptions,
  root: CID,
  signal: AbortSignal,
  onProgress: (held: Held) => void,
): Promise<Held> {
  const { blocks, store, windowBlocks, blocksMax } = options
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  let held: Held = { blocks: 0, bytes: 0 }
  const arrive = (sizeBytes: number): void => {
    held = { blocks: held.blocks + 1, bytes: held.bytes + sizeBytes }
    onProgress(held)
  }
  const visit = async (cid: CID): Promise<Uint8Array | undefined> => {
    store.pin(root, cid)
    const sizeBytes = cid.code === rawCodec ? await store.sizeBytes(cid) : undefined
    if (sizeBytes !== undefined) {
      arrive(sizeBytes)
      return undefined
    }
    const bytes = await blocks.get(cid, { root, signal: both })
    // It may have come from memory, or not have been kept: here it must be on disk, or say why not.
    if (inlineBytes(cid) === undefined) await store.put({ cid, bytes })
    arrive(bytes.length)
    return bytes
  }
  const visitOrStop = (cid: CID): Promise<Uint8Array | undefined> =>
    visit(cid).catch(error => {
      stop.abort(error)
      throw error
    })
  await walk({ root, visit: visitOrStop, windowBlocks, blocksMax, signal: both })
  return held
}
