// A site's `_headers`: blocks of a path and, indented, the fields that answers under it have or have not.
//
// As with Netlify and Cloudflare Pages: every block that is about the requested path applies, in the order of
// the file; a field that two of them set has both values, joined by a comma; `! Name` takes away what the edge
// or an earlier block says. A site speaks about its own pages: what frames the message, names its version or
// says how it came here is the edge's to say, and a cookie would be the same for everybody who comes.

import type { Field } from '../message.ts'
import { createMatcher, isStatic, type Pattern, parsePattern } from './pattern.ts'
import type { Complaint } from './redirects.ts'

interface Block {
  readonly pattern: Pattern
  readonly changes: readonly Change[]
}

/** Without a value, the field is taken away. */
interface Change {
  readonly name: string
  readonly value: string | undefined
}

/** What a site says about the fields of one answer. */
export interface FieldChanges {
  readonly set: readonly Field[]
  /** Lower-case names, those of `set` included: none of the edge's own is left. */
  readonly without: ReadonlySet<string>
}

export interface Headers {
  readonly blocks: number
  /** Undefined when no block is about the path. */
  find(segments: readonly string[]): FieldChanges | undefined
}

export const headersBytesMax = 64 * 1024
const blocksMax = 1000
const dynamicMax = 200
const lineCharactersMax = 2000

const framing =
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade content-length expect'
const content =
  'content-encoding content-range accept-ranges etag last-modified vary location allow retry-after'
const route =
  'date age via server server-timing cache-status host alt-svc proxy-authenticate proxy-authorization'
const access = 'www-authenticate basic-auth set-cookie set-cookie2'

/** Names that are not the site's to set, and the reason where one is less plain than the others. */
const forbidden: ReadonlySet<string> = new Set([framing, content, route, access].join(' ').split(' '))
const reasons: ReadonlyMap<string, string> = new Map([
  ['set-cookie', 'a cookie from here would be the same for everybody; set it in a script'],
  ['basic-auth', 'the password would stand in a file that everybody can read'],
  ['vary', 'an answer depends on nothing but the address and Accept-Encoding'],
])

/** All complaints, in the order of lines; `headers` is only of use when there is none. */
export function parseHeaders(text: string): { headers: Headers; complaints: readonly Complaint[] } {
  const blocks: (Block & { changes: Change[] })[] = []
  const complaints: Complaint[] = []
  // The lines of a block whose path is wrong are judged all the same, so that all is mended at once.
  let current: Change[] | undefined
  for (const [i, whole] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const complain = (what: string): unknown => complaints.push({ line: i + 1, what })
    const line = whole.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.length > lineCharactersMax) complain(`the line has more than ${lineCharactersMax} characters`)
    else if (/^[ \t]/.test(whole)) {
      const change = parseChange(line)
      if (typeof change === 'string') complain(change)
      else if (current === undefined) complain('a field stands before the first path')
      else current.push(change)
    } else {
      current = []
      const pattern = parsePattern(line)
      if (typeof pattern !== 'string') blocks.push({ pattern, changes: current })
      else if (/^(! ?)?[\w-]+:?( |$)/.test(line))
        complain('a field stands at the beginning of a line: indent it')
      else complain(`the path ${pattern}`)
    }
  }
  const dynamic = blocks.filter(({ pattern }) => !isStatic(pattern)).length
  const counts = [
    [blocks.length, blocksMax, ''] as const,
    [dynamic, dynamicMax, ' with "*" or ":name"'] as const,
  ]
  for (const [count, max, which] of counts) {
    if (count > max)
      complaints.push({ line: 0, what: `there are ${count} paths${which}; ${max} are allowed` })
  }
  return { headers: createHeaders(blocks), complaints }
}

function createHeaders(blocks: readonly Block[]): Headers {
  const matches = createMatcher(blocks.map(({ pattern }) => pattern))
  return {
    blocks: blocks.length,
    find(segments) {
      if (blocks.length === 0) return undefined
      const set = new Map<string, Field>()
      const without = new Set<string>()
      for (const { index } of matches(segments)) {
        for (const { name, value } of blocks[index]!.changes) {
          const key = name.toLowerCase()
          const before = set.get(key)
          without.add(key)
          if (value === undefined) set.delete(key)
          else if (before === undefined) set.set(key, [name, value])
          else set.set(key, [before[0], `${before[1]}, ${value}`])
        }
      }
      return without.size === 0 ? undefined : { set: [...set.values()], without }
    },
  }
}

export const noHeaders: Headers = createHeaders([])

function parseChange(line: string): Change | string {
  const removed = /^!\s*(\S+)$/.exec(line)?.[1]
  const colon = line.indexOf(':')
  if (removed === undefined && colon === -1)
    return `"${line.slice(0, 40)}" is neither "Name: value" nor "! Name"`
  const name = removed ?? line.slice(0, colon).trimEnd()
  // RFC 9110 §5.6.2
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(name)) return `"${name.slice(0, 40)}" is no name of a field`
  const key = name.toLowerCase()
  if (forbidden.has(key) || /^x-(inxt|ipfs)-/.test(key)) {
    const reason = reasons.get(key)
    return `${name} is not the site's to say${reason === undefined ? '' : `: ${reason}`}`
  }
  if (removed !== undefined)
    return key === 'content-type' ? 'Content-Type cannot be left out' : { name, value: undefined }
  const value = line.slice(colon + 1).trim()
  if (value === '') return `${name} has no value`
  return /^[\t\x20-\x7e]+$/.test(value)
    ? { name, value }
    : `the value of ${name} has a character beyond ASCII`
}
