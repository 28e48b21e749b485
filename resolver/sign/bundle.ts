// The addresses of a site, signed in advance by its owner: an edge may choose among the sets, and can invent none.
//
// A validator accepts a set only whole, as it was signed. So there is one signed set for each edge that the owner
// admits, and one for each two and three that selection may name together (those near each other): with k neighbours
// n·(1 + k + k(k-1)/2) sets at most, where all twos and threes would be n³/6. What the sets share (TTL, times,
// key) is said once; a set costs its members, how much earlier than the last it ends, and 64 octets of signature.

import { equalBytes } from '../../base/bytes.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import { types } from '../wire/code.ts'
import { compareNames, foldCase, isWithin, type Name, nameText } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import { dataOf } from './canonical.ts'
import type { PublicKey, SigningKey } from './key.ts'
import { judge, readSignature, signatureHead, signSet, type Validity, type Verdict } from './rrsig.ts'

export const addressTypes = [types.A, types.AAAA] as const
export type AddressType = (typeof addressTypes)[number]
/** Answers name up to three edges. */
export const membersMax = 3

/** 4 or 16 octets each; at least one. */
export interface AdmittedEdge {
  readonly ipv4?: Uint8Array
  readonly ipv6?: Uint8Array
}

/** Addresses of one type in the order of the owner's list, and the sets of them that are signed. */
export interface Family {
  readonly addresses: readonly Uint8Array[]
  readonly sets: readonly SignedMembers[]
}

export interface SignedMembers {
  /** Index into `owners`. */
  readonly owner: number
  /** Indices into `addresses`, ascending. */
  readonly members: readonly number[]
  /** How long before the bundle's `expirationAtS` this signature ends: 0 to `earlierMaxS`. */
  readonly earlierS: number
  /** 64 octets. */
  readonly signature: Uint8Array
}

/** 18 hours: what two octets can say. */
export const earlierMaxS = 0xffff

/** The validity is that of the set that ends last. */
export interface Bundle extends Validity {
  /** In lower case, as are the owners. */
  readonly zone: Name
  /** Of the zone that it belongs to: of two bundles the one with the later serial counts. */
  readonly serial: number
  readonly ttlS: number
  readonly algorithm: number
  readonly tag: number
  /** Names at which the site is reached, in canonical order. */
  readonly owners: readonly Name[]
  readonly families: Readonly<Record<AddressType, Family>>
}

/**
 * Which edges to sign together: each alone, and each with up to two of those near it. `near` gives indices, best
 * first, of which `count` are taken.
 */
export function usefulSets(edges: number, near: (edge: number) => readonly number[], count = 4): number[][] {
  const sets = new Map<string, number[]>()
  const add = (...members: number[]): void => {
    const sorted = [...new Set(members)].sort((a, b) => a - b)
    sets.set(sorted.join(), sorted)
  }
  for (let edge = 0; edge < edges; edge++) {
    add(edge)
    const others = near(edge)
      .filter(other => other !== edge && other >= 0 && other < edges)
      .slice(0, count)
    for (const [i, one] of others.entries()) {
      add(edge, one)
      for (const other of others.slice(i + 1)) add(edge, one, other)
    }
  }
  return [...sets.values()]
}

export interface BundlePlan {
  readonly owners: readonly Name[]
  readonly edges: readonly AdmittedEdge[]
  /** From `usefulSets`. */
  readonly sets: readonly (readonly number[])[]
  readonly serial: number
  readonly ttlS: number
  readonly key: SigningKey
  readonly validity: Validity
  /** Lets each set end up to that much earlier, so that caches do not all come back at once. */
  readonly jitter?: { readonly withinS: number; readonly random: Random }
}

export function signBundle(plan: BundlePlan): Bundle {
  const { key, serial, ttlS, validity } = plan
  const owners = [...new Set(plan.owners.map(foldCase))].sort(compareNames)
  const families = {
    [types.A]: family(plan, owners, types.A),
    [types.AAAA]: family(plan, owners, types.AAAA),
  }
  const { zone, algorithm, tag } = key
  return { zone, serial, ttlS, ...validity, algorithm, tag, owners, families }
}

