// Which content codings a client takes, best first (RFC 9110 §12.5.3), and which files are worth one.
//
// Among equals, Brotli goes before Zstandard before gzip: a variant is made once and sent often, so its size
// counts and the time to make it does not.

/** In the order of preference at equal weight. */
export const codings = ['br', 'zstd', 'gzip'] as const
export type Coding = (typeof codings)[number]

const offered = [...codings, 'identity'] as const

/** Longer lists are nobody's in good faith. */
const membersMax = 32

/**
 * What may be sent, best first; 'identity' is the file as it is. Empty when the client takes nothing that there is.
 * Members that follow no grammar are ignored. Never throws.
 */
export function acceptedCodings(accept: string | undefined): readonly (Coding | 'identity')[] {
  if (accept === undefined) return ['identity']
  const weights = new Map<string, number>()
  for (const member of accept.split(',', membersMax)) {
    const match =
      /^[ \t]*([!#$%&'*+.^_`|~\w-]+)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/i.exec(member)
    if (match === null) continue
    const name = match[1]!.toLowerCase()
    weights.set(name === 'x-gzip' ? 'gzip' : name, Number(match[2] ?? 1))
  }
  const rest = weights.get('*')
  // Unless it is refused, the file itself is always taken, but after everything that was asked for.
  const weightOf = (coding: string): number =>
    weights.get(coding) ?? rest ?? (coding === 'identity' ? Number.MIN_VALUE : 0)
  return offered.filter(coding => weightOf(coding) > 0).sort((a, b) => weightOf(b) - weightOf(a))
}

const compressible = [
  /^text\//,
  /[/+](?:json|xml|javascript|wasm|manifest\+json)$/,
  /^image\/(?:svg\+xml|bmp|x-icon)$/,
  /^font\/(?:ttf|otf)$/,
]

/** Below one packet there is nothing to win. */
const sizeBytesMin = 1024

/** Whether a coding is likely to make it smaller; images, films and archives are packed already. */
export function isCompressible(mediaType: string, sizeBytes: number): boolean {
  if (sizeBytes < sizeBytesMin) return false
  const type = mediaType.split(';', 1)[0]!.trim().toLowerCase()
  return compressible.some(pattern => pattern.test(type))
}
