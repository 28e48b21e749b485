// The media type of a file, from its name alone: a table, so that every edge says the same.
//
// Sniffing the bytes would be the alternative; it is what `nosniff` forbids browsers, for the reason that
// whoever writes the bytes then chooses the type. Text without a charset is read in the reader's locale, so
// text says UTF-8.

import { lookup } from 'mrmime'

const textual = /^text\/|^application\/(?:javascript|xml|xhtml\+xml|manifest\+json)$|^image\/svg\+xml$/

/** Types that the table lacks or means otherwise: '.ts' is source to a site, not an MPEG stream. */
const own: ReadonlyMap<string, string> = new Map([
  ['ico', 'image/x-icon'],
  ['ts', 'text/plain'],
  ['mts', 'text/plain'],
])

export function mediaTypeOf(fileName: string): string {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase()
  if (extension === undefined) return 'application/octet-stream'
  const found: unknown = own.get(extension) ?? lookup(extension)
  // The table is a plain object: 'constructor' finds a function in its prototype.
  if (typeof found !== 'string') return 'application/octet-stream'
  return textual.test(found) ? `${found}; charset=utf-8` : found
}
