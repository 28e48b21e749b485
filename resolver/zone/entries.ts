// A master file cut into entries of words (RFC 1035 §5.1), before anybody asks what they mean.
//
// An entry is a line, or several while a parenthesis is open. Comments go, escapes and quotes stay in their
// words. An entry that cannot be cut is told and left out, and reading goes on with the next line, so that
// one look shows all that is wrong.

import type { Word } from '../wire/words.ts'

export interface Complaint {
  /** Both from 1. */
  readonly line: number
  readonly column: number
  readonly what: string
}

export interface Entry {
  /** One or more. */
  readonly words: readonly Word[]
  /** The line began with a space: the owner is that of the entry before. */
  readonly indented: boolean
  readonly line: number
}

/** The entries of `text`, which has a character for each octet of the file. */
export function* entriesOf(text: string, complain: (complaint: Complaint) => void): Generator<Entry> {
  const cutter = new Cutter(text, complain)
  for (;;) {
    const entry = cutter.next()
    if (entry === undefined) return
    if (entry.words.length > 0) yield entry
  }
}

const tab = 9
const newline = 10
const carriageReturn = 13
const space = 32
const quote = 34
const open = 40
const close = 41
const semicolon = 59
const backslash = 92

class Cutter {
  private readonly text: string
  private readonly complain: (complaint: Complaint) => void
  private at = 0
  private line = 1
  private lineAt = 0

  constructor(text: string, complain: (complaint: Complaint) => void) {
    this.text = text
    this.complain = complain
  }

  /** The next entry, without words when its line is empty or could not be cut; undefined at the end. */
  next(): Entry | undefined {
    const { text } = this
    if (this.at >= text.length) return undefined
    const first = text.charCodeAt(this.at)
    const entry = { words: [] as Word[], indented: first === space || first === tab, line: this.line }
    const opened: Word[] = []
    let good = true
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at)
      if (code === newline) {
        this.endLine()
        if (opened.length === 0) break
      } else if (code === space || code === tab || code === carriageReturn) this.at++
      else if (code === semicolon) this.skipComment()
      else if (code === open) opened.push(this.word(this.at, ++this.at))
      else if (code === close) {
        if (opened.pop() === undefined) good = this.fail('a parenthesis closes that was not opened', this.at)
        this.at++
      } else if (!this.cutWord(entry.words)) good = false
    }
    if (opened[0] !== undefined) {
      this.complain({ ...opened[0], what: 'a parenthesis is not closed' })
      good = false
    }
    return good ? entry : { ...entry, words: [] }
  }

  private endLine(): void {
    this.at++
    this.line++
    this.lineAt = this.at
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at)
    this.at = end < 0 ? this.text.length : end
  }

  private word(start: number, end: number): Word {
    return { raw: this.text.slice(start, end), line: this.line, column: start - this.lineAt + 1 }
  }

  private fail(what: string, at: number): false {
    this.complain({ line: this.line, column: at - this.lineAt + 1, what })
    return false
  }

  /** Cuts one word; false when a quote in it is not closed on its line. */
  private cutWord(words: Word[]): boolean {
    const { text } = this
    const start = this.at
    const whole = text.charCodeAt(start) === quote
    let quotedAt = -1
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at)
      if (code === newline) break
      if (code === backslash && this.at + 1 < text.length && text.charCodeAt(this.at + 1) !== newline)
        this.at++
      else if (code === quote) {
        quotedAt = quotedAt < 0 ? this.at : -1
        if (whole && quotedAt < 0) {
          this.at++
          break
        }
      } else if (quotedAt < 0 && isEnd(code)) break
    }
    if (quotedAt >= 0) return this.fail('a quote is not closed', quotedAt)
    words.push(this.word(start, this.at))
    return true
  }
}

function isEnd(code: number): boolean {
  return (
    code === space ||
    code === tab ||
    code === carriageReturn ||
    code === semicolon ||
    code === open ||
    code === close
  )
}
