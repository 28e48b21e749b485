// The last blocks and what undoes each: how far back a re-organisation can be taken exactly.
//
// The journal knows one block more than it can undo, its floor: the block that a rewind of everything comes
// back to. A journal that has dropped nothing yet has no floor and can be rewound to before its first block.

import type { Undo } from './table.ts'

export interface BlockRef {
  readonly number: number
  readonly hash: string
}

export interface PlainJournal {
  readonly floor: BlockRef | null
  readonly entries: readonly { readonly block: BlockRef; readonly undo: Undo }[]
}

export interface Journal {
  push(block: BlockRef, undo: Undo): void
  /** Takes off every block above `number`: their undos, newest block first; undefined below the floor. */
  rewindTo(number: number): Undo[] | undefined
  head(): BlockRef | undefined
  /** Newest first, the floor last. */
  known(): BlockRef[]
  plain(): PlainJournal
}

export function createJournal(depthMax: number, from: PlainJournal = { floor: null, entries: [] }): Journal {
  const entries = [...from.entries]
  let floor = from.floor
  const head = (): BlockRef | undefined => entries.at(-1)?.block ?? floor ?? undefined
  return {
    head,
    push(block, undo) {
      entries.push({ block, undo })
      while (entries.length > 0 && entries[0]!.block.number <= block.number - depthMax) {
        floor = entries.shift()!.block
      }
    },
    rewindTo(number) {
      if (floor && number < floor.number) return undefined
      const undos: Undo[] = []
      while (entries.length > 0 && entries.at(-1)!.block.number > number) undos.push(entries.pop()!.undo)
      return undos
    },
    known: () => [...entries.map(entry => entry.block).reverse(), ...(floor ? [floor] : [])],
    plain: () => ({ floor, entries: [...entries] }),
  }
}
