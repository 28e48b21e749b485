// Which blocks belong to a path and what stands at its end, in the order in which a CAR has them: for those who send
// such a CAR, and for those who check one while it arrives.
//
// The trustless gateway (https://specs.ipfs.tech/http-gateways/trustless-gateway/) sends the blocks that lead along the
// path, then a part of the DAG below: `dag-scope`, `entity-bytes`, depth first, with or without repetitions. `select`
// is that walk as a coroutine without I/O: it yields the CID it needs next and is handed the bytes. A sender answers
// from its store (`exportDag`), a receiver with the next block of the stream (`verifyCarStream`), so both agree on
// every block by construction, and a receiver holds one block at most: what comes is what was wanted, or a Fault.
//
// Identity CIDs never ask for anything: their bytes stand in the name, and the specification keeps them out of CARs.
//
//     const wanted = { root, path: 'a/b.html', scope: 'entity', duplicates: false }
//     for await (const { cid, bytes } of verifyCarStream(wanted, chunks, 64 * mib)) keep(cid, bytes)

import type { CID } from 'multiformats/cid'
import { concatBytes } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import type { Block } from './block.ts'
import { readCar, writeCar } from './car.ts'
import { formatCid, inlineBytes, rawCodec } from './identifier.ts'
import { decodeNode, type Link, type Node } from './node.ts'
import { descend, type GetBlock, type Terminus } from './path.ts'

/** Of the DAG at the end of the path: its first block; all of one file, or of one listing; all. */
export type Scope = 'block' | 'entity' | 'all'

/** First and last byte of a file, both included; negative ones count from its end; `last` undefined is the end. */
export type EntityBytes = { readonly first: number; readonly last: number | undefined }

export type Selection = {
  readonly root: CID
  /** Percent-decoded, segments joined by '/'; '' for the root itself. */
  readonly path: string
  readonly scope: Scope
  /** Makes the scope 'entity'; without meaning for what is no file. */
  readonly bytes?: EntityBytes
  /** Whether a block comes each time that the walk meets it (`dups=y`), or the first time only. */
  readonly duplicates: boolean
  /** How many blocks it may be, 262,144 by default: 64 GiB in chunks of 256 KiB. */
  readonly blocksMax?: number
}

/** Yields the CID that it needs, and some that come after it; is called again with the verified bytes of the first. */
type Walk<Result = void> = Generator<readonly [CID, ...CID[]], Result, Uint8Array>

/** Loaded at once: what a disk or a thread pool has to wait for, it waits for together. */
const windowBlocks = 8
/** As the parent claims; a lie costs eight blocks of 2 MiB. */
const smallBytes = 32 * 1024
/** As much as a socket takes at a time. */
const pieceBytes = 16 * 1024
const blocksMaxDefault = 2 ** 18
/** Links of the nodes above the present one: some 100 MB in memory. */
const linksMax = 2 ** 18
/** As for every walk: 100 folders with a HAMT and a file of 174³ chunks below are far from it. */
const depthMax = 256
/**
 * The walk: returns the terminus once all blocks of the selection were asked for, undefined when the blocks up to
 * there prove that the path leads nowhere. Throws `content/unsupported`, `bytes/malformed` for nodes that are none,
 * `bytes/too-large` past a bound.
 */
export function* select(selection: Selection): Walk<Terminus | undefined> {
  const { scope, bytes, duplicates } = selection
  const budget = budgetOf(selection)
  const terminus = yield* along(selection, budget)
  if (terminus === undefined || (scope === 'block' && bytes === undefined)) return terminus
  const span = bytes && spanOf(terminus.node, bytes)
  if (span === 'outside' || span === 'empty') return terminus
  const isAll = scope === 'all' && bytes === undefined
  const below: Below = { budget, isAll, duplicates, whole: new Set(), parted: new Map() }
  yield* children(below, terminus.node, span, 0)
  return terminus
}

/** The blocks of a selection, some loaded ahead of what is pulled. Throws as `select`, and what `get` throws. */
export async function* exportDag(
  get: GetBlock,
  selection: Selection,
): AsyncGenerator<Block, Terminus | undefined> {
  let loading = new Map<string, Promise<Uint8Array>>()
  return yield* driven(selection, wanted => {
    const next = new Map<string, Promise<Uint8Array>>()
    for (const cid of wanted) {
      const key = formatCid(cid)
      const loaded = loading.get(key) ?? get(cid)
      // A failure of what is never reached is nobody's business; what is reached throws it again.
      loaded.catch(() => {})
      next.set(key, loaded)
    }
    loading = next
    return next.get(formatCid(wanted[0]))!
  })
}

