// The addresses of a site, for this asker: the zone said that there are some, this step says which.
//
// No live edge is not the same as no address: NODATA would be remembered, SERVFAIL sends the asker to the
// next server, which may know more. Edges without an address of the family that was asked for are NODATA, and
// so are edges that do not all speak TLS, for a browser that saw an HTTPS record asks each of them that way.

import { httpsData } from '../select/https-record.ts'
import { type ClientPrefix, clientPrefix } from '../select/subnet.ts'
import { types } from '../wire/code.ts'
import type { Decision } from '../zone/decision.ts'
import { owned, unready } from '../zone/ladder.ts'
import type { EdgeAddress } from '../zone/servers.ts'
import { addressData } from '../zone/suffix.ts'
import type { Query } from './query.ts'

export interface Places {
  /** Live edges that may serve `site` to `client`, best first, `countMax` at most; never waits. */
  near(site: string, client: ClientPrefix, countMax: number): readonly EdgeAddress[]
  /** How many bits of `client` `near` depends on now (resolver/select/prefix-map.ts); absent, on none. */
  scopeBits?(client: ClientPrefix): number
}

export interface PlaceOptions {
  readonly places: Places
  readonly countMax: number
  readonly ttlS: number
  /** Whether the subnet that a resolver tells counts, or the resolver's own address (RFC 7871 §7.2.1). */
  readonly hearsSubnets: boolean
  /** What the edges speak over TLS; without any, sites have no HTTPS record. */
  readonly alpn: readonly string[]
}

/** The edges for `query`, and how many bits of its subnet mattered; `address` is the sender's, 4 or 16 octets. */
export function edgesFor(
  { places, countMax, hearsSubnets }: PlaceOptions,
  site: string,
  { extensions }: Query,
  address: Uint8Array,
): { edges: readonly EdgeAddress[]; scopeBits: number } {
  const subnet = hearsSubnets && extensions !== 'malformed' ? extensions.subnet : undefined
  const client = clientPrefix(subnet, address)
  // For who tells nothing the answer is the resolver's, and is not for others to share by any scope.
  const scopeBits = (subnet !== undefined && subnet.sourceBits > 0 && places.scopeBits?.(client)) || 0
  return { edges: places.near(site, client, countMax).slice(0, countMax), scopeBits }
}

/** `decision` with the edges of a site in it, if it is about one. */
export function placed(
  options: PlaceOptions,
  query: Query,
  decision: Decision,
  address: Uint8Array,
): { decision: Decision; scopeBits: number } {
  if (decision.kind !== 'site') return { decision, scopeBits: 0 }
  const { type } = query.question
  if (type === types.HTTPS && options.alpn.length === 0) return { decision: decision.absent(), scopeBits: 0 }
  const { edges, scopeBits } = edgesFor(options, decision.site, query, address)
  if (edges.length === 0) return { decision: unready, scopeBits }
  const { owner = query.question.name, aliases = [] } = decision
  const data = type === types.HTTPS ? httpsData(edges, options.alpn) : addressData(edges, type)
  const own =
    decision.signed === undefined
      ? owned({ ...query.question, name: owner }, data, options.ttlS)
      : decision.signed(data)
  if (own === undefined || own.length === 0) return { decision: decision.absent(), scopeBits }
  return { decision: { kind: 'answer', records: [...aliases, ...own], glue: [] }, scopeBits }
}

/** The addresses of `type` (A or AAAA) that `edges` have. */
export function octetsOf(edges: readonly EdgeAddress[], type: number): readonly Uint8Array[] {
  const octets: Uint8Array[] = []
  for (const data of addressData(edges, type)) if (data.kind === 'address') octets.push(data.bytes)
  return octets
}
