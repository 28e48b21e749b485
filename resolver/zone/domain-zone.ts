// Zones of domains that were delegated to us: made up from the site that the domain is to show, or the owner's own zone
// with the site's places put into it.
//
//   example.com             SOA, NS as the parent has them; A, AAAA, HTTPS of live edges; TXT that names the content
//   www.example.com         the same places and TXT
//   _dnslink.<either>       TXT that names the content, where DNSLink looks first
//   <below the domain>      name servers that the parent has addresses of: the same A, AAAA
//
// What is said of a site is said in one place: its nodes in the zone of a suffix (suffix.ts), which a domain shows
// under its own name. There is no CAA, so that any authority may issue certificates; who wants one has an own zone.

import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { types } from '../wire/code.ts'
import {
  childOf,
  foldCase,
  isWithin,
  type Name,
  nameBytesMax,
  parentOf,
  parseName,
  rootName,
} from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import { wildcardOf } from './denial.ts'
import type { Names } from './names.ts'
import type { Rrset } from './rrset.ts'
import { createSuffixZone, linkSet, type Ttls } from './suffix.ts'
import type { NodeSet, Zone, ZoneNode } from './zone.ts'

export interface DomainZoneOptions {
  /** As text, without a dot at the end. */
  readonly domain: string
  /** The label of its site. */
  readonly site: string
  readonly names: Names
  /** The parent's NS set, and the addresses that it gives for hosts below the domain. */
  readonly hosts: readonly { readonly name: Name; readonly addresses: readonly string[] }[]
  /** Of that NS set. */
  readonly ttlS: number
  readonly ttls: Ttls
}

/** For secondaries, of which there are none; as in the zone of a suffix. */
const soaTimes = { refreshS: 4 * 3600, retryS: 3600, expireS: 14 * 86_400 }
const none: readonly RecordData[] = []
const emptyNode: ZoneNode = { empty: true, rrset: () => undefined }
const linkLabel = '_dnslink'
/** The suffix under which a domain looks up its site: no client sees it. */
const inner = parseName('site')
const siteNames = ['', 'www', '_dnslink', '_dnslink.www']

/** Throws Fault `name/invalid` for a domain that leaves no room for the names below it. */
export function createDomainZone(options: DomainZoneOptions): Zone {
  const { site, names, hosts, ttlS, ttls } = options
  const apex = foldCase(parseName(options.domain))
  const sites = createSuffixZone({ suffix: 'site', names, servers: { servers: () => [] }, ttls })
  const place = childOf(site, inner)
  const shown = new Map(
    siteNames.map(name => [
      `${parseName(name)}${apex}`,
      name.startsWith('_') ? childOf('_dnslink', place) : place,
    ]),
  )
  const servers = serverNodes(apex, hosts, ttlS)
  const soa = (asked: Name): Rrset => ({
    name: asked,
    type: types.SOA,
    ttlS: ttls.negativeS,
    data: [
      {
        kind: 'authority',
        primary: hosts[0]?.name ?? asked,
        mailbox: childOf('hostmaster', asked),
        // The same at every edge, and another whenever the site is.
        serial: (names.site(site)?.sequence ?? 0) >>> 0,
        ...soaTimes,
        negativeS: ttls.negativeS,
      },
    ],
    signatures: none,
  })
  const ns: Omit<Rrset, 'name'> = {
    type: types.NS,
    ttlS,
    data: hosts.map(({ name }) => ({ kind: 'host', host: name })),
    signatures: none,
  }
  return {
    apex,
    soa,
    node(name, asked) {
      const within = shown.get(name)
      const node = within === undefined ? servers.get(name) : sites.node(within, inner)
      if (name !== apex) return node ?? servers.get(name)
      return {
        empty: false,
        rrset(type) {
          if (type === types.SOA) return soa(asked)
          return type === types.NS ? { ...ns, name: asked } : node?.rrset(type)
        },
      }
    },
  }
}

/** The hosts below `apex` that have addresses, and the empty names between. */
function serverNodes(apex: Name, hosts: DomainZoneOptions['hosts'], ttlS: number): Map<Name, ZoneNode> {
  const nodes = new Map<Name, ZoneNode>()
  for (const { name, addresses } of hosts) {
    if (name === apex || !isWithin(name, apex) || addresses.length === 0) continue
    const octets = addresses
      .map(text => parseIpv4(text) ?? parseIpv6(text))
      .filter(bytes => bytes !== undefined)
    nodes.set(name, { empty: false, rrset: type => addressSet(type, octets, ttlS) })
    for (let above = parentOf(name); above !== apex; above = parentOf(above)) {
      if (!nodes.has(above)) nodes.set(above, emptyNode)
    }
  }
  return nodes
}

