// `inxt zone sign --edges`: the edges that an owner admits, and their addresses signed in advance as a bundle.
//
// The list is a file of the owner's, so that whom to admit stays the owner's choice; which of them are near each
// other may be said there too, by whoever measured it. Without that, a short list is signed in all twos and
// threes.

import { readFile } from 'node:fs/promises'
import { Fault } from '../../base/fault.ts'
import { type AdmittedEdge, addressTypes, firstAddresses, usefulSets } from '../../resolver/sign/bundle.ts'
import { parseIpv4, parseIpv6 } from '../../resolver/wire/address.ts'
import { classes } from '../../resolver/wire/code.ts'
import { childOf, foldCase, labelsOf, type Name, parseName } from '../../resolver/wire/name.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'

/** Short, as edges come and go (the owner's other records keep theirs). */
export const placesTtlS = 30
const edgesMax = 2000
/** 12 + 66 + 220 sets: less than 30 kB for each type and name. */
const everySetMax = 12
const nearMax = 4

export interface PlaceOptions {
  /** JSON: `[{ "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "near": [1, 2] }, …]`; indices into the same list. */
  readonly edges?: string
  /** Names below the zone; `@` for the zone itself. */
  readonly site: readonly string[]
  readonly bundle?: string
}

export interface AdmittedPlaces {
  readonly owners: readonly Name[]
  readonly edges: readonly AdmittedEdge[]
  readonly sets: readonly (readonly number[])[]
}

/** Undefined without --edges. Faults: input/invalid, config/unreadable, config/invalid. */
export async function readPlaces(options: PlaceOptions, apex: Name): Promise<AdmittedPlaces | undefined> {
  const { edges: file, site } = options
  if (file === undefined) {
    if (site.length === 0 && options.bundle === undefined) return undefined
    throw new Fault('input/invalid', '--site and --bundle need --edges', {
      hint: 'Name a file with the edges you admit.',
    })
  }
  const owners = (site.length === 0 ? ['@'] : site).map(text => ownerOf(text, apex))
  const list = parseEdges(await readText(file), file)
  const all = Array.from({ length: list.length }, (_, i) => i)
  const isShort = list.length <= everySetMax
  const near = (edge: number): readonly number[] => list[edge]!.near ?? (isShort ? all : [])
  return { owners, edges: list, sets: usefulSets(list.length, near, isShort ? everySetMax : nearMax) }
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
    throw new Fault('config/unreadable', `${file}: ${(cause as Error).message}`, { cause })
  }
}

interface ListedEdge extends AdmittedEdge {
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
    const { ipv4, ipv6, near } = entry ?? {}
    const four = typeof ipv4 === 'string' ? parseIpv4(ipv4) : undefined
    const six = typeof ipv6 === 'string' ? parseIpv6(ipv6) : undefined
    const isNear = near === undefined || (Array.isArray(near) && near.every(other => Number.isInteger(other)))
    const isWell = (ipv4 === undefined || four) && (ipv6 === undefined || six) && (four ?? six) && isNear
    if (!isWell)
      wrong.push(`${file}: edge ${i} has no good ipv4 or ipv6, or a near that is no list of numbers`)
    return { ...(four && { ipv4: four }), ...(six && { ipv6: six }), ...(Array.isArray(near) && { near }) }
  })
  if (wrong.length > 0) throw new Fault('config/invalid', wrong.slice(0, 20).join('\n'))
  return edges
}

/** The zone with the first of the places at the site's names, for servers that have no bundle. */
export function withPlaces(records: readonly ResourceRecord[], places: AdmittedPlaces): ResourceRecord[] {
  const isTheirs = ({ name, type }: ResourceRecord): boolean =>
    places.owners.includes(foldCase(name)) && addressTypes.some(own => own === type)
  const added = places.owners.flatMap(name =>
    addressTypes.flatMap(type =>
      firstAddresses(places.edges, type).map(data => ({
        name,
        type,
        class: classes.IN,
        ttlS: placesTtlS,
        data,
      })),
    ),
  )
  return [...records.filter(record => !isTheirs(record)), ...added]
}
