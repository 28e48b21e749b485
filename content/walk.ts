// All blocks below a root, each once: what it takes to hold a site, and whether one holds it.
//
// A depth-first walk with a window of loads under way, so that the latency of a network is paid once for a window and
// not once for a block. Hostile DAGs are bounded three ways: every CID is visited once (a million links to one block
// cost one visit), at most `blocksMax` are visited, and nothing deeper than `depthMax` is followed. Hash links cannot
// form a cycle, since nobody can write a block that contains its own hash.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { dagPbCodec, formatCid, inlineBytes } from './identifier.ts'
import { linksOf } from './node.ts'
import type { Store } from './store.ts'

/** A file of 174³ chunks under a HAMT of 8 levels under 100 folders is far below. */
const depthMax = 256

export type WalkOptions = {
  readonly root: CID
  /** Called once for each block; must return the verified bytes of dag-pb blocks, may return nothing for raw ones. */
  readonly visit: (cid: CID) => Promise<Uint8Array | undefined>
  readonly blocksMax: number
  /** Visits under way at once. */
  readonly windowBlocks: number
  readonly signal?: AbortSignal
}

type Stop = { readonly cid: CID; readonly depth: number }

/**
 * Resolves to the number of blocks when all were visited. Throws what `visit` threw first (no more visits begin then),
 * `bytes/too-large` past a bound, and the signal's reason when aborted.
 */
export async function walk(options: WalkOptions): Promise<number> {
  const seen = new Set<string>([formatCid(options.root)])
  const waiting: Stop[] = [{ cid: options.root, depth: 0 }]
  const under = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  options.signal?.throwIfAborted()

  const step = async ({ cid, depth }: Stop): Promise<void> => {
    const bytes = await options.visit(cid)
    if (cid.code !== dagPbCodec || bytes === undefined) return
    // The last link goes on the stack first, so that blocks come in the order of the files.
    for (const link of linksOf(cid, bytes).toReversed()) {
      const key = formatCid(link.cid)
      if (seen.has(key)) continue
      if (seen.size >= options.blocksMax)
        throw tooLarge(`more than ${options.blocksMax} blocks`, options.root)
      if (depth >= depthMax) throw tooLarge(`deeper than ${depthMax} levels`, options.root)
      seen.add(key)
      waiting.push({ cid: link.cid, depth: depth + 1 })
    }
  }

  while (failure === undefined && (waiting.length > 0 || under.size > 0)) {
    while (waiting.length > 0 && under.size < options.windowBlocks) {
      const visit = step(waiting.pop()!).catch(error => {
        failure ??= { error }
      })
      under.add(visit)
      visit.then(() => under.delete(visit))
    }
    await Promise.race(under)
    if (options.signal?.aborted) failure ??= { error: options.signal.reason }
  }
  await Promise.all(under)
  if (failure !== undefined) throw failure.error
  return seen.size
}

export type Holding = { readonly blocks: number; readonly bytes: number; readonly missing: CID | undefined }

/** Whether the store alone has all of `root`; stops at the first missing block. Reads nodes, only looks for leaves. */
export async function completeness(
  store: Store,
  root: CID,
  options: { blocksMax: number; signal?: AbortSignal; onBlock?: (cid: CID) => void },
): Promise<Holding> {
  let blocks = 0
  let bytes = 0
  let missing: CID | undefined
  const visit = async (cid: CID): Promise<Uint8Array | undefined> => {
    const isNode = cid.code === dagPbCodec
    const node = inlineBytes(cid) ?? (isNode ? await store.get(cid) : undefined)
    const size = node?.length ?? (isNode ? undefined : await store.sizeBytes(cid))
    if (size === undefined) {
      missing ??= cid
      throw new Fault('content/missing', `block ${formatCid(cid)} is not here`)
    }
    blocks++
    bytes += size
    options.onBlock?.(cid)
    return node
  }
  try {
    await walk({ ...options, root, visit, windowBlocks: 16 })
  } catch (error) {
    if (missing === undefined) throw error
  }
  return { blocks, bytes, missing }
}

function tooLarge(what: string, root: CID): Fault {
  return new Fault('bytes/too-large', `${what} below ${formatCid(root)}`)
}
