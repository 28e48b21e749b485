// The zone of a suffix: every registered name is a node in it, and so is every edge that answers for it.
//
//   inxt                     SOA, NS
//   <label>.inxt             A, AAAA, HTTPS of live edges; TXT that names the content
//   _dnslink.<label>.inxt    TXT that names the content, where DNSLink looks first
//   <cid>.ipfs.inxt          A, AAAA, HTTPS of live edges, for the roots that have pages
//   <server>.ns.inxt         A, AAAA of one edge
//   ns.inxt, ipfs.inxt       nothing: empty non-terminals, and therefore not names that can be used by an owner
//
// Everything is computed when asked for. A table rebuilt on each block would be faster to read, and stale
// between the event and the rebuilding.

import { utf8 } from '../../base/bytes.ts'
import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { classes, types } from '../wire/code.ts'
import { childOf, foldCase, labelsOf, type Name, parseName, rootName } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { Names, Site } from './names.ts'
import type { Rrset } from './rrset.ts'
import type { EdgeAddress, Server, Servers } from './servers.ts'
import type { NodeSet, Zone, ZoneNode } from './zone.ts'

/** How long answers may be kept, in seconds. */
export interface Ttls {
  /** Addresses of a site. A dead edge should be forgotten as fast as membership notices: within 5 s. */
  readonly addressS: number
  /** Which content a name has: it changes with a block. */
  readonly contentS: number
  /** Name servers and their addresses: 13 are named, so that one which died costs a retry, not an answer. */
  readonly serversS: number
  /** That something does not exist: a name may be registered with the next block. */
  readonly negativeS: number
}

export const defaultTtls: Ttls = { addressS: 5, contentS: 5, serversS: 60, negativeS: 5 }

/**
 * As many as the root has. With labels of 10 octets an NS record takes 25 and its glue 16: 13 × 25 + 40 =
 * 365 octets fit into the 512 of plain DNS, 13 × 41 + 40 = 573 with glue into the 1232 of EDNS.
 */
const serversMax = 13

/**
 * For secondaries, which this zone has none of (edges read the chain instead), but checkers look at them:
 * within the bounds that zone checkers hold to be sane, which are those of RIPE-203.
 */
const soaTimes = { refreshS: 4 * 3600, retryS: 3600, expireS: 14 * 86_400 }

/** Labels that the zone uses itself, whoever has registered them: they have neither site nor zone of an owner. */
export const ownLabels: ReadonlySet<string> = new Set(['ns', 'ipfs'])

const none: readonly RecordData[] = []
/** What is said of the edges of a site. */
const siteTypes: ReadonlySet<number> = new Set([types.A, types.AAAA, types.HTTPS])
const ldh = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const stringBytesMax = 255

/**
 * `suffix` in presentation; throws Fault `name/invalid` when it is no name, or leaves no room for names
 * below.
 */
export function createSuffixZone(options: {
  suffix: string
  names: Names
  servers: Servers
  ttls: Ttls
}): Zone {
  const { names, ttls } = options
  const servers = (): readonly Server[] => options.servers.servers().filter(({ name }) => ldh.test(name))
  const soa = (apex: Name): Rrset => ({
    name: apex,
    type: types.SOA,
    // RFC 2308 §5: an absence lives as long as the lesser of TTL and minimum. One number for both leaves no
    // doubt.
    ttlS: ttls.negativeS,
    data: [soaData(apex, servers()[0], names.serial(), ttls.negativeS)],
    signatures: none,
  })
  const apex = foldCase(parseName(options.suffix))
  hostOf('x'.repeat(63), apex) // the longest name that we make ourselves
  return {
    apex,
    soa,
    node(name, asked) {
      const labels = labelsOf(name.slice(0, name.length - apex.length) as Name)
      const [first, second] = labels
      if (first === undefined) return apexNode(asked, soa, servers, ttls.serversS)
      if (labels.length === 1) {
        return ownLabels.has(first) ? emptyNode : siteNode(first, siteOf(names, first), ttls.contentS)
      }
      if (labels.length > 2) return undefined
      if (second === 'ns') return serverNode(servers(), first, ttls.serversS)
      if (second === 'ipfs') return ldh.test(first) && names.isRoot?.(first) ? placesNode(first) : undefined
      return first === '_dnslink' ? linkNode(siteOf(names, second!), ttls.contentS) : undefined
    },
  }
}

