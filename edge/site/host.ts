// From the host of a request to the name of a site.
//
// A site is one label under a suffix of ours (`welcome.inxt`), or a domain of its owner's that is bound to
// such a label. Deeper names under a suffix are nobody's. Every other host is a stranger's: RFC 9110 §15.5.20
// has the word 421 for it, and it is also what keeps a page on another name from reaching us by DNS
// rebinding.

export type Place =
  | { readonly kind: 'site'; readonly label: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'foreign' }

/** One label: LDH, 1 to 63 characters, no hyphen at either end (RFC 1034 §3.5). */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** `host` and `suffixes` lower-case without final dot; a suffix may have several labels. */
export function placeOf(
  host: string,
  suffixes: readonly string[],
  bound: (host: string) => string | undefined = () => undefined,
): Place {
  for (const suffix of suffixes) {
    if (host === suffix) return { kind: 'unknown' }
    if (!host.endsWith(`.${suffix}`)) continue
    const name = host.slice(0, -suffix.length - 1)
    return label.test(name) ? { kind: 'site', label: name } : { kind: 'unknown' }
  }
  const own = bound(host)
  return own === undefined ? { kind: 'foreign' } : { kind: 'site', label: own }
}
