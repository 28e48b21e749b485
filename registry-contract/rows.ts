// The names as rows of 192 bytes: a million of them in 230 MB, found by node or by label in two steps.
//
// A row is three cache lines of 32-bit words. First what a look-up by label needs: expiry (0–1), sequence (2–3),
// where the tail of a long label lies (4), length of the label and kinds of the hashes (5), the first 32
// characters of the label (6–13); then owner (14–18), delegate (19–23) and node (24–31); then the digests of
// content (32–39) and zone (40–47). Both hashes nearly always have a common form, so only the digest is kept and a
// kind; what has another form lies beside, as text. Rows are never moved and only the last ones are ever taken
// away (by undoing their registration), so a row's number is its address. Rejected: an object a name in a Map,
// 1 KB each and seconds of garbage collection; columns, which touch ten cache lines where a row touches three.

import { assert } from '../base/fault.ts'
import { commonKind, commonPrefixes } from './contenthash.ts'
import { at, type Beside, joinNumber, kindIn, kinds, NameEntry, rowWords } from './entry.ts'
import { isLabel } from './label.ts'
import { inlineLength, LabelWords, labelLengthMax, labelWords } from './label-words.ts'
import { hashNode } from './mixing.ts'
import { createSlots } from './slots.ts'
import { Tails, tailBlockBytes } from './tails.ts'

/** What an event changes in a row; hexadecimal text with 0x, in lower case. */
export interface RowChange {
  readonly owner?: string
  readonly delegate?: string
  /** Seconds since the epoch. */
  readonly expiresAt?: number
  readonly sequence: number
  readonly contenthash?: string
  readonly zonehash?: string
}

/** A row as it was, to be put back. */
export interface RowImage {
  readonly words: Int32Array
  readonly beside: Beside
}

/** Expiry and sequence have 48 bits in a row; the contract has 40 and 48. */
export const numberMax = 2 ** 48 - 1
/** 4,096 rows a block: 768 KiB, small enough to waste, large enough to be few. */
const blockRows = 4096
const blockWords = blockRows * rowWords

function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87
}

/** Writes digits (two a byte, the first byte lowest) into whole words. */
function writeHex(words: Int32Array, from: number, count: number, text: string, start: number): void {
  for (let i = 0, digit = start; i < count; i++) {
    let word = 0
    for (let shift = 0; shift < 32; shift += 8, digit += 2) {
      word |= ((nibble(text.charCodeAt(digit)) << 4) | nibble(text.charCodeAt(digit + 1))) << shift
    }
    words[from + i] = word
  }
}

export class Rows {
  readonly #seed: number
  readonly #blocks: Int32Array[] = []
  readonly #tails = new Tails()
  readonly #beside = new Map<number, string>()
  readonly #wanted = new Int32Array(8)
  readonly #packed = new LabelWords()
  readonly #byNode = createSlots()
  readonly #byLabel = createSlots()
  readonly #isWanted = (row: number): boolean => {
    const words = this.#block(row)
    const from = this.#from(row)
    for (let i = 0; i < 8; i++) if (words[from + at.node + i] !== this.#wanted[i]) return false
    return true
  }
  #count = 0
  #lastNode = ''
  #lastRow = -1

  /** `seed`: 32 bits that strangers do not know, so that they cannot choose labels that collide. */
  constructor(seed: number) {
    this.#seed = seed | 0
  }

  get count(): number {
    return this.#count
  }

  /** End of the labels' tails, for `cut`. */
  get labelEnd(): number {
    return this.#tails.end
  }

