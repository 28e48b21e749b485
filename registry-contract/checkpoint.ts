// The registry as plain data, to keep on disk, and the strict way back.
//
// A checkpoint is believed only if every field has its form and it was made for the same contracts: a file is
// input like any other. What is refused is rebuilt from the chain, so nothing is ever repaired here.

import { Fault } from '../base/fault.ts'
import type { BlockRef, PlainJournal } from './journal.ts'
import { childNode, isLabel } from './label.ts'
import type { EdgeEntry, NameEntry, Undo } from './table.ts'

export interface Checkpoint {
  readonly version: 1
  readonly suffixNode: string
  readonly nameRegistry: string
  readonly edgeRegistry: string
  readonly names: readonly NameEntry[]
  readonly edges: readonly EdgeEntry[]
  readonly journal: PlainJournal
}

interface Expected {
  readonly suffixNode: string
  readonly nameRegistry: string
  readonly edgeRegistry: string
  readonly depthMax: number
  readonly namesMax: number
  readonly edgesMax: number
}

type Plain = Record<string, unknown>

function broken(what: string): never {
  throw new Fault('state/broken', `The checkpoint cannot be used: ${what}.`)
}

function record(value: unknown, what: string): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) broken(`${what} is not an object`)
  return value as Plain
}

function list(value: unknown, lengthMax: number, what: string): unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) broken(`${what} is not a list within its bound`)
  return value
}

function hex(value: unknown, bytes: number, what: string): string {
  const fits = typeof value === 'string' && value.length === 2 + bytes * 2 && /^0x[0-9a-f]*$/.test(value)
  return fits ? value : broken(`${what} is not ${bytes} bytes`)
}

function integer(value: unknown, min: number, max: number, what: string): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
  return fits ? (value as number) : broken(`${what} is not a number within its bounds`)
}

function parseBlock(value: unknown): BlockRef {
  const block = record(value, 'a block')
  return {
    number: integer(block.number, 0, Number.MAX_SAFE_INTEGER, 'block number'),
    hash: hex(block.hash, 32, 'block hash'),
  }
}

function parseName(value: unknown, suffixNode: string): NameEntry {
  const { label, node, contenthash, ...rest } = record(value, 'a name')
  if (typeof label !== 'string' || !isLabel(label)) broken('a label breaks the rule')
  if (node !== childNode(suffixNode, label)) broken('a node is not that of its label')
  if (typeof contenthash !== 'string' || !/^0x([0-9a-f]{2}){0,128}$/.test(contenthash)) {
    broken('a content hash is not one')
  }
  return {
    label,
    node,
    owner: hex(rest.owner, 20, 'owner'),
    expiresAt: integer(rest.expiresAt, 0, Number.MAX_SAFE_INTEGER, 'expiresAt'),
    sequence: integer(rest.sequence, 1, Number.MAX_SAFE_INTEGER, 'sequence'),
    contenthash,
  }
}

function isDotted(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return false
  return text.split('.').every(part => Number(part) <= 255 && String(Number(part)) === part)
}

function parseEdge(value: unknown): EdgeEntry {
  const edge = record(value, 'an edge')
  const { address } = edge
  if (!isDotted(address)) broken('an address is not IPv4')
  return {
    peerKey: hex(edge.peerKey, 32, 'peerKey'),
    owner: hex(edge.owner, 20, 'owner'),
    address,
    dnsPort: integer(edge.dnsPort, 1, 65_535, 'dnsPort'),
    httpPort: integer(edge.httpPort, 1, 65_535, 'httpPort'),
    overlayPort: integer(edge.overlayPort, 1, 65_535, 'overlayPort'),
  }
}

function parseUndo(value: unknown, suffixNode: string): Undo {
  const { of, key, before } = record(value, 'an undo')
  if (of === 'name') {
    if (typeof key !== 'string' || !isLabel(key)) broken('an undo has a bad label')
    const entry = before === null ? null : parseName(before, suffixNode)
    if (entry && entry.label !== key) broken('an undo is of another name')
    return { of, key, before: entry }
  }
  if (of !== 'edge') broken('an undo is of neither table')
  const entry = before === null ? null : parseEdge(before)
  const peerKey = hex(key, 32, 'an undo key')
  if (entry && entry.peerKey !== peerKey) broken('an undo is of another edge')
  return { of, key: peerKey, before: entry }
}

function parseJournal(value: unknown, expected: Expected): PlainJournal {
  const plain = record(value, 'the journal')
  const undosMax = expected.namesMax + expected.edgesMax
  const floor = plain.floor === null ? null : parseBlock(plain.floor)
  const entries = list(plain.entries, expected.depthMax, 'the journal').map(value => {
    const entry = record(value, 'a journal entry')
    const undo = list(entry.undo, undosMax, 'an undo list')
    return { block: parseBlock(entry.block), undo: undo.map(one => parseUndo(one, expected.suffixNode)) }
  })
  const numbers = [floor?.number ?? -1, ...entries.map(entry => entry.block.number)]
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!)) broken('its blocks do not rise')
  return { floor, entries }
}

function distinct<T>(items: T[], key: (item: T) => string, what: string): T[] {
  if (new Set(items.map(key)).size !== items.length) broken(`${what} appear twice`)
  return items
}

/** Fault `state/broken` for anything but a checkpoint of the expected contracts. */
export function parseCheckpoint(data: unknown, expected: Expected): Checkpoint {
  const plain = record(data, 'it')
  const { suffixNode, nameRegistry, edgeRegistry } = expected
  if (plain.version !== 1) broken('its version is not 1')
  const same = [
    plain.suffixNode === suffixNode,
    plain.nameRegistry === nameRegistry,
    plain.edgeRegistry === edgeRegistry,
  ]
  if (same.includes(false)) broken('it was made for other contracts')
  const names = list(plain.names, expected.namesMax, 'names').map(name => parseName(name, suffixNode))
  const edges = list(plain.edges, expected.edgesMax, 'edges').map(parseEdge)
  return {
    version: 1,
    suffixNode,
    nameRegistry,
    edgeRegistry,
    names: distinct(names, name => name.label, 'names'),
    edges: distinct(edges, edge => edge.peerKey, 'edges'),
    journal: parseJournal(plain.journal, expected),
  }
}
