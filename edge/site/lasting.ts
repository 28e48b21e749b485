// How long an answer holds: until the next look, or for ever where the name changes with the bytes.
//
// Build tools put a hash of the content into the name of a file, so the file under that name never changes and
// a browser need not ask again. Taking such a name for one where it is none would keep an old file with readers
// for a year, so in doubt it is none, which costs a 304: of the names that Vite makes from eight characters of
// base64 about three in five are recognised, and of those in hexadecimal nearly all.

/** The way of a name leads elsewhere from one block of the chain to the next. */
export const revalidate = 'public, max-age=0, must-revalidate'

/** RFC 8246; a year is what RFC 9111's readers take for "for ever". */
export const immutable = 'public, max-age=31536000, immutable'

/** Folders whose tools promise that every name in them bears a hash: SvelteKit, Next.js, Astro. */
const hashedFolders = ['_app/immutable/', '_next/static/', '_astro/']

/** Pages are entered by their names, and a worker script is looked for under the one it was registered with. */
const entered = new Set(['html', 'htm', 'xhtml', 'webmanifest', 'json', 'xml', 'txt'])

/** Whether the path bears a hash of what it leads to; segments decoded. */
export function isHashed(segments: readonly string[]): boolean {
  const name = segments.at(-1) ?? ''
  const match = /^(.+?)[.-]([A-Za-z0-9_]{8,64})((?:\.(?:chunk|min|bundle|module))?)\.(\w+)(?:\.map)?$/.exec(
    name,
  )
  const extension = match?.[4] ?? /\.(\w+)$/.exec(name)?.[1]
  if (extension === undefined || entered.has(extension.toLowerCase())) return false
  const path = segments.join('/')
  if (hashedFolders.some(folder => path.startsWith(folder))) return true
  return match !== null && looksHashed(match[2]!)
}

/** Hexadecimal with digits and letters, or capitals and a digit before a letter: no date, version or word. */
function looksHashed(text: string): boolean {
  if (/^[0-9a-f]+$/.test(text)) return /[0-9]/.test(text) && /[a-f]/.test(text)
  return /[A-Z]/.test(text) && /[0-9][A-Za-z]/.test(text)
}
