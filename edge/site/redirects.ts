// A site's `_redirects`: 'from to status', one rule a line, the first that is about a path applies.
//
// What Netlify, Cloudflare Pages and the IPFS "Web _redirects File" specification have in common; where they
// differ, docs/sites.md says whom this follows. Conditions on country, language, role or cookie are refused:
// every visitor of a version of a site gets the same. A rewrite to another host makes that the origin of what is
// below the rule's path, as with Netlify: so a site names its origins where it says everything else about itself.
//
// A rewrite is followed once, and its target is a file or an origin's answer, so an edge cannot be sent in circles; a
// redirect to the very address that was asked for does not apply.

import { isFault } from '../../base/fault.ts'
import { formatPath, parseTarget, type Target, targetLengthMax } from '../target.ts'
import {
  type Captures,
  createMatcher,
  encodeText,
  isStatic,
  namesOf,
  type Pattern,
  parsePattern,
} from './pattern.ts'

export interface Complaint {
  /** Counted from 1; 0 for the file as a whole. */
  readonly line: number
  readonly what: string
}

const statuses = [200, 301, 302, 303, 307, 308, 404, 410, 451] as const
export type RuleStatus = (typeof statuses)[number]

export interface Redirect {
  readonly line: number
  readonly pattern: Pattern
  /** Query parameters that must be there, with their value or the name that captures it. */
  readonly query: readonly { readonly key: string; readonly value: string; readonly isName: boolean }[]
  /** Encoded; captured text goes between two pieces, under the name that the later one bears. */
  readonly to: readonly { readonly name: string | undefined; readonly text: string }[]
  readonly status: RuleStatus
  /** Of a rewrite to another host: scheme, host and port as URL.origin has them; `to` is then the path there. */
  readonly origin?: string
  /** Goes before files of the same path ('!' behind the status). */
  readonly isForced: boolean
}

export type Outcome =
  | { readonly kind: 'redirect'; readonly status: RuleStatus; readonly location: string }
  | { readonly kind: 'rewrite'; readonly status: 200 | 404 | 410 | 451; readonly target: Target }
  | OriginPlace

/** What an origin is asked for: an absolute path with query. */
export interface OriginPlace {
  readonly kind: 'origin'
  readonly origin: string
  readonly path: string
}

export type Asked = Pick<Target, 'segments' | 'directory' | 'query'>

export interface Redirects {
  readonly rules: readonly Redirect[]
  /** Each once. */
  readonly origins: readonly string[]
  /** What the first rule of this force says about an address. Never throws. */
  find(asked: Asked, isForced: boolean): { readonly outcome: Outcome; readonly rule: Redirect } | undefined
}

export const redirectsBytesMax = 512 * 1024
const staticMax = 10_000
const dynamicMax = 500
const lineCharactersMax = 2000
/** A page and a few services; each has connections and a place in memory at every edge. */
const originsMax = 8

