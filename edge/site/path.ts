// From a path within a site to the file that answers it.
//
// A directory is answered by its index.html and has its final slash, because relative links on that page are
// read from there. What is missing is answered by the nearest 404.html on the way up to the root, so that a
// part of a site may have its own. There are no listings: a site shows what its owner put there to be shown.

import type { Content } from '../questions.ts'
import type { ChosenFile } from '../visit.ts'
import { mediaTypeOf } from './media.ts'

export type Located =
  | { readonly kind: 'file'; readonly file: ChosenFile }
  | { readonly kind: 'directory' } // asked for without its final slash
  | { readonly kind: 'missing' }

export interface Wanted {
  readonly segments: readonly string[]
  readonly directory: boolean
}

/** Deeper than this, a missing file costs one look at the root's 404.html instead of one per level. */
const levelsMax = 8

/** Faults are those of `content.resolve`. */
export async function locate(
  content: Content,
  root: string,
  { segments, directory }: Wanted,
  signal: AbortSignal,
): Promise<Located> {
  const asDirectory = directory || segments.length === 0
  const wanted = asDirectory ? [...segments, 'index.html'] : segments
  const found = await find(content, root, wanted, signal)
  if (found === 'directory' && !asDirectory) {
    const index = await find(content, root, [...segments, 'index.html'], signal)
    if (typeof index === 'object') return { kind: 'directory' }
  }
  if (typeof found === 'object') return { kind: 'file', file: { ...found, status: 200 } }
  return missing(content, root, segments, signal)
}

async function missing(
  content: Content,
  root: string,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<Located> {
  const levels = segments.length > levelsMax ? 0 : segments.length
  for (let level = levels; level >= 0; level--) {
    const found = await find(content, root, [...segments.slice(0, level), '404.html'], signal)
    if (typeof found === 'object') return { kind: 'file', file: { ...found, status: 404 } }
  }
  return { kind: 'missing' }
}

async function find(
  content: Content,
  root: string,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<Omit<ChosenFile, 'status'> | 'directory' | 'missing'> {
  if (segments.includes('')) return 'missing' // "a//b": no directory has an entry without a name
  const found = await content.resolve(root, segments.join('/'), signal)
  if (found.kind !== 'file') return found.kind
  const { cid, sizeBytes } = found
  return { cid, sizeBytes, segments, mediaType: mediaTypeOf(segments.at(-1)!) }
}
