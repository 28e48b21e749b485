// Blocks that come in one stream, for readers who ask for them one by one: the way to a file and its first bytes.
//
// A reader on a fresh edge would wait a round trip for the directory, one for the file's node and one for its first
// block. Instead all of them are asked for at once (`Fetch.head`), and whoever asks for a block that the stream is
// about to bring waits for it: while the path is being walked, everybody on the same path; after that, those who want a
// block that a node of the file names. Nobody waits for a stream that has been silent for longer than `silenceMs`.

import type { CID } from 'multiformats/cid'
import type { Block } from './block.ts'
import type { Clock, Start } from './fetch.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { decodeNode } from './node.ts'

/** Where a reader is: at a block on the way along `path` from the root of a site, with `rest` of it to go. */
export type Way = { readonly path: string; readonly rest: string }

export interface Heads<Piece extends Block> {
  /** The block, once a stream brings it; undefined when none will, or not soon. Begins one for who is on a way. */
  get(cid: CID, root: CID, way: Way | undefined, signal: AbortSignal): Promise<Piece | undefined>
}

export type HeadsOptions<Piece extends Block> = {
  /** Ends early, and throws nothing but the signal's reason. */
  readonly open: (start: Start, signal: AbortSignal) => AsyncIterable<Piece>
  readonly clock: Clock
  readonly silenceMs: number
  /** From the start of a file: blocks behind this are not waited for. */
  readonly headBytes: number
}

type Head<Piece> = {
  readonly pieces: Map<string, Piece>
  /** Named by nodes of the file, and not here yet. */
  readonly expected: Set<string>
  isOver: boolean
  lastAt: number
  readonly abort: AbortController
  waiting: (() => void)[]
}

/** Under way at once. A stream brings some megabytes at most, and is forgotten when it ends. */
const headsMax = 16
/** What a stream did not bring is asked for block by block, not by another stream soon after. */
const pauseMs = 10_000
const endedMax = 1000

export function createHeads<Piece extends Block>(options: HeadsOptions<Piece>): Heads<Piece> {
  const { clock, silenceMs } = options
  const byPath = new Map<string, Head<Piece>>()
  const endedAt = new Map<string, number>()

  const run = async (head: Head<Piece>, key: string, start: Start): Promise<void> => {
    try {
      for await (const piece of options.open(start, head.abort.signal)) {
        head.lastAt = clock.now()
        head.pieces.set(formatCid(piece.cid), piece)
        for (const cid of firstLinks(piece, options.headBytes)) head.expected.add(formatCid(cid))
        wakeAll(head)
      }
    } catch {
      // What was to come is asked for by itself.
    }
    head.isOver = true
    byPath.delete(key)
    endedAt.delete(key)
    endedAt.set(key, clock.now())
    if (endedAt.size > endedMax) endedAt.delete(endedAt.keys().next().value!)
    wakeAll(head)
  }

  const begin = (key: string, start: Start): Head<Piece> | undefined => {
    const ended = endedAt.get(key) ?? Number.NEGATIVE_INFINITY
    if (byPath.size >= headsMax || clock.now() - ended < pauseMs) return undefined
    const state = { isOver: false, lastAt: clock.now(), abort: new AbortController(), waiting: [] }
    const head: Head<Piece> = { pieces: new Map(), expected: new Set(), ...state }
    byPath.set(key, head)
    void run(head, key, start)
    return head
  }

  /** Resolves at the next block or end of the stream, or when it is silent for too long: false then. */
  const nextOf = (head: Head<Piece>, signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const settle = (isAlive: boolean): void => {
        cancel()
        signal.removeEventListener('abort', leave)
        resolve(isAlive)
      }
      const leave = (): void => {
        cancel()
        reject(signal.reason)
      }
      const cancel = clock.after(head.lastAt + silenceMs - clock.now(), () => settle(false))
      signal.addEventListener('abort', leave, { once: true })
      head.waiting.push(() => settle(true))
    })

  return {
    async get(cid, root, way, signal) {
      const wanted = formatCid(cid)
      const site = `${formatCid(root)}/`
      const key = way && site + way.path
      const bringing = (): Head<Piece> | undefined => {
        for (const [other, head] of byPath)
          if (other.startsWith(site) && (head.expected.has(wanted) || head.pieces.has(wanted))) return head
        return undefined
      }
      const head =
        key === undefined ? bringing() : (byPath.get(key) ?? begin(key, { root, from: cid, rest: way!.rest }))
      if (head === undefined) return undefined
      for (;;) {
        const piece = head.pieces.get(wanted)
        if (piece !== undefined || head.isOver) return piece
        if (!(await nextOf(head, signal))) return undefined
      }
    },
  }
}

function wakeAll(head: { waiting: (() => void)[] }): void {
  for (const wake of head.waiting.splice(0)) wake()
}

/** What a node of a file names of its first `headBytes`; nothing for all others. */
function firstLinks({ cid, bytes }: Block, headBytes: number): CID[] {
  if (cid.code === rawCodec) return []
  const node = decodeNode(cid, bytes)
  if (node.kind !== 'file') return []
  let offset = node.data.length
  return node.links.flatMap((link, i) => {
    const starts = offset
    offset += node.blockSizes[i]!
    return starts < headBytes ? [link.cid] : []
  })
}
