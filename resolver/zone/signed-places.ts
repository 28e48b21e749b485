// A zone whose site is reached at edges that are chosen for each asker, from sets that the owner signed.
//
// It is the owner's zone but for A and AAAA at the names of the site: there a later step chooses (steps/place.ts),
// and what it may choose from are whole sets with their signatures, so that an edge can prefer an edge, and
// invent none (design §6). Whatever else the owner has at those names, such as MX and TXT at the apex, stays, and
// so do the proofs of what is not there, since the zone file has addresses at the same names.

import { types } from '../wire/code.ts'
import type { Name } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { Rrset } from './rrset.ts'
import type { Zone, ZoneNode } from './zone.ts'

/** What resolver/sign/bundle.ts makes of a bundle. */
export interface SignedSets {
  /** The set of `owner` with the best of `ranked` (octets, best first) in it; undefined for none at all. */
  choose(
    owner: Name,
    type: typeof types.A | typeof types.AAAA,
    ranked: readonly Uint8Array[],
  ): Rrset | undefined
}

/** `zone` with the edges of `site` at `owners` (lower case). Wildcards are left as they stand in the zone. */
export function withSignedPlaces(
  zone: Zone,
  { site, owners, sets }: { site: string; owners: readonly Name[]; sets: SignedSets },
): Zone {
  const placed = new Set(owners.filter(owner => !owner.startsWith('\x01*')))
  return {
    ...zone,
    node(name, apex) {
      const node = zone.node(name, apex)
      if (node === undefined || !placed.has(name)) return node
      return placedNode(node, site, (type, ranked) => sets.choose(name, type, ranked))
    },
  }
}

function placedNode(
  node: ZoneNode,
  site: string,
  choose: (type: typeof types.A | typeof types.AAAA, ranked: readonly Uint8Array[]) => Rrset | undefined,
): ZoneNode {
  return {
    empty: node.empty,
    cut: node.cut,
    ...(node.sets && { sets: node.sets }),
    rrset(type) {
      const set = node.rrset(type)
      if (set === undefined || !('data' in set) || (type !== types.A && type !== types.AAAA)) return set
      // What the zone file names stands in for a bundle that has nothing of the type.
      return { kind: 'site', site, signed: wanted => choose(type, wanted.map(dataOctets)) ?? set }
    },
  }
}