async function* driven(
  selection: Selection,
  load: (wanted: readonly [CID, ...CID[]]) => Promise<Uint8Array>,
): AsyncGenerator<Block, Terminus | undefined> {
  const way = select(selection)
  let step = way.next()
  while (!step.done) {
    const bytes = await load(step.value)
    yield { cid: step.value[0], bytes }
    step = way.next(bytes)
  }
  return step.value
}

/** The same as a CAR whose root is that of the selection. */
export function exportCar(get: GetBlock, selection: Selection): AsyncGenerator<Uint8Array> {
  return together(writeCar([selection.root], exportDag(get, selection)))
}

/** The header at once, since it is the promise of the rest; then ten thousand small blocks in a hundred writes. */
async function* together(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = pieceBytes
  for await (const part of parts) {
    waiting.push(part)
    bytes += part.length
    if (bytes < pieceBytes) continue
    yield waiting.length === 1 ? part : concatBytes(waiting)
    waiting = []
    bytes = 0
  }
  if (waiting.length > 0) yield concatBytes(waiting)
}

/**
 * The blocks of a CAR in the order `dfs`, verified, when they are exactly those of the selection; the stream must be
 * pulled to its end to be known complete. Ends as `select` does. Throws `content/missing` for a stream that ends too
 * soon, `content/mismatch` for a block that was not wanted or is not what it is called, and as `readCar` and `select`.
 */