function family(
  { edges, sets, key, ttlS, validity, jitter }: BundlePlan,
  owners: Name[],
  type: AddressType,
): Family {
  const addresses: Uint8Array[] = []
  const places = edges.map(({ ipv4, ipv6 }) => {
    const address = type === types.A ? ipv4 : ipv6
    if (address === undefined) return undefined
    // Two edges behind one address are one to those who ask.
    const known = addresses.findIndex(other => equalBytes(other, address))
    return known < 0 ? addresses.push(address) - 1 : known
  })
  const distinct = new Map<string, number[]>()
  for (const set of sets) {
    const members = [...new Set(set.map(edge => places[edge]).filter(place => place !== undefined))]
    if (members.length > 0) distinct.set(members.sort((a, b) => a - b).join(), members)
  }
  const ordered = [...distinct.values()].sort(compareMembers)
  const signed = owners.flatMap((name, owner) =>
    ordered.map(members => {
      const data = members.map(member => dataOf(type, addresses[member]!))
      const earlierS = jitter === undefined ? 0 : integerBelow(jitter.random, jitter.withinS + 1)
      const own = { ...validity, expirationAtS: validity.expirationAtS - earlierS }
      const { bytes } = readSignature(signSet({ name, type, ttlS, data }, key, own))
      return { owner, members, earlierS, signature: bytes }
    }),
  )
  return { addresses, sets: signed }
}

/** The order of sets in a bundle: by size, then by members. */
export function compareMembers(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length
  const i = a.findIndex((member, i) => member !== b[i])
  return i < 0 ? 0 : a[i]! - b[i]!
}

/** One set of a bundle as it is answered; `addresses` are all of its type. */
export function setOf(
  bundle: Omit<Bundle, 'families'>,
  type: AddressType,
  addresses: readonly Uint8Array[],
  signed: SignedMembers,
): Rrset {
  const { owner, members, earlierS, signature } = signed
  const { zone, ttlS, algorithm, tag, inceptionAtS } = bundle
  const expirationAtS = bundle.expirationAtS - earlierS
  const name = bundle.owners[owner]!
  const data = members.map(member => dataOf(type, addresses[member]!))
  const labels = labelsIn(name)
  const fields = {
    covers: type,
    algorithm,
    labels,
    originalTtlS: ttlS,
    tag,
    signer: zone,
    inceptionAtS,
    expirationAtS,
  }
  const rrsig = dataOf(types.RRSIG, Buffer.concat([signatureHead(fields), signature]))
  return { name, type, ttlS, data, signatures: [rrsig] }
}

/** Without a leading `*`, as RRSIG counts. */
function labelsIn(name: Name): number {
  let count = 0
  for (let at = 0; at < name.length; at += 1 + name.charCodeAt(at)) count++
  return name.startsWith('\x01*') ? count - 1 : count
}

/**
 * What is wrong with a bundle, in words, ten at most: whoever gets one from a stranger asks before it is served.
 * Every signature is checked, which takes about as long as it took to make them.
 */
export function bundleFindings(bundle: Bundle, keys: readonly PublicKey[], nowS: number): string[] {
  const key = keys.find(({ tag, algorithm }) => tag === bundle.tag && algorithm === bundle.algorithm)
  if (key === undefined || key.zone !== bundle.zone) return [`key ${bundle.tag} is not one of the zone's`]
  const outside = bundle.owners.filter(owner => !isWithin(owner, bundle.zone))
  const findings = outside.map(owner => `${nameText(owner)} is not in ${nameText(bundle.zone)}`)
  for (const type of addressTypes) {
    const { addresses, sets } = bundle.families[type]
    for (const members of sets) {
      if (findings.length >= 10) return findings
      const verdict = verdictOf(setOf(bundle, type, addresses, members), key, nowS)
      if (verdict !== 'good')
        findings.push(`${nameText(bundle.owners[members.owner]!)} ${members.members}: ${verdict}`)
    }
  }
  return findings
}

function verdictOf(set: Rrset, key: PublicKey, nowS: number): Verdict {
  return judge(set, set.signatures[0]!, key, nowS)
}

/** When the first of its signatures ends. */
export function bundleEndsAtS({ expirationAtS, families }: Bundle): number {
  const earlierS = addressTypes.flatMap(type => families[type].sets.map(set => set.earlierS))
  return expirationAtS - earlierS.reduce((most, one) => Math.max(most, one), 0)
}

/** The set that stands in the zone file for servers that have no bundle: the first edges of the owner's list. */
export function firstAddresses(edges: readonly AdmittedEdge[], type: AddressType): RecordData[] {
  return edges
    .map(({ ipv4, ipv6 }) => (type === types.A ? ipv4 : ipv6))
    .filter(address => address !== undefined)
    .slice(0, membersMax)
    .map(address => dataOf(type, address))
}
