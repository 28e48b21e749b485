// The chain becomes facts: blocks with logs go in, a table of names and a roll of edges come out.
//
// A pure fold. Every block leaves behind what it overwrote, so that a re-organisation is undone exactly:
// rewinding to a block gives what folding only up to that block would have given (a test holds it to that).
// The journal reaches back `depthMax` blocks; past that there is nothing to undo with and the caller folds
// from the start again. Blocks without logs may be left out, except that a rewind can only stop at blocks it
// was told of.
//
// Logs that do not fit (malformed, a bad label, a stale sequence, a table that is full) are counted and
// skipped: one endpoint's nonsense must not stop the others' facts. Rejected: snapshots of the whole table,
// which cost a copy of a million names per block where the journal costs the few that changed.

import { assert, isFault } from '../base/fault.ts'
import { createMeter, type Meter } from '../base/meter.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { decodeEdgeEvent, decodeNameEvent, type Log } from './events.ts'
import { foldEdgeEvent, foldNameEvent } from './facts.ts'
import { type BlockRef, createJournal } from './journal.ts'
import { createTable, type EdgeEntry, type NameEntry, type Table } from './table.ts'

export interface RegistryOptions {
  /** The node under which the names lie: `nodeOf('inxt')`. */
  readonly suffixNode: string
  readonly nameRegistry: string
  readonly edgeRegistry: string
  /** Blocks that can be undone. */
  readonly depthMax?: number
  /** Beyond these, new entries are skipped and counted; a name takes about 1 KB of memory. */
  readonly namesMax?: number
  readonly edgesMax?: number
  readonly meter?: Meter
}

export interface Block extends BlockRef {
  readonly parentHash: string
  readonly logs: readonly Log[]
}

/** What a call changed, for those who keep something derived from it. */
export interface Changes {
  readonly labels: readonly string[]
  readonly edges: boolean
}

export interface Registry {
  /** `block` must be above the head and, when directly above, its child: the caller has compared hashes. */
  apply(block: Block): Changes
  /**
   * Undoes every block above `number`; undefined, with nothing changed, when the journal does not reach that
   * far.
   */
  rewindTo(number: number): Changes | undefined
  /** The newest block folded in; undefined before the first. */
  head(): BlockRef | undefined
  /** Blocks to which a rewind can return, newest first. */
  known(): readonly BlockRef[]
  blockAt(number: number): BlockRef | undefined
  /** Undefined for a name that was never registered or whose term is over at `now` (ms). */
  lookup(label: string, now: number): NameEntry | undefined
  /** Every name ever registered, expired ones too, in no particular order. */
  names(): Iterable<NameEntry>
  /** Edges by ascending peer key; the same frozen array until an edge changes. */
  roll(): readonly EdgeEntry[]
  checkpoint(): Checkpoint
  /**
   * Replaces everything at once by a checkpoint; Fault `state/broken`, with nothing changed, if it is not one
   * of ours.
   */
  restore(data: unknown): Changes
}

const defaults = { depthMax: 64, namesMax: 1_000_000, edgesMax: 100_000 }

/** Entries that differ between two tables, either way. */
function differences(before: Table, after: Table): Changes {
  const labels = new Set<string>()
  const same = (a?: object, b?: object): boolean => JSON.stringify(a) === JSON.stringify(b)
  for (const name of [...before.names(), ...after.names()]) {
    if (!same(before.name(name.label), after.name(name.label))) labels.add(name.label)
  }
  return { labels: [...labels], edges: !same(before.roll(), after.roll()) }
}

/** Folds one log into the table; false when it does not fit. */
function foldLog(table: Table, options: RegistryOptions, log: Log): ReturnType<typeof foldNameEvent> {
  try {
    if (log.address === options.nameRegistry)
      return foldNameEvent(table, options.suffixNode, decodeNameEvent(log))
    if (log.address === options.edgeRegistry) return foldEdgeEvent(table, decodeEdgeEvent(log))
    return { refused: 'foreign' }
  } catch (error) {
    if (!isFault(error)) throw error
    return { refused: 'malformed' }
  }
}

export function createRegistry(given: RegistryOptions): Registry {
  const options = {
    ...defaults,
    ...given,
    nameRegistry: given.nameRegistry.toLowerCase(),
    edgeRegistry: given.edgeRegistry.toLowerCase(),
  }
  const meter = options.meter ?? createMeter()
  let table = createTable(options)
  let journal = createJournal(options.depthMax)

  const apply = (block: Block): Changes => {
    const head = journal.head()
    assert(!head || block.number > head.number, `block ${block.number} on head ${head?.number}`)
    assert(head?.number !== block.number - 1 || block.parentHash === head.hash, `parent of ${block.number}`)
    for (const log of block.logs) {
      const outcome = foldLog(table, options, log)
      meter.count(outcome.refused ? `registry.refused.${outcome.refused}` : 'registry.folded')
      if (outcome.gap) meter.count('registry.gap')
    }
    const undo = table.takeUndo()
    journal.push({ number: block.number, hash: block.hash }, undo)
    return changesOf(undo)
  }

  const rewindTo = (number: number): Changes | undefined => {
    const undos = journal.rewindTo(number)
    if (!undos) return undefined
    for (const undo of undos) table.undo(undo)
    return changesOf(undos.flat())
  }

  const restore = (data: unknown): Changes => {
    const checkpoint = parseCheckpoint(data, options)
    const before = table
    table = createTable(options)
    for (const name of checkpoint.names) table.setName(name.label, name)
    for (const edge of checkpoint.edges) table.setEdge(edge.peerKey, edge)
    table.takeUndo()
    journal = createJournal(options.depthMax, checkpoint.journal)
    return differences(before, table)
  }

  return {
    apply,
    rewindTo,
    restore,
    head: () => journal.head(),
    known: () => journal.known(),
    blockAt: number => journal.known().find(block => block.number === number),
    lookup: (label, now) => {
      const name = table.name(label)
      return name && now < name.expiresAt ? name : undefined
    },
    names: () => table.names(),
    roll: () => table.roll(),
    checkpoint: () => ({
      version: 1,
      suffixNode: options.suffixNode,
      nameRegistry: options.nameRegistry,
      edgeRegistry: options.edgeRegistry,
      names: [...table.names()],
      edges: [...table.roll()],
      journal: journal.plain(),
    }),
  }
}

function changesOf(undo: ReturnType<Table['takeUndo']>): Changes {
  const labels = new Set(undo.flatMap(entry => (entry.of === 'name' ? [entry.key] : [])))
  return { labels: [...labels], edges: undo.some(entry => entry.of === 'edge') }
}
