// The addresses of a site, for this asker: the zone said that there are some, this step says which.
//
// No live edge is not the same as no address: NODATA would be remembered, SERVFAIL sends the asker to the
// next server, which may know more. AAAA names the nearest of the edges that have such an address, be they farther
// than those of A: a client of IPv6 alone is to reach the site. So it is NODATA only where no edge has one; and an
// HTTPS record is, where the chosen do not all speak TLS, for a browser that saw one asks each of them that way. Who
// gives the edges gives all of them a port of TLS or none, as others may be chosen when the browser asks for A.

import { httpsData } from '../select/https-record.ts'
import { type ClientPrefix, clientPrefix } from '../select/subnet.ts'
import { types } from '../wire/code.ts'
import type { Decision } from '../zone/decision.ts'
import { owned, unready } from '../zone/ladder.ts'
import type { EdgeAddress } from '../zone/servers.ts'
import { addressData } from '../zone/suffix.ts'
import type { Query } from './query.ts'

export interface Places {
  /**
   * Live edges that may serve `site` to `client`, best first, `countMax` at most; with `hasIpv6` of those that have an
   * IPv6 address. Never waits.
   */
  near(site: string, client: ClientPrefix, countMax: number, hasIpv6: boolean): readonly EdgeAddress[]
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

/** The edges for `type`, and how many bits of the subnet in `query` mattered; `address` is the sender's. */
export function edgesFor(
  { places, countMax, hearsSubnets }: PlaceOptions,
  { label, type }: { label: string; type: number },
  { extensions }: Query,
  address: Uint8Array,
): { edges: readonly EdgeAddress[]; scopeBits: number } {
  const subnet = hearsSubnets && extensions !== 'malformed' ? extensions.subnet : undefined
  const client = clientPrefix(subnet, address)
  // For who tells nothing the answer is the resolver's, and is not for others to share by any scope.
  const scopeBits = (subnet !== undefined && subnet.sourceBits > 0 && places.scopeBits?.(client)) || 0
  const near = (hasIpv6: boolean): readonly EdgeAddress[] =>
    places.near(label, client, countMax, hasIpv6).slice(0, countMax)
  const edges = near(type === types.AAAA)
  // Who sees an HTTPS record asks by TLS whichever edges A and AAAA name.
  const isPartial = type === types.HTTPS && edges.some(({ ipv6 }) => ipv6 === undefined)
  return { edges: isPartial ? [...edges, ...near(true)] : edges, scopeBits }
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
  const chosen = (type: number) => edgesFor(options, { label: decision.site, type }, query, address)
  const { edges, scopeBits } = chosen(type)
  // Of IPv6 there may be none although there are edges.
  const isAny = edges.length > 0 || (type === types.AAAA && chosen(types.A).edges.length > 0)
  if (!isAny) return { decision: unready, scopeBits }
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
