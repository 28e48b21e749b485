// `inxt zone sign --edges`: the edges that an owner admits, and their addresses signed in advance as a bundle.
//
// The list is a file of the owner's, so that whom to admit stays the owner's choice; which of them are near each
// other may be said there too, by whoever measured it. Without that, a short list is signed in all twos and
// threes.
//
// Beside the addresses the zone gets what the suffix says of every site: an HTTPS record (RFC 9460) where all admitted
// edges serve TLS at one port, since a browser that sees one asks by nothing else, and the content for DNSLink. The
// record has no hints: those would be right for one set of addresses only, and a signature for each set would make the
// bundle half as large again for a round trip that browsers save by asking for the addresses at the same time.

import { readFile } from 'node:fs/promises'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import { httpsData } from '../../resolver/select/https-record.ts'
import { type AdmittedEdge, addressTypes, firstAddresses, usefulSets } from '../../resolver/sign/bundle.ts'
import { parseIpv4, parseIpv6 } from '../../resolver/wire/address.ts'
import { classes, types } from '../../resolver/wire/code.ts'
import { childOf, foldCase, labelsOf, type Name, parseName } from '../../resolver/wire/name.ts'
import { dataText } from '../../resolver/wire/presentation.ts'
import type { RecordData } from '../../resolver/wire/rdata.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'
import { linkName } from '../../resolver/zone/domain-zone.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { linkSet } from '../../resolver/zone/suffix.ts'
import { siteAlpn } from '../serving.ts'

/** Short, as edges come and go (the owner's other records keep theirs). */
export const placesTtlS = 30
const edgesMax = 2000
/** 12 + 66 + 220 sets: less than 30 kB for each type and name. */
const everySetMax = 12
const nearMax = 4

export interface PlaceOptions {
  /** JSON: `[{ "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "httpsPort": 443, "near": [1, 2] }, …]`; indices. */
  readonly edges?: string
  /** Names below the zone; `@` for the zone itself. */
  readonly site: readonly string[]
  readonly bundle?: string
  /** Whether the site has an HTTPS record, if all edges serve TLS at one port. */
  readonly https: boolean
  /** CID of what the site shows now; without it nothing is said of that. */
  readonly content?: string
}

export interface AdmittedPlaces {
  readonly owners: readonly Name[]
  readonly edges: readonly AdmittedEdge[]
  readonly sets: readonly (readonly number[])[]
  /** At each owner, unless the file has a record there: one or none. */
  readonly https: readonly RecordData[]
  /** Below each owner, unless the file has a say there: one or none. */
  readonly link: readonly RecordData[]
}

/** Undefined without --edges. Faults: input/invalid, config/unreadable, config/invalid. */
export async function readPlaces(options: PlaceOptions, apex: Name): Promise<AdmittedPlaces | undefined> {
  const { edges: file } = options
  if (file === undefined) {
    if (options.site.length === 0 && options.bundle === undefined) return undefined
    throw new Fault('input/invalid', '--site and --bundle need --edges', {
      hint: 'Name a file with the edges you admit.',
    })
  }
  return admit(parseEdges(await readText(file), file), options, apex)
}

export function admit(
  list: readonly ListedEdge[],
  { site, https, content }: PlaceOptions,
  apex: Name,
): AdmittedPlaces {
  const owners = (site.length === 0 ? ['@'] : site).map(text => ownerOf(text, apex))
  const all = Array.from({ length: list.length }, (_, i) => i)
  const isShort = list.length <= everySetMax
  const near = (edge: number): readonly number[] => list[edge]!.near ?? (isShort ? all : [])
  return {
    owners,
    edges: list,
    sets: usefulSets(list.length, near, isShort ? everySetMax : nearMax),
    https: https
      ? httpsData(
          list.map(({ httpsPort }) => ({ httpsPort })),
          siteAlpn,
        )
      : [],
    link: content === undefined ? [] : linkSet(content, placesTtlS).data,
  }
}

function ownerOf(text: string, apex: Name): Name {
  return text === '@'
    ? apex
    : labelsOf(foldCase(parseName(text))).reduceRight<Name>((name, label) => childOf(label, name), apex)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

export interface ListedEdge extends AdmittedEdge {
  readonly httpsPort?: number
  readonly near?: readonly number[]
}

/** Throws Fault `config/invalid` with a line for each entry that cannot be used. */
export function parseEdges(text: string, file: string): ListedEdge[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (cause) {
    throw new Fault('config/invalid', `${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
  if (!Array.isArray(list) || list.length === 0 || list.length > edgesMax) {
    throw new Fault('config/invalid', `${file} is no list of 1 to ${edgesMax} edges`)
  }
  const wrong: string[] = []
  const edges = list.map((entry: Record<string, unknown> | null, i) => {
    const { ipv4, ipv6, httpsPort, near } = entry ?? {}
    const four = typeof ipv4 === 'string' ? parseIpv4(ipv4) : undefined
    const six = typeof ipv6 === 'string' ? parseIpv6(ipv6) : undefined
    const isNear = near === undefined || (Array.isArray(near) && near.every(other => Number.isInteger(other)))
    const isWell = (ipv4 === undefined || four) && (ipv6 === undefined || six) && (four ?? six) && isNear
    if (!isWell)
      wrong.push(`${file}: edge ${i} has no good ipv4 or ipv6, or a near that is no list of numbers`)
    if (httpsPort !== undefined && !isPort(httpsPort)) wrong.push(`${file}: edge ${i} has no good httpsPort`)
    return {
      ...(four && { ipv4: four }),
      ...(six && { ipv6: six }),
      ...(isPort(httpsPort) && { httpsPort }),
      ...(Array.isArray(near) && { near }),
    }
  })
  if (wrong.length > 0) throw new Fault('config/invalid', wrong.slice(0, 20).join('\n'))
  return edges
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535
}

/** `records` with what is said of the site at its names; of addresses the first, for servers without the bundle. */
export function withPlaces(
  records: readonly ResourceRecord[],
  apex: Name,
  places: AdmittedPlaces,
): ResourceRecord[] {
  const { owners, edges, https, link } = places
  const has = (name: Name, type: number): boolean =>
    records.some(record => record.type === type && foldCase(record.name) === name)
  const own = records.filter(
    ({ name, type }) => !(owners.includes(foldCase(name)) && addressTypes.some(own => own === type)),
  )
  const record = (name: Name, type: number) => (data: RecordData) => ({
    ...{ name, type, class: classes.IN, ttlS: placesTtlS, data },
  })
  const zone = createZone(own, apex)
  const links = owners.flatMap(owner => (owner.startsWith('\x01*') ? [] : (linkName(zone, owner) ?? [])))
  return [
    ...own,
    ...owners.flatMap(name => [
      ...addressTypes.flatMap(type => firstAddresses(edges, type).map(record(name, type))),
      ...(has(name, types.HTTPS) ? [] : https.map(record(name, types.HTTPS))),
    ]),
    ...links.flatMap(name => link.map(record(name, types.TXT))),
  ]
}

/** What `records` say of a site beside its addresses, in one order: what another version may say otherwise. */
export function besidePlaces(records: readonly ResourceRecord[], { owners }: AdmittedPlaces): string {
  const names = new Set(owners.flatMap(owner => [owner, `\x08_dnslink${owner}`]))
  return records
    .filter(({ name, type }) => names.has(foldCase(name)) && (type === types.HTTPS || type === types.TXT))
    .map(({ name, type, data }) => `${foldCase(name)} ${dataText(data, type)}`)
    .sort()
    .join('\n')
}
