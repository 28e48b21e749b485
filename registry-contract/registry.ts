// The chain becomes facts: blocks with logs go in; names, a roll of edges and claims to domains come out.
//
// A pure fold. Every block leaves behind what undoes it, so that a re-organisation is undone exactly: rewinding
// to a block gives what folding only up to that block would have given (a test holds it to that). The journal
// reaches back `depthMax` blocks; past that there is nothing to undo with and the caller folds from the start
// again, into a draft that replaces the table in one step. Blocks without logs may be left out, except that a
// rewind can only stop at blocks it was told of.
//
// Logs that make no sense are counted, shown and skipped: one stranger's nonsense must not stop the others'
// facts. Rejected: snapshots of the whole table, which cost a copy of a million names per block where the
// journal costs the few that changed.

import { fromHex } from '../base/bytes.ts'
import { assert, isFault } from '../base/fault.ts'
import { createMeter, type Meter } from '../base/meter.ts'
import { encodeCheckpoint, parseCheckpoint } from './checkpoint.ts'
import type { ClaimEntry } from './claim.ts'
import type { NameEntry } from './entry.ts'
import { decodeEvent, eventName, type Log, type RegistryEvent, salvage } from './events.ts'
import {
  foldClaimEvent,
  foldEdgeEvent,
  foldLabelEvent,
  foldNameEvent,
  foldSalvage,
  type Outcome,
} from './facts.ts'
import { type BlockRef, createJournal, type Journal } from './journal.ts'
import { createRefusedList, type RefusedEvent } from './refused.ts'
import type { Source } from './signatures.ts'
import { type EdgeEntry, Table, type Undo } from './table.ts'

export interface RegistryOptions {
  /** The node under which the names lie: `nodeOf('inxt')`. */
  readonly suffixNode: string
  /** Addresses. */
  readonly contracts: Readonly<Record<Source, string>>
  /** 32 bits that strangers do not know: they keep the table's hashing from being aimed at. */
  readonly seed?: number
  /** Blocks that can be undone. */
  readonly depthMax?: number
  /** Beyond these, new entries are skipped and counted; a name takes about 230 bytes of memory. */
  readonly namesMax?: number
  readonly edgesMax?: number
  readonly claimsMax?: number
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
  readonly claims: boolean
  /** Places where logs are missing. */
  readonly gaps: number
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
  /** Undefined for a name that was never registered or whose term is over at `now` (ms). */
  lookup(label: string, now: number): NameEntry | undefined
  /** The label of a node; undefined for one that was never registered. */
  labelOf(node: string): string | undefined
  /** Every name ever registered, expired ones too, in the order of their first registration. */
  names(): Iterable<NameEntry>
  nameCount(): number
  /** Edges that have a stake and have not left, by ascending peer key; the same frozen array until one changes. */
  roll(): readonly EdgeEntry[]
  /** Claims by domain, then owner; the same frozen array until one changes. */
  claims(): readonly ClaimEntry[]
  /** The last events that made no sense, oldest first. */
  refused(): readonly RefusedEvent[]
  /** The whole as bytes, in parts that are not copied: to be written before the next change. */
  checkpoint(): Iterable<Uint8Array>
  /** Replaces everything by a checkpoint; Fault `state/broken`, with nothing changed, if it is not one of ours. */
  restore(bytes: Uint8Array): void
  /** An empty registry for the same contracts, which can take this one's place. */
  draft(): Draft
}

export interface Draft extends Registry {
  /** Puts the draft's state into the registry that it was drafted for; the draft is of no use then. */
  install(): Changes
}

const defaults = { seed: 0, depthMax: 64, namesMax: 2_000_000, edgesMax: 100_000, claimsMax: 200_000 }

type Settled = RegistryOptions & typeof defaults

interface State {
  table: Table
  journal: Journal
}

/** Folds one log into the table; undefined for an event that facts do not depend on. */
function foldLog(table: Table, options: Fold, log: Log): Outcome | undefined {
  const source = options.sources.get(log.address)
  if (!source) return { refused: 'foreign', why: `a log of ${log.address}` }
  try {
    const event = decodeEvent(source, log)
    return event && foldEvent(table, options, event)
  } catch (error) {
    if (!isFault(error)) throw error
    const rest = source === 'NameRegistry' ? salvage(log) : undefined
    if (rest) foldSalvage(table, rest)
    return { refused: 'malformed', why: error.message }
  }
}

function foldEvent(table: Table, options: Fold, event: RegistryEvent): Outcome {
  switch (event.event) {
    case 'NameRegistered':
      return foldLabelEvent(table, options.suffixNode, event)
    case 'EdgeRegistered':
    case 'EdgeUnbonding':
    case 'EdgeRemoved':
    case 'EdgeSlashed':
      return foldEdgeEvent(table, event)
    case 'DomainClaimed':
    case 'DomainReleased':
      return foldClaimEvent(table, event)
    default:
      return foldNameEvent(table, event)
  }
}

interface Fold {
  readonly suffixNode: Uint8Array
  readonly sources: ReadonlyMap<string, Source>
}

function foldOf(options: RegistryOptions): Fold {
  const entries = Object.entries(options.contracts) as [Source, string][]
  const sources = new Map(entries.map(([source, address]) => [address.toLowerCase(), source]))
  const suffixNode = fromHex(options.suffixNode)
  assert(suffixNode?.length === 32, `suffix node ${options.suffixNode}`)
  return { suffixNode, sources }
}

