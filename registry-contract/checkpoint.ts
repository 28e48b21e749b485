// The registry as bytes, to keep on disk, and the strict way back.
//
// A frame of fixed length, then what is small as JSON (edges, claims, the journal, hashes of an uncommon form),
// then the rows and the tails of labels as they lie in memory: a million names are 190 MB, read and indexed in half a
// second. SHA-256 of everything before it ends the file, so that a file that is cut off, mixed or worn is
// refused; and every field is checked for its form all the same, because a file is input like any other. That
// the node of each name is that of its label is not computed again: who can write a right checksum can write
// a right hash. What is refused is rebuilt from the chain, so nothing is ever repaired here.

import { createHash, type Hash } from 'node:crypto'
import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { Claim, claimKey, domainHash } from './claim.ts'
import { hashFlaw } from './contenthash.ts'
import { rowWords } from './entry.ts'
import type { BlockRef, Journal, PlainJournal } from './journal.ts'
import type { RowImage } from './rows.ts'
import { type EdgeEntry, Table, type Undo } from './table.ts'

interface Expected {
  readonly suffixNode: string
  readonly contracts: Readonly<Record<string, string>>
  readonly seed: number
  readonly depthMax: number
  readonly namesMax: number
  readonly edgesMax: number
  readonly claimsMax: number
}

/** Rows are written as the machine keeps them, so the magic number is, too: another byte order is another number. */
const magic = 0x494e5854
const version = 2
/** Magic number, version, bytes of JSON, rows, bytes of labels, and three words for what may come. */
const frameWords = 8
const frameBytes = 4 * frameWords
const sumBytes = 32
const rowBytes = 4 * rowWords
/** As much is hashed or handed on at a time. */
const partBytes = 1 << 20

type Plain = Record<string, unknown>

function broken(what: string): never {
  throw new Fault('state/broken', `The checkpoint cannot be used: ${what}.`)
}

function* inParts(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}

function plainImage([row, { words, beside }]: readonly [number, RowImage]): unknown {
  return [
    row,
    toHex(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)),
    ...beside.map(one => one ?? null),
  ]
}

function plainUndo(undo: Undo): unknown {
  return { ...undo, images: undo.images.map(plainImage) }
}

/** Bigints as text; only stakes are. */
function plainText(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one))
}

/** In parts of at most a megabyte or so, the checksum last. */
export function* encodeCheckpoint(
  { suffixNode, contracts }: Pick<Expected, 'suffixNode' | 'contracts'>,
  { table, journal }: { readonly table: Table; readonly journal: Journal },
): Iterable<Uint8Array> {
  const { floor, entries } = journal.plain()
  const json = utf8(
    plainText({
      suffixNode,
      contracts,
      edges: table.edges.list(),
      claims: table.claims.list(),
      beside: [...table.rows.besideParts()],
      journal: { floor, entries: entries.map(({ block, undo }) => ({ block, undo: plainUndo(undo) })) },
    }),
  )
  const frame = new Uint32Array(frameWords)
  frame.set([magic, version, json.length, table.rows.count, table.rows.labelEnd])
  const sum = createHash('sha256')
  function* summed(parts: Iterable<Uint8Array>): Iterable<Uint8Array> {
    for (const part of parts) {
      sum.update(part)
      yield part
    }
  }
  yield* summed([new Uint8Array(frame.buffer)])
  yield* summed(inParts(json))
  yield* summed(table.rows.rowParts())
  yield* summed(table.rows.tailParts())
  yield new Uint8Array(sum.digest())
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

function text(value: unknown, pattern: RegExp, what: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : broken(`${what} does not have its form`)
}

function parseBlock(value: unknown): BlockRef {
  const block = record(value, 'a block')
  return {
    number: integer(block.number, 0, Number.MAX_SAFE_INTEGER, 'block number'),
    hash: hex(block.hash, 32, 'block hash'),
  }
}

const ipv4Form = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$|^$/
const ipv6Form = /^[0-9a-f:]{0,39}$/

function parseEdge(value: unknown): EdgeEntry {
  const edge = record(value, 'an edge')
  return {
    peerKey: hex(edge.peerKey, 32, 'peerKey'),
    owner: hex(edge.owner, 20, 'owner'),
    operatorKey: hex(edge.operatorKey, 20, 'operatorKey'),
    address: text(edge.address, ipv4Form, 'an address'),
    ipv6: text(edge.ipv6, ipv6Form, 'an IPv6 address'),
    dnsPort: integer(edge.dnsPort, 1, 65_535, 'dnsPort'),
    httpPort: integer(edge.httpPort, 1, 65_535, 'httpPort'),
    httpsPort: integer(edge.httpsPort, 0, 65_535, 'httpsPort'),
    overlayPort: integer(edge.overlayPort, 1, 65_535, 'overlayPort'),
    stakeWei: BigInt(text(edge.stakeWei, /^\d{1,29}$/, 'a stake')),
    withdrawableAt: integer(edge.withdrawableAt, 0, Number.MAX_SAFE_INTEGER, 'withdrawableAt'),
  }
}

function parseClaim(value: unknown): Claim {
  const claim = record(value, 'a claim')
  const name = text(claim.name, /^[a-z0-9.-]{1,253}$/, 'the name of a domain')
  if (domainHash(name) === undefined) broken('the name of a domain is none')
  return new Claim({
    name,
    owner: hex(claim.owner, 20, 'the owner of a claim'),
    site: hex(claim.site, 32, 'the site of a claim'),
  })
}

function parseHash(value: unknown): string {
  const hash = text(value, /^0x(?:[0-9a-f]{2}){1,128}$/, 'a hash')
  return hashFlaw(hash) === undefined ? hash : broken('a hash is not one')
}

function parseBeside(value: unknown): string | undefined {
  return value === null ? undefined : parseHash(value)
}

function parseImage(value: unknown, rows: number): readonly [number, RowImage] {
  const [row, words, content, zone, ...rest] = list(value, 4, 'an image')
  if (rest.length > 0) broken('an image has too many parts')
  const bytes = fromHex(hex(`0x${words}`, rowBytes, 'an image'))!
  const image = {
    words: new Int32Array(bytes.buffer),
    beside: [parseBeside(content), parseBeside(zone)] as const,
  }
  return [integer(row, 0, rows - 1, 'a row'), image]
}

function parsePairs<T>(value: unknown, max: number, key: (v: unknown) => string, entry: (v: unknown) => T) {
  return list(value, max, 'an undo list').map(pair => {
    const [name, before] = list(pair, 2, 'an undo')
    return [key(name), before === null ? null : entry(before)] as const
  })
}

function parseUndo(value: unknown, rows: number, labelEnd: number, expected: Expected): Undo {
  const undo = record(value, 'an undo')
  const before = integer(undo.rows, 0, rows, 'rows before a block')
  return {
    rows: before,
    labelEnd: integer(undo.labelEnd, 0, labelEnd, 'labels before a block'),
    images: list(undo.images, before, 'images').map(image => parseImage(image, before)),
    edges: parsePairs(undo.edges, 4 * expected.edgesMax, key => hex(key, 32, 'an edge'), parseEdge),
    claims: parsePairs(undo.claims, 4 * expected.claimsMax, key => hex(key, 52, 'a claim'), parseClaim),
  }
}

function parseJournal(value: unknown, table: Table, expected: Expected): PlainJournal {
  const plain = record(value, 'the journal')
  const floor = plain.floor === null ? null : parseBlock(plain.floor)
  let { count, labelEnd } = table.rows
  // From the newest back: no block can have begun with more than the one after it.
  const entries = list(plain.entries, expected.depthMax, 'the journal')
    .toReversed()
    .map(value => {
      const entry = record(value, 'a journal entry')
      const undo = parseUndo(entry.undo, count, labelEnd, expected)
      count = undo.rows
      labelEnd = undo.labelEnd
      return { block: parseBlock(entry.block), undo }
    })
  entries.reverse()
  const numbers = [floor?.number ?? -1, ...entries.map(entry => entry.block.number)]
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!)) broken('its blocks do not rise')
  return { floor, entries }
}