/** All complaints, in the order of lines; `redirects` is only of use when there is none. */
export function parseRedirects(text: string): { redirects: Redirects; complaints: readonly Complaint[] } {
  const rules: Redirect[] = []
  const complaints: Complaint[] = []
  for (const [i, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const rule = parseLine(line, i + 1)
    if (typeof rule === 'string') complaints.push({ line: i + 1, what: rule })
    else if (rule !== undefined) rules.push(rule)
  }
  const dynamic = rules.filter(({ pattern }) => !isStatic(pattern)).length
  if (dynamic > dynamicMax) complaints.push(tooMany(dynamic, dynamicMax, ' with "*" or ":name"'))
  if (rules.length - dynamic > staticMax) complaints.push(tooMany(rules.length - dynamic, staticMax, ''))
  const redirects = createRedirects(rules)
  const { length } = redirects.origins
  if (length > originsMax)
    complaints.push({ line: 0, what: `there are ${length} other hosts to answer; ${originsMax} are allowed` })
  return { redirects, complaints }
}

export function createRedirects(rules: readonly Redirect[]): Redirects {
  const matches = createMatcher(rules.map(({ pattern }) => pattern))
  const hasForced = rules.some(({ isForced }) => isForced)
  return {
    rules,
    origins: [...new Set(rules.flatMap(({ origin }) => origin ?? []))],
    find(asked, isForced) {
      if (rules.length === 0 || (isForced && !hasForced)) return undefined
      for (const { index, captures } of matches(asked.segments)) {
        const rule = rules[index]!
        if (rule.isForced !== isForced) continue
        const outcome = apply(rule, captures, asked)
        if (outcome !== undefined) return { outcome, rule }
      }
      return undefined
    },
  }
}

export const noRedirects = createRedirects([])

/** Undefined when the query has not what the rule asks for, or the rule leads where the visitor is. */
function apply(rule: Redirect, captures: Captures, asked: Asked): Outcome | undefined {
  const { segments, query } = asked
  const all = rule.query.length === 0 ? captures : withQuery(rule, captures, query)
  if (all === undefined) return undefined
  if (rule.origin !== undefined) return atOrigin(rule, rule.origin, all, asked)
  const text = rule.to.map(({ name, text }) => (name === undefined ? '' : encoded(name, all)) + text).join('')
  // What was captured may be empty, and "/:host/x" would then name a host; browsers take "/\" for the same.
  if (text.length > targetLengthMax || /^\/[/\\]/.test(text)) return undefined
  const { status } = rule
  if (isRewrite(status)) {
    const target = readable(text)
    return typeof target === 'string' ? undefined : { kind: 'rewrite', status, target }
  }
  const location = rule.query.length === 0 ? passQuery(text, query) : text
  if (withoutSlash(location) === withoutSlash(formatPath(segments, false) + query)) return undefined
  return { kind: 'redirect', status, location }
}

/** Origins tell '/a' from '/a/' and '@' from '%40': the slash is kept, and no more is encoded than must be. */
function atOrigin(rule: Redirect, origin: string, captures: Captures, asked: Asked): Outcome | undefined {
  let path = ''
  for (const { name, text } of rule.to) {
    const piece = name === undefined ? '' : encoded(name, captures)
    path += (path.includes('?') ? piece : piece.replace(/%(?:2[46BC]|3[ABD]|40)/g, decodeURIComponent)) + text
  }
  if (asked.directory && rule.to.at(-1)!.text === '' && !path.endsWith('/') && !path.includes('?'))
    path += '/'
  if (rule.query.length === 0) path = passQuery(path, asked.query)
  if (path.length > targetLengthMax || typeof readable(path) === 'string') return undefined
  return { kind: 'origin', origin, path }
}

function withQuery({ query: wanted }: Redirect, captures: Captures, query: string): Captures | undefined {
  const given = new URLSearchParams(query)
  const all = new Map(captures)
  for (const { key, value, isName } of wanted) {
    const found = given.get(key)
    if (found === null || (!isName && found !== value)) return undefined
    if (isName) all.set(value, found.toWellFormed())
  }
  return all
}

/** The visitor's query goes along unless the rule has one of its own. */
function passQuery(location: string, query: string): string {
  if (query === '' || location.includes('?')) return location
  const [address, fragment] = location.split('#', 2)
  return `${address}${query}${fragment === undefined ? '' : `#${fragment}`}`
}

/** Only what a star stands for has several segments. */
function encoded(name: string, captures: Captures): string {
  const text = captures.get(name)!
  return name === 'splat' ? text.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(text)
}

function withoutSlash(location: string): string {
  return location.replace(/#.*$/, '').replace(/\/(?=\?|$)/, '')
}

export function isRewrite(status: RuleStatus): status is 200 | 404 | 410 | 451 {
  return status === 200 || status >= 400
}

/** The rule, nothing for a line that has none, or what is wrong. */
function parseLine(line: string, number: number): Redirect | string | undefined {
  if (line.length > lineCharactersMax) return `the line has more than ${lineCharactersMax} characters`
  const words = line.trim().split(/[ \t]+/)
  const comment = words.findIndex(word => word.startsWith('#'))
  const [from, ...rest] = comment === -1 ? words : words.slice(0, comment)
  if (from === undefined || from === '') return undefined
  const pattern = parsePattern(from)
  if (typeof pattern === 'string') return `the path ${pattern}`
  const conditions = rest.findIndex(word => !/^[^/:=]+=/.test(word))
  const query = (conditions === -1 ? rest : rest.slice(0, conditions)).map(parseCondition)
  const [to, code = '301', ...more] = conditions === -1 ? [] : rest.slice(conditions)
  if (to === undefined) return 'there is no address to lead to'
  const visitor = [code, ...more].find(word => /^(country|language|role|cookie)=/i.test(word))
  if (visitor !== undefined)
    return `"${visitor}": conditions on the visitor are not supported, everybody gets the same`
  if (more.length > 0) return `"${more[0]}" stands behind the status, where nothing is expected`
  const status = statuses.find(one => String(one) === code.replace(/!$/, ''))
  if (status === undefined) return `"${code}" is not one of ${statuses.join(', ')}`
  const names = [...namesOf(pattern), ...query.filter(({ isName }) => isName).map(({ value }) => value)]
  if (new Set(names).size < names.length) return 'the same placeholder stands for two things'
  const isForced = code.endsWith('!')
  const origin = status === 200 ? originOf(to) : undefined
  if (origin !== undefined && 'what' in origin) return origin.what
  const pieces = parseTo(origin?.path ?? to, status, names, origin !== undefined)
  if (typeof pieces === 'string') return pieces
  return {
    line: number,
    pattern,
    query,
    to: pieces,
    status,
    isForced,
    ...(origin && { origin: origin.name }),
  }
}

/** Undefined for what is no address of another host. */
function originOf(text: string): { name: string; path: string } | { what: string } | undefined {
  const [start, host] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? []
  if (start === undefined || host === undefined) return undefined
  if (host.includes('@'))
    return { what: 'the files of a site are public: no name and password in an address' }
  if (hasPlaceholder(host)) return { what: 'a placeholder cannot be part of a host' }
  const url = URL.parse(start)
  if (url === null) return { what: `"${text}" is no address` }
  const path = text.slice(start.length)
  return { name: url.origin, path: path.startsWith('/') ? path : `/${path}` }
}

function parseCondition(word: string): Redirect['query'][number] {
  const [[key, value]] = [...new URLSearchParams(word)] as [[string, string]]
  const name = /^:([A-Za-z]\w*)$/.exec(value)?.[1]
  return name === undefined ? { key, value, isName: false } : { key, value: name, isName: true }
}

/** The colons of an IPv6 address begin none. */
function hasPlaceholder(host: string): boolean {
  return /:[A-Za-z]/.test(host.replace(/^\[[^\]]*\]/, ''))
}

function parseTo(
  text: string,
  status: RuleStatus,
  names: readonly string[],
  isAtOrigin: boolean,
): Redirect['to'] | string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(text)
  if (absolute === null && !/^\/(?![/\\])/.test(text))
    return `"${text}" is neither a path nor an http address`
  if (isRewrite(status) && absolute !== null)
    return `status ${status} answers with a file of the site itself, not with another address`
  if (isAtOrigin && text.includes('#')) return 'what stands behind "#" is never sent'
  if (isRewrite(status) && !isAtOrigin && /[?#]/.test(text))
    return `status ${status} answers with a file, which has no "?" or "#"`
  if (absolute !== null && hasPlaceholder(absolute[1]!)) return 'a placeholder cannot be part of a host'
  if (absolute !== null && !URL.canParse(text)) return `"${text}" is no address`
  const pieces: { name: string | undefined; text: string }[] = []
  let from = 0
  let name: string | undefined
  for (const match of text.matchAll(/:([A-Za-z]\w*)/g)) {
    if (absolute !== null && match.index < absolute[0].length) continue
    if (!names.includes(match[1]!)) return `":${match[1]}" is not part of the path (a colon is written %3A)`
    pieces.push({ name, text: encodeText(text.slice(from, match.index)) })
    name = match[1]
    from = match.index + match[0].length
  }
  pieces.push({ name, text: encodeText(text.slice(from)) })
  const sample = pieces.map(({ name, text }) => (name === undefined ? '' : 'x') + text).join('')
  const target = readable(sample.replace(/#.*$/, ''))
  return typeof target === 'string' ? target : pieces
}

/** The address as a request would be read, or what is wrong with it. */
function readable(address: string): Target | string {
  try {
    return parseTarget('GET', address)
  } catch (error) {
    if (isFault(error))
      return error.message.replace(/^The address/, 'the address to lead to').replace(/\.$/, '')
    throw error
  }
}

function tooMany(count: number, max: number, which: string): Complaint {
  return { line: 0, what: `there are ${count} rules${which}; ${max} are allowed` }
}
