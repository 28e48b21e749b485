// The two files by which a site says how it is served, read once for each version of it.
//
// A root names its content for ever, so what was parsed from it never has to be looked at again: a site without
// rules costs one look-up in a table, and so does one with. A file that breaks the rules is ignored as a whole
// and the site served without it; `inxt publish` refuses it with every line, so a visitor meets one only where
// somebody published with another tool. A file that cannot be had now is another matter: without its headers
// an answer would be a different one, so the request fails as it would for any missing content.

import { LRUCache } from 'lru-cache'
import { fromUtf8 } from '../../base/bytes.ts'
import { collect } from '../body.ts'
import type { Content } from '../questions.ts'
import { type Headers, headersBytesMax, noHeaders, parseHeaders } from './headers.ts'
import {
  type Complaint,
  noRedirects,
  parseRedirects,
  type Redirects,
  redirectsBytesMax,
} from './redirects.ts'

export interface SiteRules {
  readonly redirects: Redirects
  readonly headers: Headers
}

export const noRules: SiteRules = { redirects: noRedirects, headers: noHeaders }

/** Both at the root of a site, and neither is served. */
export const ruleFiles = ['_redirects', '_headers'] as const
export type RuleFile = (typeof ruleFiles)[number]

const bytesMax: Readonly<Record<RuleFile, number>> = {
  _redirects: redirectsBytesMax,
  _headers: headersBytesMax,
}

export type RuleComplaint = Complaint & { readonly file: RuleFile }

/** The rules in the files that are there; of a file with complaints nothing is taken. */
export function readRules(files: Partial<Record<RuleFile, Uint8Array>>): {
  rules: SiteRules
  complaints: readonly RuleComplaint[]
} {
  const complaints: RuleComplaint[] = []
  const read = <Parsed extends { complaints: readonly Complaint[] }>(
    file: RuleFile,
    parse: (text: string) => Parsed,
  ): Parsed | undefined => {
    const bytes = files[file]
    if (bytes === undefined) return undefined
    const parsed = textOf(bytes, bytesMax[file])
    const found = typeof parsed === 'string' ? parse(parsed) : { complaints: [parsed] }
    for (const complaint of found.complaints) complaints.push({ file, ...complaint })
    return found.complaints.length === 0 ? (found as Parsed) : undefined
  }
  const redirects = read('_redirects', parseRedirects)?.redirects ?? noRedirects
  const headers = read('_headers', parseHeaders)?.headers ?? noHeaders
  return { rules: { redirects, headers }, complaints }
}

function textOf(bytes: Uint8Array, max: number): string | Complaint {
  if (bytes.length > max) return { line: 0, what: `the file has ${bytes.length} bytes; ${max} are allowed` }
  return fromUtf8(bytes) ?? { line: 0, what: 'the file is not UTF-8' }
}

/** Parsed rules take about ten times the size of their text. */
const textBytesMax = 4 * 1024 * 1024
const sitesMax = 10_000

export interface RuleBook {
  /** Those that need not be read any more. */
  known(root: string): SiteRules | undefined
  /** At once when the rules of this version are known. Faults are those of reading any file of the site. */
  find(root: string, signal: AbortSignal): SiteRules | Promise<SiteRules>
}

/** `onComplaints` is told once for each version with mistakes in its rules. */
export function createRuleBook(
  content: Pick<Content, 'resolve' | 'read'>,
  onComplaints: (root: string, complaints: readonly RuleComplaint[]) => void = () => {},
): RuleBook {
  const books = new LRUCache<string, SiteRules>({ max: sitesMax, maxSize: textBytesMax })
  const opening = new Map<string, Promise<unknown>>()
  const fileOf = async (
    root: string,
    name: RuleFile,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> => {
    const found = await content.resolve(root, name, signal)
    if (found.kind !== 'file') return undefined
    const { cid, sizeBytes } = found
    // One byte past the bound is enough to see that it is past it.
    const end = Math.min(sizeBytes, bytesMax[name] + 1)
    return end === 0 ? undefined : collect(content.read(root, cid, { start: 0, end }, signal), end)
  }
  const open = async (root: string, signal: AbortSignal): Promise<SiteRules> => {
    const [redirects, headers] = await Promise.all(ruleFiles.map(name => fileOf(root, name, signal)))
    const { rules, complaints } = readRules({
      ...(redirects && { _redirects: redirects }),
      ...(headers && { _headers: headers }),
    })
    if (complaints.length > 0) onComplaints(root, complaints)
    const size = 100 + (redirects?.length ?? 0) + (headers?.length ?? 0)
    books.set(root, rules, { size })
    return rules
  }
  return {
    known: root => books.get(root),
    find(root, signal) {
      return books.get(root) ?? together(root, signal)
    },
  }

  /** One visitor reads; the others wait, and read themselves should that one have left or failed. */
  async function together(root: string, signal: AbortSignal): Promise<SiteRules> {
    for (let other = opening.get(root); other !== undefined; other = opening.get(root)) {
      await other
      const rules = books.get(root)
      if (rules !== undefined) return rules
      signal.throwIfAborted()
    }
    const own = open(root, signal)
    opening.set(
      root,
      own.then(
        () => opening.delete(root),
        () => opening.delete(root),
      ),
    )
    return own
  }
}