/** Nothing but a possible label is ever asked of the name table. */
function siteOf(names: Names, label: string): Site | undefined {
  return ldh.test(label) && !ownLabels.has(label) ? names.site(label) : undefined
}

const emptyNode: ZoneNode = { empty: true, rrset: () => undefined }

function apexNode(
  apex: Name,
  soa: (apex: Name) => Rrset,
  servers: () => readonly Server[],
  ttlS: number,
): ZoneNode {
  return {
    empty: false,
    rrset(type) {
      if (type === types.SOA) return soa(apex)
      return type === types.NS ? serverSet(servers().slice(0, serversMax), apex, ttlS) : undefined
    },
  }
}

function serverSet(servers: readonly Server[], apex: Name, ttlS: number): NodeSet {
  if (servers.length === 0) return { kind: 'unready' }
  const hosts = servers.map(({ name, address }) => ({ host: hostOf(name, apex), address }))
  return {
    name: apex,
    type: types.NS,
    ttlS,
    signatures: none,
    data: hosts.map(({ host }) => ({ kind: 'host', host })),
    glue: hosts.flatMap(({ host, address }) =>
      [types.A, types.AAAA].flatMap(type =>
        addressData([address], type).map(data => ({ name: host, type, class: classes.IN, ttlS, data })),
      ),
    ),
  }
}

function hostOf(server: string, apex: Name): Name {
  return childOf(server, childOf('ns', apex))
}

function serverNode(servers: readonly Server[], name: string, ttlS: number): ZoneNode | undefined {
  const server = servers.find(candidate => candidate.name === name)
  if (server === undefined) return undefined
  return { empty: false, rrset: type => dataSet(type, ttlS, addressData([server.address], type)) }
}

function siteNode(label: string, site: Site | undefined, ttlS: number): ZoneNode | undefined {
  if (site === undefined) return undefined
  // Without content there is nothing to be reached, but the name is owned: it exists and has no records.
  if (site.contentCid === undefined) return emptyNode
  const link = linkSet(site.contentCid, ttlS)
  return {
    empty: false,
    rrset(type) {
      if (siteTypes.has(type)) return { kind: 'site', site: label }
      return type === types.TXT ? link : undefined
    },
  }
}

function placesNode(site: string): ZoneNode {
  return { empty: false, rrset: type => (siteTypes.has(type) ? { kind: 'site', site } : undefined) }
}

function linkNode(site: Site | undefined, ttlS: number): ZoneNode | undefined {
  if (site?.contentCid === undefined) return undefined
  const link = linkSet(site.contentCid, ttlS)
  return { empty: false, rrset: type => (type === types.TXT ? link : undefined) }
}

/** The text that DNSLink reads; longer ones go on in a second string, which readers join. */
export function linkSet(cid: string, ttlS: number): Rrset {
  const bytes = utf8(`dnslink=/ipfs/${cid}`)
  const strings: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += stringBytesMax) {
    strings.push(bytes.subarray(at, at + stringBytesMax))
  }
  return { name: rootName, type: types.TXT, ttlS, data: [{ kind: 'text', strings }], signatures: none }
}

/** Its owner is the name that was asked for, so none is given here. */
function dataSet(type: number, ttlS: number, data: readonly RecordData[]): Rrset | undefined {
  return data.length === 0 ? undefined : { name: rootName, type, ttlS, data, signatures: none }
}

/** The octets of those addresses that are of `type` (A or AAAA) and well spelled. */
export function addressData(addresses: readonly EdgeAddress[], type: number): RecordData[] {
  const data: RecordData[] = []
  for (const { ipv4, ipv6 } of addresses) {
    let bytes: Uint8Array | undefined
    if (type === types.A && ipv4 !== undefined) bytes = parseIpv4(ipv4)
    if (type === types.AAAA && ipv6 !== undefined) bytes = parseIpv6(ipv6)
    if (bytes !== undefined) data.push({ kind: 'address', bytes })
  }
  return data
}

function soaData(apex: Name, primary: Server | undefined, serial: number, negativeS: number): RecordData {
  return {
    kind: 'authority',
    primary: primary === undefined ? childOf('ns', apex) : hostOf(primary.name, apex),
    mailbox: childOf('hostmaster', apex),
    serial: serial >>> 0,
    ...soaTimes,
    negativeS,
  }
}
