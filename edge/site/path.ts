// From an address within a site to the file that answers it.
//
// The order: a forced rule of the site's, the file of that path, any other rule, the nearest 404.html on the way
// up to the root, so that a part of a site may have its own. The file of '/about' is 'about', else 'about.html',
// else 'about/index.html'; a page that is found with a slash too many or too few is redirected to, because
// relative links are read from there. '/about.html' is answered and not redirected: an address that names a
// file means it. There are no listings: a site shows what its owner put there to be shown.

import type { Content } from '../questions.ts'
import { formatPath, type Target } from '../target.ts'
import type { ChosenFile } from '../visit.ts'
import { mediaTypeOf } from './media.ts'
import type { OriginPlace, Outcome, RuleStatus } from './redirects.ts'
import { ruleFiles, type SiteRules } from './rules.ts'

export type Located =
  | { readonly kind: 'file'; readonly file: ChosenFile }
  | { readonly kind: 'redirect'; readonly status: RuleStatus; readonly location: string }
  | { readonly kind: 'missing'; readonly status: 404 | 410 | 451 }
  | OriginPlace

export interface Place {
  readonly content: Pick<Content, 'resolve'>
  readonly root: string
  readonly rules: SiteRules
  readonly signal: AbortSignal
}

type Address = Pick<Target, 'segments' | 'directory' | 'query'>
type Found = Omit<ChosenFile, 'status'>

/** Deeper than this, a missing file costs one look at the root's 404.html instead of one per level. */
const levelsMax = 8

/** Faults are those of `content.resolve`. */
export async function locate(place: Place, address: Address): Promise<Located> {
  const forced = place.rules.redirects.find(address, true)
  if (forced !== undefined) return follow(place, address, forced.outcome)
  const direct = await answering(place, address)
  if (direct !== undefined) {
    if (direct.slash === hasSlash(address)) return { kind: 'file', file: { ...direct.file, status: 200 } }
    const location = `${formatPath(address.segments, direct.slash)}${address.query}`
    return { kind: 'redirect', status: 301, location }
  }
  const rule = place.rules.redirects.find(address, false)
  return rule === undefined ? missing(place, address) : follow(place, address, rule.outcome)
}

async function follow(place: Place, address: Address, outcome: Outcome): Promise<Located> {
  if (outcome.kind !== 'rewrite') return outcome
  const { status, target } = outcome
  const found = await answering(place, target)
  if (found !== undefined) return { kind: 'file', file: { ...found.file, status } }
  return status === 200 ? missing(place, address) : { kind: 'missing', status }
}

/** The file of an address, and whether that ends in a slash where the file is at home. */
async function answering(
  place: Place,
  address: Pick<Address, 'segments' | 'directory'>,
): Promise<{ file: Found; slash: boolean } | undefined> {
  const { segments } = address
  const [parent, name] = [segments.slice(0, -1), segments.at(-1)]
  const one = async (path: readonly string[], slash: boolean) => {
    const file = await find(place, path)
    return typeof file === 'object' ? { file, slash } : undefined
  }
  if (name === undefined) return one(['index.html'], true)
  if (hasSlash(address)) {
    return (await one([...segments, 'index.html'], true)) ?? (await one([...parent, `${name}.html`], false))
  }
  const exact = await find(place, segments)
  if (typeof exact === 'object') return { file: exact, slash: false }
  const page = await one([...parent, `${name}.html`], false)
  return page ?? (exact === 'directory' ? one([...segments, 'index.html'], true) : undefined)
}

function hasSlash({ segments, directory }: Pick<Address, 'segments' | 'directory'>): boolean {
  return directory || segments.length === 0
}

async function missing(place: Place, { segments }: Address): Promise<Located> {
  const levels = segments.length > levelsMax ? 0 : segments.length
  for (let level = levels; level >= 0; level--) {
    const found = await find(place, [...segments.slice(0, level), '404.html'])
    if (typeof found === 'object') return { kind: 'file', file: { ...found, status: 404 } }
  }
  return { kind: 'missing', status: 404 }
}

async function find(
  { content, root, signal }: Place,
  segments: readonly string[],
): Promise<Found | 'directory' | 'missing'> {
  // "a//b": no directory has an entry without a name
  if (segments.includes('') || isRuleFile(segments)) return 'missing'
  const found = await content.resolve(root, segments.join('/'), signal)
  if (found.kind !== 'file') return found.kind
  const { cid, sizeBytes } = found
  return { cid, sizeBytes, segments, mediaType: mediaTypeOf(segments.at(-1)!) }
}

function isRuleFile(segments: readonly string[]): boolean {
  return segments.length === 1 && ruleFiles.some(name => name === segments[0])
}
