// Which blocks of our code have run: V8 counts them itself, so ES modules and TypeScript need no instrumenting, which
// is where jsfuzz and its kind give up.
//
// A report lists, for each function that ran since the last, ranges that nest; a block that ran as often as what is
// around it is not listed by itself. So blocks become known by and by, and whether one ran is asked of the innermost
// range around its start. Taking a report costs two milliseconds: one is taken for a batch of inputs, not for each.

import { type Profiler, Session } from 'node:inspector'

/** A stretch of source without a branch, as far as V8 has told it apart. */
export interface Block {
  /** File and place of its function. */
  readonly where: string
  readonly start: number
  ran: boolean
}

export interface Coverage extends Disposable {
  /** Blocks that ran for the first time, since the last call of anything here. */
  fresh(): Block[]
  /** Those of `blocks` that ran since the last call of anything here. */
  again(blocks: readonly Block[]): Block[]
  readonly blocks: { readonly ran: number; readonly known: number }
}

type Ranges = readonly Profiler.CoverageRange[]

/** Counts in this process, in scripts whose address `isOurs`, until disposed of. */
export function openCoverage(isOurs: (url: string) => boolean): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const known = new Map<string, Map<number, Block>>()
  const report = (): Map<string, Ranges> => {
    const ran = new Map<string, Ranges>()
    // A session with its own thread answers before `post` returns.
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      for (const { url, functions } of result) {
        if (!isOurs(url)) continue
        for (const { ranges } of functions) ran.set(`${url}:${ranges[0]!.startOffset}`, ranges)
      }
    })
    return ran
  }
  return {
    fresh() {
      const found: Block[] = []
      for (const [where, ranges] of report()) {
        const blocks = known.get(where) ?? new Map<number, Block>()
        known.set(where, blocks)
        for (const { startOffset: start } of ranges) {
          if (!blocks.has(start)) blocks.set(start, { where, start, ran: false })
        }
        for (const block of blocks.values()) {
          if (block.ran || countAt(ranges, block.start) === 0) continue
          block.ran = true
          found.push(block)
        }
      }
      return found
    },
    again(blocks) {
      const ran = report()
      return blocks.filter(({ where, start }) => countAt(ran.get(where) ?? [], start) > 0)
    },
    get blocks() {
      const all = [...known.values()].flatMap(blocks => [...blocks.values()])
      return { ran: all.filter(({ ran }) => ran).length, known: all.length }
    },
    [Symbol.dispose]() {
      session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}

/** Of ranges around `offset` the innermost counts, which comes last. */
function countAt(ranges: Ranges, offset: number): number {
  const innermost = ranges.findLast(range => range.startOffset <= offset && offset < range.endOffset)
  return innermost?.count ?? 0
}
