// Dictionaries of structured fields (RFC 9651 §4.2.2), read strictly: one mistake and there is no dictionary.
//
// CDN-Cache-Control is one, and RFC 9213 §2.1 has it ignored when it does not parse; a lenient reader would give
// the origin another policy than the one that the next cache sees. Parameters are read and forgotten: no directive
// has any. Inner lists are read as a value of no use to anybody here.

export type Bare =
  | { readonly type: 'integer' | 'decimal'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'bytes'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'date' | 'list'; readonly value: undefined }

const patterns = {
  key: /[a-z*][a-z0-9_.*-]*/y,
  decimal: /-?\d{1,12}\.\d{1,3}(?![\d.])/y,
  integer: /-?\d{1,15}(?![\d.])/y,
  string: /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y,
  token: /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y,
  bytes: /:([A-Za-z0-9+/]*={0,2}):/y,
  boolean: /\?([01])/y,
  date: /@-?\d{1,15}(?![\d.])/y,
  display: /%"(?:[\x20-\x24\x26-\x7e]|%[0-9a-f]{2})*?"/y,
  comma: /[ \t]*,[ \t]*/y,
  spaces: / */y,
} as const

/** By key, the last of equal ones; undefined when the text is no dictionary. An empty text is an empty one. */
export function parseDictionary(text: string): ReadonlyMap<string, Bare> | undefined {
  const cursor = { text: text.replace(/^ +| +$/g, ''), at: 0 }
  const dictionary = new Map<string, Bare>()
  while (cursor.at < cursor.text.length) {
    const key = take(cursor, 'key')?.[0]
    if (key === undefined) return undefined
    const value = cursor.text[cursor.at] === '=' ? item(cursor) : ({ type: 'boolean', value: true } as const)
    if (value === undefined || !parameters(cursor)) return undefined
    dictionary.delete(key)
    dictionary.set(key, value)
    if (cursor.at === cursor.text.length) break
    if (!take(cursor, 'comma') || cursor.at === cursor.text.length) return undefined
  }
  return dictionary
}

interface Cursor {
  readonly text: string
  at: number
}

function take(cursor: Cursor, name: keyof typeof patterns): RegExpExecArray | undefined {
  const pattern = patterns[name]
  pattern.lastIndex = cursor.at
  const match = pattern.exec(cursor.text)
  if (match === null) return undefined
  cursor.at = pattern.lastIndex
  return match
}

/** Behind an equals sign. */
function item(cursor: Cursor): Bare | undefined {
  cursor.at++
  return cursor.text[cursor.at] === '(' ? innerList(cursor) : bare(cursor)
}

function innerList(cursor: Cursor): Bare | undefined {
  cursor.at++
  for (;;) {
    const spaced = take(cursor, 'spaces')![0] !== ''
    if (cursor.text[cursor.at] === ')') {
      cursor.at++
      return { type: 'list', value: undefined }
    }
    if (!spaced && cursor.text[cursor.at - 1] !== '(') return undefined
    if (bare(cursor) === undefined || !parameters(cursor)) return undefined
  }
}

function parameters(cursor: Cursor): boolean {
  while (cursor.text[cursor.at] === ';') {
    cursor.at++
    take(cursor, 'spaces')
    if (!take(cursor, 'key')) return false
    if (cursor.text[cursor.at] === '=') {
      cursor.at++
      if (bare(cursor) === undefined) return false
    }
  }
  return true
}

function bare(cursor: Cursor): Bare | undefined {
  let match = take(cursor, 'decimal')
  if (match) return { type: 'decimal', value: Number(match[0]) }
  match = take(cursor, 'integer')
  if (match) return { type: 'integer', value: Number(match[0]) }
  match = take(cursor, 'string')
  if (match) return { type: 'string', value: match[1]!.replace(/\\(.)/g, '$1') }
  match = take(cursor, 'token')
  if (match) return { type: 'token', value: match[0] }
  match = take(cursor, 'bytes')
  if (match) return { type: 'bytes', value: match[1]! }
  match = take(cursor, 'boolean')
  if (match) return { type: 'boolean', value: match[1] === '1' }
  if (take(cursor, 'date')) return { type: 'date', value: undefined }
  match = take(cursor, 'display')
  return match && { type: 'string', value: match[0] }
}