/** The parts of a file whose lengths and checksum are right. */
function parseFrame(
  bytes: Uint8Array,
  expected: Expected,
): { json: Plain; rows: Uint8Array; labels: Uint8Array } {
  if (bytes.length < frameBytes + sumBytes) broken('it is cut off')
  const frame = new Uint32Array(new Uint8Array(bytes.subarray(0, frameBytes)).buffer)
  const [number, itsVersion, jsonBytes, rows, labelBytes] = frame
  if (number !== magic || itsVersion !== version) broken(`it is not of version ${version}`)
  const rowsAt = frameBytes + jsonBytes!
  const labelsAt = rowsAt + rows! * rowBytes
  const sumAt = labelsAt + labelBytes!
  if (sumAt + sumBytes !== bytes.length) broken('its length is not that of its parts')
  if (rows! > expected.namesMax) broken('it has too many names')
  let sum: Hash = createHash('sha256')
  for (const part of inParts(bytes.subarray(0, sumAt))) sum = sum.update(part)
  if (!equalBytes(sum.digest(), bytes.subarray(sumAt))) broken('its checksum is wrong')
  return {
    json: parseJson(bytes.subarray(frameBytes, rowsAt)),
    rows: bytes.subarray(rowsAt, labelsAt),
    labels: bytes.subarray(labelsAt, sumAt),
  }
}

function parseJson(bytes: Uint8Array): Plain {
  const source = fromUtf8(bytes) ?? broken('its text is not UTF-8')
  try {
    return record(JSON.parse(source), 'its text')
  } catch (cause) {
    if (isFault(cause)) throw cause
    return broken('its text is not JSON')
  }
}

/** Fault `state/broken` for anything but a checkpoint of the expected contracts. */
export function parseCheckpoint(
  bytes: Uint8Array,
  expected: Expected,
): { table: Table; journal: PlainJournal } {
  const { json, rows, labels } = parseFrame(bytes, expected)
  const same = JSON.stringify(json.contracts) === JSON.stringify(expected.contracts)
  if (!same || json.suffixNode !== expected.suffixNode) broken('it was made for other contracts')
  const table = new Table(expected, expected.seed)
  const beside = list(json.beside, 2 * expected.namesMax, 'hashes').map(pair => {
    const [key, hash] = list(pair, 2, 'a hash')
    return [integer(key, 0, 2 * expected.namesMax, 'a row'), parseHash(hash)] as const
  })
  const flaw = table.rows.load(rows, labels, beside)
  if (flaw) broken(flaw)
  for (const edge of list(json.edges, expected.edgesMax, 'edges').map(parseEdge)) {
    if (table.edges.get(edge.peerKey)) broken('an edge appears twice')
    table.edges.set(edge.peerKey, edge)
  }
  for (const claim of list(json.claims, expected.claimsMax, 'claims').map(parseClaim)) {
    const key = claimKey(claim.domain, claim.owner)
    if (table.claims.get(key)) broken('a claim appears twice')
    table.claims.set(key, claim)
  }
  table.takeUndo()
  const journal = parseJournal(json.journal, table, expected)
  for (const [row, image] of journal.entries.flatMap(entry => entry.undo.images)) {
    if (!table.rows.fits(row, image)) broken('an image is of another row')
  }
  return { table, journal }
}
