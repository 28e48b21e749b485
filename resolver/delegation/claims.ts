// The list of claims as it comes from the registry: sorted by domain, then owner, of frozen entries that are replaced
// whole. So what changed between two lists is found by walking both, comparing entries by identity: 200,000 claims in
// some milliseconds, where a table of them would have to be filled at every block.

import type { Claim } from './verdict.ts'

/** The domains whose claims differ in two lists. */
export function changedDomains(before: readonly Claim[], after: readonly Claim[]): Set<string> {
  const changed = new Set<string>()
  if (before === after) return changed
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const old = before[i]
    const fresh = after[j]
    if (old === fresh) {
      i++
      j++
      continue
    }
    const order = old === undefined ? 1 : fresh === undefined ? -1 : compare(old, fresh)
    changed.add(order > 0 ? fresh!.name : old!.name)
    if (order <= 0) i++
    if (order >= 0) j++
  }
  return changed
}

function compare(a: Claim, b: Claim): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0
}

/** The claims to `domain` in a sorted list. */
export function claimsTo<C extends Claim>(claims: readonly C[], domain: string): readonly C[] {
  let from = 0
  for (let end = claims.length; from < end; ) {
    const middle = (from + end) >> 1
    if (claims[middle]!.name < domain) from = middle + 1
    else end = middle
  }
  let to = from
  while (claims[to]?.name === domain) to++
  return claims.slice(from, to)
}