  /** -1 when there is none. `node` is 0x and 64 lower-case digits. */
  ofNode(node: string): number {
    // The events of one registration come one behind the other.
    if (node === this.#lastNode) return this.#lastRow
    writeHex(this.#wanted, 0, 8, node, 2)
    return this.#byNode.find(hashNode(this.#wanted, 0, this.#seed), this.#isWanted)
  }

  /** -1 when there is none. */
  ofLabel(label: string): number {
    if (!this.#packed.pack(label)) return -1
    return this.#byLabel.find(this.#packed.hash(this.#seed), row => {
      const words = this.#block(row)
      const from = this.#from(row)
      if ((words[from + at.kinds]! & 0xff) !== label.length) return false
      if (!this.#packed.standAt(words, from + at.label)) return false
      return label.length <= inlineLength || label.slice(inlineLength) === this.#tail(row, label.length)
    })
  }

  /** A row without label and facts, all zero; the node must be new. */
  add(node: string): number {
    const row = this.#count++
    if (row % blockRows === 0 && row / blockRows === this.#blocks.length) {
      this.#blocks.push(new Int32Array(blockWords))
    }
    const words = this.#block(row)
    const from = this.#from(row)
    writeHex(words, from + at.node, 8, node, 2)
    this.#byNode.add(hashNode(words, from + at.node, this.#seed), row)
    this.#lastNode = node
    this.#lastRow = row
    return row
  }

  /** Gives a row its label, once. */
  setLabel(row: number, label: string): void {
    const words = this.#block(row)
    const from = this.#from(row)
    assert((words[from + at.kinds]! & 0xff) === 0 && this.#packed.pack(label), 'a label is set once')
    words.set(this.#packed.words, from + at.label)
    if (label.length > inlineLength) words[from + at.tail] = this.#tails.add(label.slice(inlineLength))
    words[from + at.kinds]! |= label.length
    this.#byLabel.add(this.#packed.hash(this.#seed), row)
  }

  write(row: number, change: RowChange): void {
    const words = this.#block(row)
    const from = this.#from(row)
    if (change.owner !== undefined) writeHex(words, from + at.owner, 5, change.owner, 2)
    if (change.delegate !== undefined) writeHex(words, from + at.delegate, 5, change.delegate, 2)
    if (change.expiresAt !== undefined) this.#setNumber(row, at.expiresAt, change.expiresAt)
    this.#setNumber(row, at.sequence, change.sequence)
    if (change.contenthash !== undefined) this.#setHash(row, 0, change.contenthash)
    if (change.zonehash !== undefined) this.#setHash(row, 1, change.zonehash)
  }

  /** Empty for a row without label. */
  label(row: number): string {
    const words = this.#block(row)
    const from = this.#from(row)
    const length = words[from + at.kinds]! & 0xff
    let text = ''
    for (let i = 0; i < Math.min(length, inlineLength); i++) {
      text += String.fromCharCode((words[from + at.label + (i >> 2)]! >>> (8 * (i & 3))) & 0xff)
    }
    return length > inlineLength ? text + this.#tail(row, length) : text
  }

  sequence(row: number): number {
    return this.#number(row, at.sequence)
  }

  /** Seconds since the epoch. */
  expiresAt(row: number): number {
    return this.#number(row, at.expiresAt)
  }

  /** `label` is that of the row, which whoever looked it up has at hand. */
  entry(row: number, label = this.label(row)): NameEntry {
    const words = this.#block(row)
    const from = this.#from(row)
    const picture = new Array<number>(rowWords)
    for (let i = 0; i < rowWords; i++) picture[i] = words[from + i]!
    return new NameEntry(label, picture, this.#besideOf(row))
  }

  /** Whether a row of another table has the same name with the same facts. */
  same(row: number, others: Rows, other: number): boolean {
    const [words, from] = [this.#block(row), this.#from(row)]
    const [theirs, start] = [others.#block(other), others.#from(other)]
    for (let i = 0; i < rowWords; i++) {
      // Where a tail lies differs from table to table.
      if (i !== at.tail && words[from + i] !== theirs[start + i]) return false
    }
    const [mine, given] = [this.#besideOf(row), others.#besideOf(other)]
    return mine[0] === given[0] && mine[1] === given[1]
  }

  image(row: number): RowImage {
    const from = this.#from(row)
    return { words: this.#block(row).slice(from, from + rowWords), beside: this.#besideOf(row) }
  }

  /** Whether an image that was read from outside can be of this row: a node never changes, a label is set once. */
  fits(row: number, { words: image }: RowImage): boolean {
    const words = this.#block(row)
    const from = this.#from(row)
    for (let i = 0; i < 8; i++) if (words[from + at.node + i] !== image[at.node + i]) return false
    const [now, then] = [words[from + at.kinds]!, image[at.kinds]!]
    if (kindIn(then, 0) > kinds.beside || kindIn(then, 1) > kinds.beside || then >>> 24) return false
    if ((then & 0xff) === 0) return true
    for (let i = 0; i < labelWords; i++) {
      if (words[from + at.label + i] !== image[at.label + i]) return false
    }
    return (then & 0xff) === (now & 0xff) && image[at.tail] === words[from + at.tail]
  }

  /** Undoes all that happened to a row since its image was taken. */
  putBack(row: number, image: RowImage): void {
    this.#unlabel(row)
    this.#block(row).set(image.words, this.#from(row))
    this.#setBeside(row, 0, image.beside[0])
    this.#setBeside(row, 1, image.beside[1])
    const label = this.label(row)
    if (this.#packed.pack(label)) this.#byLabel.add(this.#packed.hash(this.#seed), row)
  }

  /** Takes away the rows from `count` on and the tails of labels from `labelEnd` on. */
  cut(count: number, labelEnd: number): void {
    this.#lastNode = ''
    while (this.#count > count) {
      const row = --this.#count
      this.#unlabel(row)
      this.#byNode.remove(hashNode(this.#block(row), this.#from(row) + at.node, this.#seed), row)
      this.#setBeside(row, 0, undefined)
      this.#setBeside(row, 1, undefined)
      this.#block(row).fill(0, this.#from(row), this.#from(row) + rowWords)
    }
    this.#tails.cut(labelEnd)
  }

  /** Rows and tails of labels as bytes, and what lies beside; not copied, so to be used before the next change. */
  *rowParts(): Iterable<Uint8Array> {
    for (let row = 0; row < this.#count; row += blockRows) {
      const count = Math.min(blockRows, this.#count - row)
      const { buffer } = this.#block(row)
      yield new Uint8Array(buffer, 0, count * rowWords * 4)
    }
  }

  tailParts(): Iterable<Uint8Array> {
    return this.#tails.parts()
  }

  besideParts(): Iterable<[key: number, hash: string]> {
    return this.#beside
  }

  /**
   * The inverse of the three, into rows that are empty. Returns what is wrong with them, if anything: then the
   * rows are of no use.
   */
  load(rows: Uint8Array, tails: Uint8Array, beside: Iterable<readonly [number, string]>): string | undefined {
    this.#tails.load(tails)
    for (const [key, hash] of beside) this.#beside.set(key, hash)
    const count = rows.length / (4 * rowWords)
    while (this.#count < count) {
      const block = new Int32Array(blockWords)
      this.#blocks.push(block)
      const first = this.#count * rowWords * 4
      const bytes = rows.subarray(first, first + block.byteLength)
      new Uint8Array(block.buffer).set(bytes)
      const end = this.#count + bytes.length / (4 * rowWords)
      while (this.#count < end) {
        const flaw = this.#enter(this.#count++)
        if (flaw) return flaw
      }
    }
    return undefined
  }

  /** Puts a row that was read from outside into the indices, unless it cannot be one. */
  #enter(row: number): string | undefined {
    const words = this.#block(row)
    const from = this.#from(row)
    const hash = hashNode(words, from + at.node, this.#seed)
    for (let i = 0; i < 8; i++) this.#wanted[i] = words[from + at.node + i]!
    if (this.#byNode.find(hash, this.#isWanted) >= 0) return 'a node appears twice'
    this.#byNode.add(hash, row)
    const word = words[from + at.kinds]!
    if (kindIn(word, 0) > kinds.beside || kindIn(word, 1) > kinds.beside || word >>> 24) {
      return 'a row has an unknown kind'
    }
    if (words[from + at.expiresAt + 1]! >>> 16 || words[from + at.sequence + 1]! >>> 16) {
      return 'a number of a row is too large'
    }
    return (word & 0xff) === 0 ? undefined : this.#enterLabel(row, words[from + at.tail]! >>> 0, word & 0xff)
  }

  #enterLabel(row: number, start: number, length: number): string | undefined {
    const end = start + Math.max(0, length - inlineLength)
    const crosses = end > start && (start % tailBlockBytes) + end - start > tailBlockBytes
    if (length > labelLengthMax || (end > start && end > this.#tails.end) || crosses) {
      return 'a label lies outside'
    }
    const label = this.label(row)
    if (!isLabel(label)) return 'a label breaks the rule'
    if (this.ofLabel(label) >= 0) return 'a label appears twice'
    if (!this.#packed.standAt(this.#block(row), this.#from(row) + at.label))
      return 'a label is not padded with zeros'
    this.#byLabel.add(this.#packed.hash(this.#seed), row)
    return undefined
  }

  #block(row: number): Int32Array {
    return this.#blocks[Math.floor(row / blockRows)]!
  }

  #from(row: number): number {
    return (row % blockRows) * rowWords
  }

  #number(row: number, word: number): number {
    const words = this.#block(row)
    const from = this.#from(row) + word
    return joinNumber(words[from]!, words[from + 1]!)
  }

  #setNumber(row: number, word: number, value: number): void {
    const words = this.#block(row)
    const from = this.#from(row) + word
    words[from] = value
    words[from + 1] = value / 2 ** 32
  }

  #setHash(row: number, which: 0 | 1, hash: string): void {
    const words = this.#block(row)
    const from = this.#from(row)
    const common = commonKind(hash)
    const kind = hash === '0x' ? kinds.none : common === 0 ? kinds.beside : common
    const shift = 8 + 8 * which
    words[from + at.kinds] = (words[from + at.kinds]! & ~(0xff << shift)) | (kind << shift)
    const digest = from + (which === 0 ? at.content : at.zone)
    if (common === 0) words.fill(0, digest, digest + 8)
    else writeHex(words, digest, 8, hash, commonPrefixes[0].length)
    this.#setBeside(row, which, kind === kinds.beside ? hash : undefined)
  }

  #besideOf(row: number): Beside {
    return this.#beside.size === 0 ? none : [this.#beside.get(2 * row), this.#beside.get(2 * row + 1)]
  }

  #setBeside(row: number, which: 0 | 1, hash: string | undefined): void {
    if (hash !== undefined) this.#beside.set(2 * row + which, hash)
    else if (this.#beside.size > 0) this.#beside.delete(2 * row + which)
  }

  #unlabel(row: number): void {
    const label = this.label(row)
    if (this.#packed.pack(label)) this.#byLabel.remove(this.#packed.hash(this.#seed), row)
  }

  #tail(row: number, length: number): string {
    return this.#tails.read(this.#block(row)[this.#from(row) + at.tail]! >>> 0, length - inlineLength)
  }
}

const none: Beside = [undefined, undefined]
