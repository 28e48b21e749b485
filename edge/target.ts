// The request-target (RFC 9112 §3.2) taken apart into decoded path segments.
//
// A path has exactly one reading here: split at '/', then decode each segment, once, as UTF-8. Whatever would
// let one file have a second spelling that somebody's rule does not know is refused rather than repaired: dot
// segments (clients remove them, RFC 3986 §5.2.4), an encoded '/', NUL, a stray '%', bytes that are not
// UTF-8.

import { fromUtf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { type Authority, parseAuthority } from './authority.ts'

export interface Target {
  readonly form: 'origin' | 'absolute' | 'asterisk'
  /** Only in absolute form, where it replaces the Host field (RFC 9112 §3.2.2). */
  readonly authority: Authority | undefined
  /** Decoded; an empty one stands between two slashes and names nothing. */
  readonly segments: readonly string[]
  /** Whether the path ends in '/'. */
  readonly directory: boolean
  /** As sent, with its '?'; '' when there is none. */
  readonly query: string
}

/** Half of the 16 KiB that a head may have; RFC 9110 §4.1 asks for at least 8000. */
export const targetLengthMax = 8 * 1024

/** Throws Fault 'bytes/too-large' (414) and 'bytes/malformed' (400). */
export function parseTarget(method: string, text: string): Target {
  if (text.length > targetLengthMax) {
    const hint = `Use an address of at most ${targetLengthMax} characters.`
    throw new Fault('bytes/too-large', `The address has ${text.length} characters.`, { hint })
  }
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes('#'))
    throw malformed('has a character that must be encoded')
  if (text === '*' && method === 'OPTIONS') {
    return { form: 'asterisk', authority: undefined, segments: [], directory: false, query: '' }
  }
  if (text.startsWith('/')) return { form: 'origin', authority: undefined, ...parsePath(text) }
  const absolute = /^https?:\/\/([^/?]+)(.*)$/i.exec(text)
  if (!absolute) throw malformed('is neither a path nor an http address')
  const rest = absolute[2]!
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return { form: 'absolute', authority: parseAuthority(absolute[1]!), ...parsePath(path) }
}

/**
 * The inverse of decoding: an absolute path that no browser reads as another host, whatever the segments
 * are.
 */
export function formatPath(segments: readonly string[], directory: boolean): string {
  if (segments.length === 0) return '/'
  return `/${segments.map(encodeURIComponent).join('/')}${directory ? '/' : ''}`
}

function parsePath(text: string): Pick<Target, 'segments' | 'directory' | 'query'> {
  const mark = text.indexOf('?')
  const path = mark === -1 ? text : text.slice(0, mark)
  const segments = path.slice(1).split('/').map(decodeSegment)
  const directory = segments.at(-1) === ''
  if (directory) segments.pop()
  return { segments, directory, query: mark === -1 ? '' : text.slice(mark) }
}

function decodeSegment(text: string): string {
  const segment = text.includes('%') ? percentDecode(text) : text
  if (segment === '.' || segment === '..') throw malformed('has a "." or ".." segment')
  if (segment.includes('/')) throw malformed('has an encoded slash')
  if (segment.includes('\0')) throw malformed('has a NUL')
  return segment
}

function percentDecode(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw malformed('has a "%" without two hexadecimal digits')
  const latin1 = text.replace(/%(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  const decoded = fromUtf8(Buffer.from(latin1, 'latin1'))
  if (decoded === undefined) throw malformed('is not UTF-8')
  return decoded
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `The address ${what}.`, { hint: 'Check the link that led here.' })
}
