// A label as it stands in a row: the first 32 characters four to a word, the rest elsewhere; and its hash over both.
//
// One label is packed at a time, into words that are used again: a million names are entered without an array each.

import { mix, stir } from './mixing.ts'

/** Characters of a label that lie in its row, and the words that they take. */
export const inlineLength = 32
export const labelWords = inlineLength / 4
export const labelLengthMax = 63

export class LabelWords {
  readonly words = new Int32Array(labelWords)
  #label = ''

  /** False for what cannot be a label. */
  pack(label: string): boolean {
    const { length } = label
    let seen = 0
    for (let i = 0, from = 0; i < labelWords; i++, from += 4) {
      let word = 0
      for (let at = from; at < from + 4 && at < length; at++) {
        const code = label.charCodeAt(at)
        seen |= code
        word |= code << (8 * (at & 3))
      }
      this.words[i] = word
    }
    this.#label = label
    return length > 0 && length <= labelLengthMax && seen < 0x80
  }

  /** Whether a row has the words that were packed last, padded with zeros as they are. */
  standAt(row: Int32Array, from: number): boolean {
    for (let i = 0; i < labelWords; i++) if (row[from + i] !== this.words[i]) return false
    return true
  }

  /** Of the label that was packed last. */
  hash(seed: number): number {
    let hash = stir(seed, this.#label.length)
    for (let i = 0; i < labelWords; i++) hash = stir(hash, this.words[i]!)
    for (let i = inlineLength; i < this.#label.length; i++) hash = stir(hash, this.#label.charCodeAt(i))
    return mix(hash)
  }
}