/** What a refused log is about, as far as it is known. */
function subjectOf(table: Table, log: Log): string {
  const key = log.topics[1] ?? ''
  const row = /^0x[0-9a-f]{64}$/.test(key) ? table.rows.ofNode(key) : -1
  return (row >= 0 && table.rows.label(row)) || key
}

/** Names that were assigned in this block and have no label at its end: their registration was lost. */
function unlabelled(table: Table, undo: Undo): number {
  let count = 0
  for (let row = undo.rows; row < table.rows.count; row++) if (table.rows.label(row) === '') count++
  return count
}

/** Entries that differ between two tables, either way. */
function differences(before: Table, after: Table): Changes {
  const labels: string[] = []
  for (let row = 0; row < after.rows.count; row++) {
    const label = after.rows.label(row)
    const old = label === '' ? -1 : before.rows.ofLabel(label)
    if (label !== '' && (old < 0 || !before.rows.same(old, after.rows, row))) labels.push(label)
  }
  for (let row = 0; row < before.rows.count; row++) {
    const label = before.rows.label(row)
    if (label !== '' && after.rows.ofLabel(label) < 0) labels.push(label)
  }
  return { labels, edges: true, claims: true, gaps: 0 }
}

function createState(options: Settled): State {
  return { table: new Table(options, options.seed), journal: createJournal(options.depthMax) }
}

/** Folding and undoing, on a state that may be replaced between calls. */
function createFolder(options: Settled, state: State) {
  const fold = foldOf(options)
  const meter = options.meter ?? createMeter()
  const refused = createRefusedList()
  const foldAll = (block: Block): number => {
    const { table } = state
    let gaps = 0
    for (const log of block.logs) {
      const outcome = foldLog(table, fold, log)
      if (!outcome) continue
      if (outcome.gap) gaps++
      meter.count(outcome.refused ? `registry.refused.${outcome.refused}` : 'registry.folded')
      if (!outcome.refused) continue
      const source = fold.sources.get(log.address)
      const event = source ? eventName(source, log) : 'unknown'
      const { refused: refusal, why = '' } = outcome
      refused.add({ block: block.number, event, refusal, of: subjectOf(table, log), why })
    }
    return gaps
  }
  return {
    refused: () => refused.list(),
    apply(block: Block): Changes {
      const { table, journal } = state
      const head = journal.head()
      assert(!head || block.number > head.number, `block ${block.number} on head ${head?.number}`)
      assert(head?.number !== block.number - 1 || block.parentHash === head.hash, `parent of ${block.number}`)
      const found = foldAll(block)
      const undo = table.takeUndo()
      const gaps = found + unlabelled(table, undo)
      if (gaps > 0) meter.count('registry.gap', gaps)
      journal.push({ number: block.number, hash: block.hash }, undo)
      const { length: edges } = undo.edges
      return { labels: table.labelsOf(undo), edges: edges > 0, claims: undo.claims.length > 0, gaps }
    },
    rewindTo(number: number): Changes | undefined {
      const { table, journal } = state
      const undos = journal.rewindTo(number)
      if (!undos) return undefined
      refused.rewindTo(number)
      const labels = new Set<string>()
      for (const undo of undos) {
        for (const label of table.labelsOf(undo)) labels.add(label)
        table.undo(undo)
      }
      const edges = undos.some(undo => undo.edges.length > 0)
      return { labels: [...labels], edges, claims: undos.some(undo => undo.claims.length > 0), gaps: 0 }
    },
  }
}

/** Lists derived from the table, kept until what they come from changes. */
function createReaders(state: State) {
  let all: readonly EdgeEntry[] | undefined
  let roll: readonly EdgeEntry[] = []
  return {
    lookup(label: string, now: number): NameEntry | undefined {
      const { rows } = state.table
      const row = rows.ofLabel(label)
      return row >= 0 && now < rows.expiresAt(row) * 1000 ? rows.entry(row, label) : undefined
    },
    labelOf(node: string): string | undefined {
      const { rows } = state.table
      const row = rows.ofNode(node)
      return row < 0 ? undefined : rows.label(row) || undefined
    },
    *names(): Iterable<NameEntry> {
      const { rows } = state.table
      for (let row = 0; row < rows.count; row++) {
        const label = rows.label(row)
        if (label !== '') yield rows.entry(row, label)
      }
    },
    nameCount: () => state.table.rows.count,
    roll(): readonly EdgeEntry[] {
      const edges = state.table.edges.list()
      if (edges !== all) {
        all = edges
        roll = Object.freeze(edges.filter(edge => edge.withdrawableAt === 0 && edge.stakeWei > 0n))
      }
      return roll
    },
    claims: () => state.table.claims.list(),
  }
}

export function createRegistry(given: RegistryOptions): Registry {
  const options = { ...defaults, ...given }
  return createOn(options, createState(options))
}

function createOn(options: Settled, state: State): Registry {
  return {
    ...createFolder(options, state),
    ...createReaders(state),
    head: () => state.journal.head(),
    known: () => state.journal.known(),
    checkpoint: () => encodeCheckpoint(options, state),
    restore(bytes) {
      const { table, journal } = parseCheckpoint(bytes, options)
      state.table = table
      state.journal = createJournal(options.depthMax, journal)
    },
    draft() {
      const drafted = createState(options)
      const install = (): Changes => {
        const changes = differences(state.table, drafted.table)
        state.table = drafted.table
        state.journal = drafted.journal
        return changes
      }
      return { ...createOn(options, drafted), install }
    },
  }
}
