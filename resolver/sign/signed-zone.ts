// A whole zone signed in advance (RFC 4035 §2): what an owner publishes, and what any name server can serve.
//
// Signed is what the zone has authority for: not the NS of a delegation, not glue, nothing below a cut or a
// DNAME. What a signer adds (DNSKEY, CDS, RRSIG, NSEC …) is taken out of the input first, so signing a signed
// zone signs it anew. All sets are signed at once, each with an end of its own within the jitter, so that
// re-signing before the first of them ends never comes late (RFC 6781 §4.4.2.2 wants the ends apart).

import { Fault } from '../../base/fault.ts'
import type { Random } from '../../base/random.ts'
import { types } from '../wire/code.ts'
import { compareNames, foldCase, isWithin, type Name, nameText, parentOf } from '../wire/name.ts'
import type { Authority, RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { type Rrset, rrsetsOf } from '../zone/rrset.ts'
import { dataOf } from './canonical.ts'
import { zoneDigest } from './digest.ts'
import { digestTypes, dnskeyBytes, dsBytes, type SigningKey } from './key.ts'
import { type ChainName, nsec3Chain, nsec3Param, nsecChain } from './nsec.ts'
import { signSet } from './rrsig.ts'

/** What a key does in a version of the zone; which of it when is a matter of rollover.ts. */
export interface KeyUse {
  readonly key: SigningKey
  /** Whether it is in the DNSKEY set. */
  readonly isPublished: boolean
  /** Whether it signs DNSKEY, CDS and CDNSKEY. */
  readonly signsKeys: boolean
  readonly signsZone: boolean
  /** Whether the parent is to point at it (RFC 7344). */
  readonly isWanted: boolean
}

export interface SigningPlan {
  /** In lower case. */
  readonly apex: Name
  readonly keys: readonly KeyUse[]
  readonly denial: 'nsec' | 'nsec3'
  readonly hasDigest: boolean
  /** From `nowS` to the end of a signature, before jitter. */
  readonly lifetimeS: number
  /** Each end is up to that much earlier. */
  readonly jitterS: number
  /** How far back signatures begin, for validators whose clocks are slow. */
  readonly leadS: number
  readonly dnskeyTtlS: number
  /** Replaces that of the SOA when given. */
  readonly serial?: number
}

export const planByDefault = {
  denial: 'nsec',
  hasDigest: true,
  lifetimeS: 14 * 86_400,
  jitterS: 86_400,
  leadS: 3600,
  dnskeyTtlS: 3600,
} as const satisfies Partial<SigningPlan>

/** What a signer adds anywhere, and what it adds at the apex. */
const addedAnywhere: readonly number[] = [types.RRSIG, types.NSEC, types.NSEC3]
const addedAtApex: readonly number[] = [
  types.DNSKEY,
  types.CDS,
  types.CDNSKEY,
  types.NSEC3PARAM,
  types.ZONEMD,
]

/** The zone without what a signer added. `apex` in lower case. */
export function withoutSigning(records: readonly ResourceRecord[], apex: Name): ResourceRecord[] {
  return records.filter(
    ({ name, type }) =>
      !addedAnywhere.includes(type) && !(addedAtApex.includes(type) && foldCase(name) === apex),
  )
}

/**
 * All sets of the signed zone, SOA first, the rest in canonical order. Throws Fault `config/invalid` for records that
 * are not of the zone, a zone without SOA, or keys of another zone.
 */
export function signZone(
  records: readonly ResourceRecord[],
  plan: SigningPlan,
  nowS: number,
  random: Random,
): Rrset[] {
  const { apex, keys } = plan
  const stranger = keys.find(({ key }) => key.zone !== apex)?.key
  if (stranger !== undefined) {
    const what = `key ${stranger.tag} is of ${nameText(stranger.zone)}, not of ${nameText(apex)}`
    throw new Fault('config/invalid', what, { hint: 'Name the folder with the keys of this zone.' })
  }
  const own = rrsetsOf(withoutSigning(records, apex))
  const soa = soaOf(own, plan)
  const { negativeS, serial } = soa.data[0] as Authority
  const denialTtlS = Math.min(soa.ttlS, negativeS)
  const sets = [...own.filter(set => !isSoaOf(set, apex)), soa, ...keySets(plan)]
  if (plan.denial === 'nsec3') sets.push(nsec3Param(apex))
  const digestAt: Rrset = { name: apex, type: types.ZONEMD, ttlS: soa.ttlS, data: [], signatures: [] }
  const names = chainNames(apex, plan.hasDigest ? [...sets, digestAt] : sets)
  const chain = plan.denial === 'nsec3' ? nsec3Chain(apex, names, denialTtlS) : nsecChain(names, denialTtlS)
  const sign = (set: Rrset): Rrset => ({ ...set, signatures: signaturesOver(set, plan, nowS, random) })
  const isOurs = authority(apex, sets)
  const signed = [...sets.map(set => (isOurs(set) ? sign(set) : set)), ...chain.map(sign)]
  if (plan.hasDigest) signed.push(sign({ ...digestAt, data: [zoneDigest(apex, signed, serial)] }))
  return inOrder(signed, apex)
}

function isSoaOf({ name, type }: Rrset, apex: Name): boolean {
  return type === types.SOA && foldCase(name) === apex
}

function soaOf(sets: readonly Rrset[], { apex, serial }: SigningPlan): Rrset {
  const outside = sets.find(({ name }) => !isWithin(foldCase(name), apex))
  if (outside !== undefined) {
    throw new Fault('config/invalid', `${nameText(outside.name)} is not in ${nameText(apex)}`)
  }
  const soa = sets.find(set => isSoaOf(set, apex))
  const data = soa?.data[0]
  if (soa === undefined || data?.kind !== 'authority' || soa.data.length > 1) {
    throw new Fault('config/invalid', `${nameText(apex)} does not have one SOA`)
  }
  return serial === undefined ? soa : { ...soa, data: [{ ...data, serial }] }
}

/** DNSKEY, CDNSKEY and CDS, not signed. */
export function keySets({
  apex,
  keys,
  dnskeyTtlS,
}: Pick<SigningPlan, 'apex' | 'keys' | 'dnskeyTtlS'>): Rrset[] {
  const wanted = keys.filter(({ isWanted }) => isWanted)
  const set = (type: number, rdata: Uint8Array[]): Rrset[] => {
    const data = rdata.map(octets => dataOf(type, octets))
    return data.length === 0 ? [] : [{ name: apex, type, ttlS: dnskeyTtlS, data, signatures: [] }]
  }
  return [
    ...set(
      types.DNSKEY,
      keys.filter(({ isPublished }) => isPublished).map(({ key }) => dnskeyBytes(key)),
    ),
    ...set(
      types.CDNSKEY,
      wanted.map(({ key }) => dnskeyBytes(key)),
    ),
    ...set(
      types.CDS,
      wanted.map(({ key }) => dsBytes(key, digestTypes.SHA256)),
    ),
  ]
}

/** Whether the zone has authority for a set, so that it is signed (RFC 4035 §2.2). */
export function authority(apex: Name, sets: readonly Rrset[]): (set: Rrset) => boolean {
  const cuts = new Set<Name>()
  const dnames = new Set<Name>()
  for (const { name, type } of sets) {
    const owner = foldCase(name)
    if (type === types.NS && owner !== apex) cuts.add(owner)
    if (type === types.DNAME) dnames.add(owner)
  }
  return ({ name, type }) => {
    const owner = foldCase(name)
    if (cuts.has(owner) && type !== types.DS && type !== types.NSEC) return false
    for (let at = owner; at !== apex; ) {
      at = parentOf(at)
      if (cuts.has(at) || dnames.has(at)) return false
    }
    return true
  }
}

/** The names that a chain links: those with authority, and delegations, in lower case. */
export function chainNames(apex: Name, sets: readonly Rrset[]): ChainName[] {
  const isOurs = authority(apex, sets)
  const isBelow = (set: Rrset): boolean => set.type === types.NS && isOurs({ ...set, type: types.DS })
  const names = new Map<Name, { name: Name; types: number[]; isSigned: boolean }>()
  for (const set of sets) {
    const isSigned = isOurs(set)
    if (!isSigned && !isBelow(set)) continue
    const name = foldCase(set.name)
    const at = names.get(name)
    if (at === undefined) names.set(name, { name, types: [set.type], isSigned })
    else {
      at.types.push(set.type)
      at.isSigned ||= isSigned
    }
  }
  return [...names.values()]
}

function signaturesOver(set: Rrset, plan: SigningPlan, nowS: number, random: Random): RecordData[] {
  const isKeys =
    foldCase(set.name) === plan.apex &&
    (set.type === types.DNSKEY || set.type === types.CDS || set.type === types.CDNSKEY)
  const signers = plan.keys.filter(use => (isKeys ? use.signsKeys : use.signsZone))
  if (signers.length === 0) throw new Fault('config/invalid', `no active key signs ${nameText(set.name)}`)
  const expirationAtS = Math.floor(nowS + plan.lifetimeS - random.next() * plan.jitterS)
  const validity = { inceptionAtS: Math.floor(nowS - plan.leadS), expirationAtS }
  return signers.map(({ key }) => signSet(set, key, validity))
}

function inOrder(sets: Rrset[], apex: Name): Rrset[] {
  const rank = (set: Rrset): number => (isSoaOf(set, apex) ? 0 : 1)
  return sets.sort((a, b) => rank(a) - rank(b) || compareNames(a.name, b.name) || a.type - b.type)
}
