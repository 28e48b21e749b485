// Which paths a rule is about: '/blog/:year/*' of a site's `_redirects` and `_headers`.
//
// A pattern is compared segment by segment, decoded, so that '/a%20b' and '/a b' are one rule. `:name` stands for
// one segment, and one `*` for any text, so there is never a choice to come back to: a comparison costs the
// length of the path, whatever the publisher wrote. Regular expressions, the usual translation of such rules,
// can be made to backtrack. A slash at the end means nothing, as with Netlify.
//
// Rules without either are found by one look-up; only the others are tried one by one, and they are counted.

import { isFault } from '../../base/fault.ts'
import { parseTarget } from '../target.ts'

interface Part {
  readonly kind: 'literal' | 'name'
  readonly text: string
}

export interface Pattern {
  /** Segments before that of the star; all of them when there is none. */
  readonly before: readonly Part[]
  /** What stands beside the star in its segment; '/x/*' has nothing there and is about '/x' as well. */
  readonly star: { readonly prefix: string; readonly suffix: string } | undefined
  readonly after: readonly Part[]
}

/** What stood in place of `:name`, and as 'splat' of the star: decoded, segments joined by '/'. */
export type Captures = ReadonlyMap<string, string>

const noCaptures: Captures = new Map()

/** The pattern, or what is wrong with it in words that follow "the path …". */
export function parsePattern(text: string): Pattern | string {
  if (!text.startsWith('/'))
    return 'does not begin with "/": a rule is about this site, under every name it has'
  const path = text.replace(/\/+$/, '')
  const segments = path === '' ? [] : path.slice(1).split('/')
  const stars = text.split('*').length - 1
  if (stars > 1) return 'has more than one "*"'
  const at = segments.findIndex(segment => segment.includes('*'))
  const [before, rest] = at === -1 ? [segments, []] : [segments.slice(0, at), segments.slice(at + 1)]
  const beside = at === -1 ? [] : segments[at]!.split('*')
  try {
    const star = at === -1 ? undefined : { prefix: decoded(beside[0]!), suffix: decoded(beside[1]!) }
    const pattern = { before: before.map(partOf), star, after: rest.map(partOf) }
    const names = namesOf(pattern)
    return new Set(names).size === names.length ? pattern : 'has the same placeholder twice'
  } catch (error) {
    if (isFault(error)) return error.message.replace(/^The address /, '').replace(/\.$/, '')
    throw error
  }
}

/** Every name that a match captures. */
export function namesOf({ before, star, after }: Pattern): string[] {
  const names = [...before, ...after].filter(({ kind }) => kind === 'name').map(({ text }) => text)
  return star === undefined ? names : [...names, 'splat']
}

/** Whether it is about exactly one path. */
export function isStatic({ before, star }: Pattern): boolean {
  return star === undefined && before.every(({ kind }) => kind === 'literal')
}

export function matchPattern(pattern: Pattern, segments: readonly string[]): Captures | undefined {
  const { before, star, after } = pattern
  const between = segments.length - before.length - after.length
  if (star === undefined ? between !== 0 : between < 0) return undefined
  const later = before.length + between
  if (!agree(before, segments, 0) || !agree(after, segments, later)) return undefined
  const captures = new Map<string, string>()
  capture(before, segments, 0, captures)
  capture(after, segments, later, captures)
  if (star === undefined) return captures
  const { prefix, suffix } = star
  const text = segments.slice(before.length, later).join('/')
  const trailing = prefix === '' && suffix === '' && after.length === 0
  const enough = trailing || (between > 0 && text.length >= prefix.length + suffix.length)
  if (!enough || !text.startsWith(prefix) || !text.endsWith(suffix)) return undefined
  return captures.set('splat', text.slice(prefix.length, text.length - suffix.length))
}

/** Those of the patterns that are about a path, in their order. An address with an empty segment is nobody's. */
export type Matcher = (segments: readonly string[]) => Generator<{ index: number; captures: Captures }>

export function createMatcher(patterns: readonly Pattern[]): Matcher {
  const fixed = new Map<string, number[]>()
  const moving: number[] = []
  for (const [index, pattern] of patterns.entries()) {
    if (!isStatic(pattern)) moving.push(index)
    else {
      const key = pattern.before.map(({ text }) => text).join('/')
      const same = fixed.get(key)
      if (same === undefined) fixed.set(key, [index])
      else same.push(index)
    }
  }
  return function* matches(segments) {
    if (segments.includes('')) return
    const here = fixed.get(segments.join('/')) ?? []
    let next = 0
    for (const index of moving) {
      while (next < here.length && here[next]! < index) yield { index: here[next++]!, captures: noCaptures }
      const captures = matchPattern(patterns[index]!, segments)
      if (captures !== undefined) yield { index, captures }
    }
    while (next < here.length) yield { index: here[next++]!, captures: noCaptures }
  }
}

/** Most rules are about something else: this is all that they cost. */
function agree(parts: readonly Part[], segments: readonly string[], from: number): boolean {
  for (let i = 0; i < parts.length; i++) {
    const { kind, text } = parts[i]!
    if (kind === 'literal' && segments[from + i] !== text) return false
  }
  return true
}

function capture(
  parts: readonly Part[],
  segments: readonly string[],
  from: number,
  captures: Map<string, string>,
): void {
  for (const [i, { kind, text }] of parts.entries()) {
    if (kind === 'name') captures.set(text, segments[from + i]!)
  }
}

function partOf(segment: string): Part {
  const name = /^:([A-Za-z]\w*)$/.exec(segment)?.[1]
  return name === undefined ? { kind: 'literal', text: decoded(segment) } : { kind: 'name', text: name }
}

/** As the target of a request is decoded; what people may type in a file, but not in an address, is encoded first. */
function decoded(segment: string): string {
  if (segment === '') return ''
  return parseTarget('GET', `/${encodeText(segment)}`).segments[0] ?? ''
}

/** Text beyond printable ASCII as an address has it; what is encoded already stays as it is. */
export function encodeText(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, part => encodeURIComponent(part.toWellFormed()))
}
