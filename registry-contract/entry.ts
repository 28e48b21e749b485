// A name as its readers see it: a picture of its row, taken when it was looked up and never changing after.
//
// The picture is the row's words as small integers, which costs a tenth of turning all of them into text;
// what is read of it becomes text then. Fields are getters of the prototype, so `{...entry}` is empty: use
// `plain()`. Rejected: text at once, which takes longer than finding the row; a window on the row itself, whose
// content would change under its holder.

import { commonPrefixes } from './contenthash.ts'
import type { NameRecord } from './layout.ts'

/** What a record says, with the label that the registry's events tell beside it. */
export interface NameFacts extends NameRecord {
  readonly label: string
}

/** The hashes that have no common form, as text. */
export type Beside = readonly [content: string | undefined, zone: string | undefined]

export const rowWords = 48
/** In which words of a row a field begins: the layout that rows.ts describes. */
export const at = {
  expiresAt: 0,
  sequence: 2,
  tail: 4,
  kinds: 5,
  label: 6,
  owner: 14,
  delegate: 19,
  node: 24,
  content: 32,
  zone: 40,
} as const
/** How a hash is kept; 1 and 2 are the common prefixes, and the same as in NameRegistry.sol. */
export const kinds = { none: 0, dagPb: 1, raw: 2, beside: 3 } as const

const twoTo32 = 2 ** 32
const scratch = new Int32Array(8)
const scratchBytes = Buffer.from(scratch.buffer)

/** 48 bits in two words, the lower one first. */
export function joinNumber(low: number, high: number): number {
  return (low >>> 0) + high * twoTo32
}

function hexOf(words: readonly number[], from: number, bytes: number): string {
  for (let i = 0; i < 8; i++) scratch[i] = words[from + i] ?? 0
  return scratchBytes.toString('hex', 0, bytes)
}

export class NameEntry implements NameFacts {
  readonly label: string
  readonly #words: readonly number[]
  readonly #beside: Beside

  constructor(label: string, words: readonly number[], beside: Beside) {
    this.label = label
    this.#words = words
    this.#beside = beside
  }

  get node(): string {
    return `0x${hexOf(this.#words, at.node, 32)}`
  }

  get owner(): string {
    return `0x${hexOf(this.#words, at.owner, 20)}`
  }

  get delegate(): string {
    return `0x${hexOf(this.#words, at.delegate, 20)}`
  }

  get expiresAt(): number {
    return joinNumber(this.#words[at.expiresAt]!, this.#words[at.expiresAt + 1]!) * 1000
  }

  get sequence(): number {
    return joinNumber(this.#words[at.sequence]!, this.#words[at.sequence + 1]!)
  }

  get contenthash(): string {
    return this.#hash(0, at.content)
  }

  get zonehash(): string {
    return this.#hash(1, at.zone)
  }

  /** All fields at once, as an object that can be spread, compared and printed. */
  plain(): NameFacts {
    const { label, node, owner, delegate, expiresAt, sequence, contenthash, zonehash } = this
    return { label, node, owner, delegate, expiresAt, sequence, contenthash, zonehash }
  }

  toJSON(): NameFacts {
    return this.plain()
  }

  #hash(which: 0 | 1, from: number): string {
    const kind = kindIn(this.#words[at.kinds]!, which)
    if (kind === kinds.none) return '0x'
    if (kind === kinds.beside) return this.#beside[which] ?? '0x'
    return commonPrefixes[kind - 1] + hexOf(this.#words, from, 32)
  }
}

/** Word `at.kinds` holds the label's length, then the two kinds, a byte each. */
export function kindIn(word: number, which: 0 | 1): number {
  return (word >>> (8 + 8 * which)) & 0xff
}