/** Its owner is the name that was asked for. */
function addressSet(type: number, octets: readonly Uint8Array[], ttlS: number): Rrset | undefined {
  const length = type === types.A ? 4 : type === types.AAAA ? 16 : 0
  const data = octets
    .filter(bytes => bytes.length === length)
    .map(bytes => ({ kind: 'address', bytes }) as const)
  return data.length === 0 ? undefined : { name: rootName, type, ttlS, data, signatures: none }
}

const placed: ReadonlySet<number> = new Set([types.A, types.AAAA, types.HTTPS])

export interface ShownSite {
  /** Its label. */
  readonly site: string
  /** In lower case. */
  readonly owners: readonly Name[]
  readonly names: Pick<Names, 'site'>
  /** Of what is said of its content. */
  readonly contentTtlS: number
}

/**
 * `zone` with the edges of a site at its owners, beside whatever else is there, and its content for DNSLink below. A
 * name keeps to the word of the zone's holder where that says A, AAAA or CNAME, or leaves it to a wildcard, a DNAME or
 * another zone. A signed zone stays as it is: places must be signed in it (signed-places.ts).
 */
export function withSite(zone: Zone, { site, owners, names, contentTtlS }: ShownSite): Zone {
  if (zone.denial !== undefined) return zone
  const wanted = owners.filter(owner => isWithin(owner, zone.apex) && mayPlace(zone, owner))
  const links = new Set(wanted.map(owner => linkName(zone, owner)))
  const within = new Set<Name>()
  for (const owner of wanted) {
    for (let name = owner; name !== zone.apex; name = parentOf(name)) within.add(name)
  }
  const ends = new Set(wanted)
  return {
    ...zone,
    node(name, apex) {
      const node = zone.node(name, apex)
      const contentCid = links.has(name) ? names.site(site)?.contentCid : undefined
      if (contentCid !== undefined) return linkedNode(node ?? emptyNode, linkSet(contentCid, contentTtlS))
      if (!ends.has(name)) return node ?? (within.has(name) ? emptyNode : undefined)
      return placedNode(node ?? emptyNode, site)
    },
  }
}

/**
 * Where DNSLink looks for the content of `owner`; undefined where the file says what is there (by TXT, CNAME, a
 * wildcard of them, DNAME or a delegation), and below a name so long that there is no room.
 */
export function linkName(zone: Zone, owner: Name): Name | undefined {
  if (owner.length + linkLabel.length + 1 > nameBytesMax) return undefined
  const name = childOf(linkLabel, owner)
  const says = (node: ZoneNode): unknown =>
    node.cut ?? [types.TXT, types.CNAME].find(type => node.rrset(type) !== undefined)
  const own = zone.node(name, zone.apex)
  if (own !== undefined) return says(own) === undefined ? name : undefined
  const encloser = encloserOf(zone, name)
  const wildcard = zone.node(wildcardOf(encloser.name), zone.apex)
  const said = encloser.node.cut ?? encloser.node.rrset(types.DNAME) ?? (wildcard && says(wildcard))
  return said === undefined ? name : undefined
}

/** Whether its file leaves it open where `owner`, a name in it, leads: no address, alias, wildcard or delegation. */
export function mayPlace(zone: Zone, owner: Name): boolean {
  const node = zone.node(owner, zone.apex)
  if (node !== undefined) {
    return node.cut === undefined && ![types.A, types.AAAA, types.CNAME].some(type => node.rrset(type))
  }
  const encloser = encloserOf(zone, owner)
  const wildcard = zone.node(wildcardOf(encloser.name), zone.apex)
  return (encloser.node.cut ?? encloser.node.rrset(types.DNAME) ?? wildcard) === undefined
}

/** The nearest name above `name` that there is (RFC 4592 §3.3.1); `name` is below the apex. */
function encloserOf(zone: Zone, name: Name): { name: Name; node: ZoneNode } {
  for (let above = parentOf(name); ; above = parentOf(above)) {
    const node = zone.node(above, zone.apex)
    if (node !== undefined) return { name: above, node }
  }
}

function linkedNode(node: ZoneNode, link: Rrset): ZoneNode {
  return { empty: false, rrset: type => (type === types.TXT ? link : node.rrset(type)) }
}

function placedNode(node: ZoneNode, site: string): ZoneNode {
  const place: NodeSet = { kind: 'site', site }
  return {
    empty: false,
    ...(node.sets && { sets: node.sets }),
    rrset: type => node.rrset(type) ?? (placed.has(type) ? place : undefined),
  }
}
