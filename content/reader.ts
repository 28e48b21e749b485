// The bytes [start, end) of a file, in order, while its blocks are still arriving.
//
// The tree is unrolled from the left: a list of parts in the order of the file, of which the first few are being
// loaded. When the first part turns out to be a node, its children inside the range take its place. The window bounds
// the run-ahead; a reader who does not ask for more stops the loading, which is all the back-pressure there is. It is
// as wide as the reader needs: it doubles when he waited for blocks for a good part of the time, and shrinks while they
// wait for him. What was loaded ahead is only known here, not held: whoever caches blocks does that, within one bound
// for all readers, and one who stalls holds nothing but the block that he was given.
// Each node says how long its children are, so a range needs only the blocks it covers,
// and a child of another length is a lie that ends the stream: the bytes before it were all verified.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { formatCid } from './identifier.ts'
import { decodeNode } from './node.ts'

export type ReadOptions = {
  readonly get: (cid: CID, signal: AbortSignal) => Promise<Uint8Array>
  readonly cid: CID
  /** Offset of the first byte, 0 by default. */
  readonly start?: number
  /** Offset behind the last byte; the file's end by default, and when larger. */
  readonly end?: number
  /** Blocks being loaded or waiting, at most. */
  readonly windowBlocks?: number
  /** A clock in ms; without one the window is always at its widest. */
  readonly now?: () => number
  readonly signal?: AbortSignal
}

type Part = {
  readonly cid: CID
  /** Where its bytes begin in the file. */
  readonly offset: number
  /** What its parent says; unknown for the root. */
  readonly sizeBytes: number | undefined
  readonly depth: number
  /** While it is under way. */
  loading?: Promise<Uint8Array>
  /** When it has come, for as long as somebody else holds it. */
  loaded?: WeakRef<Uint8Array>
}

const windowDefault = 16
/** 174 links a level make 10^71 bytes at 32 levels: deeper is hostile. */
const depthMax = 32

/** Made once: without a reason each abort would make one, stack and all. */
const left = new Error('the reader has left')

/** Throws `content/unsupported` when `cid` is no file, `bytes/malformed` when sizes contradict each other. */
export async function* readFile(options: ReadOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const start = options.start ?? 0
  const end = options.end ?? Number.POSITIVE_INFINITY
  const window = createWindow(Math.max(1, options.windowBlocks ?? windowDefault), options.now)
  const leave = new AbortController()
  const signal = options.signal ? AbortSignal.any([leave.signal, options.signal]) : leave.signal
  /** Parts in reverse order: the next one is the last, where arrays are quick. */
  const parts: Part[] = [{ cid: options.cid, offset: 0, sizeBytes: undefined, depth: 0 }]
  if (start >= end) return
  try {
    for (;;) {
      loadAhead(parts, window.blocks(), options.get, signal)
      const part = parts.pop()
      if (part === undefined) return
      signal.throwIfAborted()
      window.wait()
      const { data, children } = open(
        part,
        await (part.loading ?? part.loaded?.deref() ?? options.get(part.cid, signal)),
      )
      window.come()
      const slice = data.subarray(Math.max(0, start - part.offset), Math.max(0, end - part.offset))
      for (const child of children.reverse()) {
        const covers = child.offset < end && child.offset + child.sizeBytes! > start
        if (covers && child.sizeBytes! > 0) parts.push(child)
      }
      if (slice.length > 0) {
        yield slice
        window.asked()
      }
    }
  } finally {
    leave.abort(left)
  }
}

/** A reader waits a good part of the time when it is more than an eighth of what he spends on a block. */
const waitShare = 1 / 8
const windowAtFirst = 4

function createWindow(max: number, now?: () => number) {
  if (now === undefined) return { blocks: () => max, wait() {}, come() {}, asked() {} }
  let blocks = Math.min(windowAtFirst, max)
  let waitingSince = 0
  let givenAt = now()
  let waitedMs = 0
  return {
    blocks: () => blocks,
    wait() {
      waitingSince = now()
    },
    come() {
      givenAt = now()
      waitedMs += givenAt - waitingSince
    },
    /** He has used what he was given. */
    asked() {
      const usedMs = now() - givenAt
      blocks = waitedMs > waitShare * usedMs ? Math.min(max, 2 * blocks) : Math.max(1, blocks - 1)
      waitedMs = 0
    },
  }
}

function loadAhead(
  parts: readonly Part[],
  window: number,
  get: ReadOptions['get'],
  signal: AbortSignal,
): void {
  for (let i = parts.length - 1; i >= Math.max(0, parts.length - window); i--) {
    const part = parts[i]!
    if (part.loading ?? part.loaded) continue
    part.loading = get(part.cid, signal)
    // A failure of a part that is never reached is nobody's business; the one that is reached throws it again.
    part.loading.then(
      bytes => {
        part.loaded = new WeakRef(bytes)
        delete part.loading
      },
      () => {},
    )
  }
}

function open(part: Part, bytes: Uint8Array): { data: Uint8Array; children: Part[] } {
  const node = decodeNode(part.cid, bytes)
  if (node.kind !== 'file') throw new Fault('content/unsupported', `${formatCid(part.cid)} is no file`)
  if (part.sizeBytes !== undefined && part.sizeBytes !== node.sizeBytes) {
    throw new Fault(
      'bytes/malformed',
      `a part of ${node.sizeBytes} bytes where ${part.sizeBytes} were announced`,
    )
  }
  if (node.links.length > 0 && part.depth >= depthMax) {
    throw new Fault('bytes/malformed', `a file deeper than ${depthMax} levels`)
  }
  let offset = part.offset + node.data.length
  const children = node.links.map(({ cid }, i) => {
    const child = { cid, offset, sizeBytes: node.blockSizes[i]!, depth: part.depth + 1 }
    offset += child.sizeBytes
    return child
  })
  return { data: node.data, children }
}
