// The words of one entry of a master file (RFC 1035 §5.1), taken one after the other by who reads the data.
//
// A word keeps its spelling, quotes and escapes included, because they mean different things in a name (`\.`
// is no separator), in a character-string and in a list of SVCB. Who takes a word says how it is to be read.

import { Fault } from '../../base/fault.ts'
import { type Name, nameBytesMax, parseName } from './name.ts'

export interface Word {
  readonly raw: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

/** What is wrong with the text of a zone: one line, to which the reader of the file adds where. */
export function wrong(what: string): Fault {
  return new Fault('config/invalid', what)
}

export class Words {
  /** What names without a closing dot, and `@`, stand below. */
  readonly origin: Name
  private readonly words: readonly Word[]
  private at = 0

  constructor(words: readonly Word[], origin: Name) {
    this.words = words
    this.origin = origin
  }

  get left(): number {
    return this.words.length - this.at
  }

  /** The word that was taken last: what a complaint is about. */
  get last(): Word | undefined {
    return this.words[Math.max(0, this.at - 1)]
  }

  /** The next word without taking it. */
  peek(): string | undefined {
    return this.words[this.at]?.raw
  }

  /** Takes a word; throws Fault `config/invalid` when there is none. */
  next(what: string): string {
    const word = this.words[this.at]
    if (word === undefined) throw wrong(`${what} is missing`)
    this.at++
    return word.raw
  }

  /** Takes a domain name, relative to the origin unless it ends in a dot. Throws a Fault. */
  name(what: string): Name {
    return absoluteName(this.next(what), this.origin)
  }

  /** Takes a decimal number of at most `max`. */
  number(what: string, max: number): number {
    const raw = this.next(what)
    const value = /^[0-9]{1,10}$/.test(raw) ? Number(raw) : Number.POSITIVE_INFINITY
    if (value > max) throw wrong(`${what} is a number up to ${max}, not ${shown(raw)}`)
    return value
  }

  /** Takes all that is left, joined: spaces in hexadecimal and base64 mean nothing. */
  joined(what: string): string {
    let text = this.next(what)
    while (this.left > 0) text += this.next(what)
    return text
  }

  /** Throws Fault `config/invalid` when something is left. */
  end(): void {
    if (this.left > 0) throw wrong(`nothing may follow, but ${shown(this.next(''))} does`)
  }
}

/** `raw` in quotes, bounded: what a stranger wrote is shown, but not all of it. */
export function shown(raw: string): string {
  return `"${raw.length > 60 ? `${raw.slice(0, 60)}…` : raw}"`
}

/** `raw` as a domain name below `origin`, unless it ends in a dot that is not escaped. Throws a Fault. */
export function absoluteName(raw: string, origin: Name): Name {
  if (raw === '@') return origin
  if (raw.startsWith('"')) throw wrong(`a name is not quoted: ${shown(raw)}`)
  const name = parseName(raw)
  if (raw.endsWith('.') && /(?:^|[^\\])(?:\\\\)*\.$/.test(raw)) return name
  if (name.length + origin.length > nameBytesMax) throw wrong(`a name of more than 255 octets: ${shown(raw)}`)
  return (name + origin) as Name
}

const escaped = /\\([0-9]{3}|[^0-9])|\\/gs

/** The octets of a character-string, quoted or not: `\DDD` and `\x` as RFC 1035 §5.1 has them. */
export function stringOctets(raw: string): Uint8Array {
  const quoted = raw.startsWith('"')
  if (quoted && (raw.length < 2 || !raw.endsWith('"'))) throw wrong(`a quote is not closed: ${shown(raw)}`)
  const inner = quoted ? raw.slice(1, -1) : raw
  if (!inner.includes('\\')) return Uint8Array.from(Buffer.from(inner, 'latin1'))
  const text = inner.replace(escaped, (_, piece: string | undefined) => {
    const code = piece?.length === 3 ? Number(piece) : (piece?.charCodeAt(0) ?? 256)
    if (code > 255) throw wrong(`an escape is \\DDD up to \\255, or \\ and no digit: ${shown(raw)}`)
    return String.fromCharCode(code)
  })
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

/** The inverse, always quoted. */
export function quoted(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) {
    const character = String.fromCharCode(octet)
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`
    else text += character === '"' || character === '\\' ? `\\${character}` : character
  }
  return `"${text}"`
}