export async function* verifyCarStream(
  selection: Selection,
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Block, Terminus | undefined> {
  const blocksMax = selection.blocksMax ?? blocksMaxDefault
  const { blocks } = await readCar(chunks, { blocksMax, bytesMax })
  const next = async ([wanted]: readonly [CID, ...CID[]]): Promise<Uint8Array> => {
    const got = await blocks.next()
    if (got.done) throw new Fault('content/missing', `a CAR that ends before ${formatCid(wanted)}`)
    if (!got.value.cid.equals(wanted)) {
      const instead = `${formatCid(got.value.cid)} where ${formatCid(wanted)} comes next`
      throw new Fault('content/mismatch', `a CAR with ${instead}`)
    }
    return got.value.bytes
  }
  try {
    const terminus = yield* driven(selection, next)
    if (!(await blocks.next()).done) throw new Fault('content/mismatch', 'a CAR with more than was asked for')
    return terminus
  } finally {
    await blocks.return(undefined)
  }
}

/** What to ask a gateway for, such as `/ipfs/bafy…/a/b.html?format=car&dag-scope=entity…`. */
export function carTarget({ root, path, scope, bytes, duplicates }: Selection): string {
  const segments = [formatCid(root), ...path.split('/').filter(segment => segment !== '')]
  const range = bytes && `&entity-bytes=${bytes.first}:${bytes.last ?? '*'}`
  const shape = `dag-scope=${bytes ? 'entity' : scope}${range ?? ''}&car-order=dfs&car-dups=${duplicates ? 'y' : 'n'}`
  return `/ipfs/${segments.map(encodeURIComponent).join('/')}?format=car&${shape}`
}

/** The Accept field beside it, and the Content-Type of an answer that `verifyCarStream` can read. */
export function carType(duplicates: boolean): string {
  return `application/vnd.ipld.car; version=1; order=dfs; dups=${duplicates ? 'y' : 'n'}`
}

/** Where in a file the bytes lie; undefined for what is no file. Empty when they end before they begin. */
export function spanOf(node: Node, { first, last }: EntityBytes): Span | 'outside' | 'empty' | undefined {
  if (node.kind !== 'file') return undefined
  const size = node.sizeBytes
  const start = first < 0 ? Math.max(0, size + first) : first
  const end = last === undefined ? size : Math.min(size, (last < 0 ? size + last : last) + 1)
  if (size > 0 && (start >= size || end <= 0)) return 'outside'
  return start < end ? { start, end } : 'empty'
}

/** Bytes [start, end), counted from the beginning of a node's own. */
type Span = { readonly start: number; readonly end: number }

type Budget = { blocks: number; links: number }

type Below = {
  readonly budget: Budget
  readonly isAll: boolean
  readonly duplicates: boolean
  /** Without duplicates: nodes that were sent with all that is wanted below them. */
  readonly whole: Set<string>
  /** And those of which a part was: at most two a level, at the ends of a range. */
  readonly parted: Map<string, Node>
}

type Part = Pick<Link, 'cid' | 'totalBytes'> & {
  readonly span: Span | undefined
  readonly sizeBytes: number | undefined
}

function budgetOf({ blocksMax = blocksMaxDefault }: Pick<Selection, 'blocksMax'>): Budget {
  return { blocks: blocksMax, links: linksMax }
}

function count(budget: Budget): void {
  if (--budget.blocks < 0) throw new Fault('bytes/too-large', 'a CAR of too many blocks')
}

function* open(budget: Budget, cid: CID, after: readonly CID[]): Walk<Node> {
  const inline = inlineBytes(cid)
  if (inline === undefined) count(budget)
  return decodeNode(cid, inline ?? (yield [cid, ...after]))
}

/** What leads along the path, each block counted. */
function* along({ root, path }: Selection, budget: Budget): Walk<Terminus | undefined> {
  const way = descend(root, path)
  let step = way.next()
  while (!step.done) {
    count(budget)
    step = way.next(yield [step.value[0]])
  }
  return step.value
}

function* children(below: Below, node: Node, span: Span | undefined, depth: number): Walk {
  const parts = partsOf(below, node, span)
  if (parts.length === 0) return
  if (depth >= depthMax) throw new Fault('bytes/too-large', `a DAG deeper than ${depthMax} levels`)
  below.budget.links -= parts.length
  if (below.budget.links < 0) throw new Fault('bytes/too-large', `more than ${linksMax} links at once`)
  for (const [i, part] of parts.entries()) yield* visit(below, part, leavesAfter(parts, i), node, depth)
  below.budget.links += parts.length
}

/** Small leaves only: below a node other blocks come before its siblings, and large blocks need no company. */
function leavesAfter(parts: readonly Part[], i: number): readonly CID[] {
  const next = parts.slice(i + 1, i + windowBlocks)
  const other = next.findIndex(({ cid, totalBytes }) => cid.code !== rawCodec || totalBytes > smallBytes)
  return (other === -1 ? next : next.slice(0, other)).map(({ cid }) => cid)
}

function* visit(
  below: Below,
  { cid, span, sizeBytes }: Part,
  after: readonly CID[],
  parent: Node,
  depth: number,
): Walk {
  const key = formatCid(cid)
  if (below.whole.has(key)) return
  const node = below.parted.get(key) ?? (yield* open(below.budget, cid, after))
  if (!below.duplicates) {
    if (span === undefined) below.whole.add(key)
    else below.parted.set(key, node)
  }
  if (!below.isAll && node.kind !== parent.kind) {
    throw new Fault('bytes/malformed', `a ${parent.kind} with a part that is none`)
  }
  if (sizeBytes !== undefined && node.kind === 'file' && node.sizeBytes !== sizeBytes) {
    throw new Fault('bytes/malformed', `a part of ${node.sizeBytes} bytes where ${sizeBytes} were announced`)
  }
  yield* children(below, node, span, depth + 1)
}

/** What of a node's links is wanted: all, those of a listing, or those of a file that a range meets. */
function partsOf({ isAll }: Below, node: Node, span: Span | undefined): Part[] {
  const whole = ({ cid, totalBytes }: Link): Part => ({
    cid,
    totalBytes,
    span: undefined,
    sizeBytes: undefined,
  })
  if (isAll || (node.kind === 'file' && span === undefined)) return node.links.map(whole)
  if (node.kind === 'shard') return node.links.filter(({ name }) => name.length === 2).map(whole)
  return node.kind === 'file' ? partsWithin(node, span!) : []
}

function partsWithin(node: Extract<Node, { kind: 'file' }>, { start, end }: Span): Part[] {
  const parts: Part[] = []
  let offset = node.data.length
  for (const [i, { cid, totalBytes }] of node.links.entries()) {
    const sizeBytes = node.blockSizes[i]!
    const [from, to] = [Math.max(0, start - offset), Math.min(sizeBytes, end - offset)]
    const isWhole = from === 0 && to === sizeBytes
    if (from < to)
      parts.push({ cid, totalBytes, span: isWhole ? undefined : { start: from, end: to }, sizeBytes })
    offset += sizeBytes
  }
  return parts
}
