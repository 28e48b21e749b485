// What a validator would find in a signed zone: every signature, the chain of denial, the digest, and how long it
// lasts.
//
// The chain is not walked but built again from the names and compared: whatever differs is a finding. This judges one
// file at one moment; what resolvers remember of earlier versions is a matter of rollover.ts. Outside witnesses
// (`dnssec-verify`, `ldns-verify-zone`) say the same of the same files in the tests.

import { equalBytes } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { types, typeText } from '../wire/code.ts'
import { foldCase, type Name, nameText } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { type Rrset, rrsetsOf } from '../zone/rrset.ts'
import { canonicalSet } from './canonical.ts'
import { isDigestRight } from './digest.ts'
import { type PublicKey, readDnskey } from './key.ts'
import { type Nsec3Options, nsec3Chain, nsecChain } from './nsec.ts'
import { judge, lifeLeftS, readSignature, type Validity, type Verdict } from './rrsig.ts'
import { authority, chainNames } from './signed-zone.ts'

export interface ZoneVerdict extends Life {
  readonly isSigned: boolean
  /** What is wrong, each with the name; empty when a validator is content. */
  readonly findings: readonly string[]
}

export interface Life {
  /** The end of the signature that ends first, in seconds since the epoch. */
  readonly endsAtS: number
  /** How fresh the signatures are, by the one that is worst off. */
  readonly freshness: Freshness
}

export type Freshness = 'fresh' | 'warning' | 'alarm' | 'expired'

const findingsMax = 100

/** A signature's age by its own life: warning with a third left, alarm with a tenth. */
export function freshnessOf(inceptionAtS: number, expirationAtS: number, nowS: number): Freshness {
  const left = lifeLeftS({ inceptionAtS, expirationAtS }, nowS)
  const share = left / lifeLeftS({ inceptionAtS, expirationAtS }, inceptionAtS)
  if (left <= 0) return 'expired'
  if (share <= 1 / 10) return 'alarm'
  return share <= 1 / 3 ? 'warning' : 'fresh'
}

const ranks: readonly Freshness[] = ['fresh', 'warning', 'alarm', 'expired']

/** `apex` in lower case. */
export function judgeZone(records: readonly ResourceRecord[], apex: Name, nowS: number): ZoneVerdict {
  const sets = rrsetsOf(records)
  const keys = sets
    .filter(set => isAt(set, apex, types.DNSKEY))
    .flatMap(({ data }) => data.map(one => readDnskey(apex, dataOctets(one))))
    .filter(key => key !== undefined)
  const signatures = sets.flatMap(set => set.signatures)
  if (keys.length === 0 && signatures.length === 0)
    return { isSigned: false, findings: [], endsAtS: Number.POSITIVE_INFINITY, freshness: 'fresh' }
  const findings = [
    ...signatureFindings(sets, apex, keys, nowS),
    ...chainFindings(sets, apex),
    ...digestFindings(sets, apex),
  ].slice(0, findingsMax)
  return { isSigned: true, findings, ...lifeOf(validities(signatures), nowS) }
}

function isAt({ name, type }: Rrset, apex: Name, wanted: number): boolean {
  return type === wanted && foldCase(name) === apex
}

/** The spans of the signatures among `records` that can be read, each once. */
export function spansOf(records: readonly ResourceRecord[]): readonly Validity[] {
  return validities(records.filter(({ type }) => type === types.RRSIG).map(({ data }) => data))
}

function validities(signatures: readonly RecordData[]): readonly Validity[] {
  const spans = new Map<string, Validity>()
  for (const data of signatures) {
    const signature = readIfWell(data)
    if (signature === undefined) continue
    const { inceptionAtS, expirationAtS } = signature
    spans.set(`${inceptionAtS} ${expirationAtS}`, { inceptionAtS, expirationAtS })
  }
  return [...spans.values()]
}

/** What signatures of these spans have left. */
export function lifeOf(spans: readonly Validity[], nowS: number): Life {
  let leftS = Number.POSITIVE_INFINITY
  let rank = 0
  for (const span of spans) {
    leftS = Math.min(leftS, lifeLeftS(span, nowS))
    rank = Math.max(rank, ranks.indexOf(freshnessOf(span.inceptionAtS, span.expirationAtS, nowS)))
  }
  return { endsAtS: nowS + leftS, freshness: ranks[rank]! }
}

/**
 * Those of `spans` that end, alarm and warn first, and that which begins last: `lifeOf` says the same of them as of
 * all, of which there may be a million, and so does whoever asks whether one is still to begin.
 */
export function worstOf(spans: readonly Validity[], nowS: number): readonly Validity[] {
  const left = (span: Validity, share: number): number =>
    lifeLeftS(span, nowS) - share * lifeLeftS(span, span.inceptionAtS)
  const begun = ({ inceptionAtS }: Validity): number => (nowS - inceptionAtS) | 0
  const measures = [...[0, 1 / 10, 1 / 3].map(share => (span: Validity) => left(span, share)), begun]
  const worst = measures.map(measure => leastBy(spans, measure))
  return [...new Set(worst.filter(span => span !== undefined))]
}

function leastBy<T>(all: readonly T[], measure: (one: T) => number): T | undefined {
  let least: T | undefined
  let leastMeasure = Number.POSITIVE_INFINITY
  for (const one of all) {
    const measured = measure(one)
    if (measured < leastMeasure) [least, leastMeasure] = [one, measured]
  }
  return least
}

function readIfWell(data: RecordData): ReturnType<typeof readSignature> | undefined {
  try {
    return readSignature(data)
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

const words: Readonly<Record<Exclude<Verdict, 'good'>, string>> = {
  wrong: 'a signature that is wrong',
  expired: 'a signature that has ended',
  early: 'a signature that begins in the future: is the clock right?',
  foreign: 'a signature by a key that is not in the DNSKEY set',
}

/** One good signature makes a set valid; any bad one is said all the same, but for those of a coming algorithm. */
function signatureFindings(
  sets: readonly Rrset[],
  apex: Name,
  keys: readonly PublicKey[],
  nowS: number,
): string[] {
  const isOurs = authority(apex, sets)
  const findings: string[] = []
  for (const set of sets) {
    const what = `${nameText(set.name)} ${typeText(set.type)}`
    if (!isOurs(set)) {
      if (set.signatures.length > 0) findings.push(`${what}: signed, but not of this zone's authority`)
    } else if (set.signatures.length === 0) findings.push(`${what}: not signed`)
    const verdicts = set.signatures.map(data => verdictOf(set, data, keys, nowS))
    for (const [i, verdict] of verdicts.entries()) {
      const isAhead =
        verdict === 'foreign' && verdicts.includes('good') && isOfOther(set.signatures[i]!, keys)
      if (verdict !== 'good' && !isAhead) findings.push(`${what}: ${words[verdict]}`)
    }
    if (findings.length >= findingsMax) break
  }
  return findings
}

/** Of an algorithm that the zone has no key of: it comes, or goes, as RFC 6781 §4.1.4 wants it. */
function isOfOther(data: RecordData, keys: readonly PublicKey[]): boolean {
  const algorithm = readIfWell(data)?.algorithm
  return algorithm !== undefined && !keys.some(key => key.algorithm === algorithm)
}

function verdictOf(set: Rrset, data: RecordData, keys: readonly PublicKey[], nowS: number): Verdict {
  if (readIfWell(data) === undefined) return 'wrong'
  const verdicts = keys.map(key => judge(set, data, key, nowS))
  return (
    verdicts.find(verdict => verdict === 'good') ??
    verdicts.find(verdict => verdict !== 'foreign') ??
    'foreign'
  )
}

function chainFindings(sets: readonly Rrset[], apex: Name): string[] {
  const param = sets.find(set => isAt(set, apex, types.NSEC3PARAM))
  const type: number = param === undefined ? types.NSEC : types.NSEC3
  const links = sets.filter(set => set.type === type)
  const others = sets.filter(set => set.type !== types.NSEC && set.type !== types.NSEC3)
  const names = chainNames(apex, others)
  const options = param && paramOf(param)
  const chain = options === undefined ? nsecChain(names, 0) : nsec3Chain(apex, names, 0, options)
  const wanted = new Map(chain.map(set => [foldCase(set.name), canonicalSet(type, set.data)]))
  const findings: string[] = []
  for (const link of links) {
    const name = foldCase(link.name)
    const right = wanted.get(name)
    wanted.delete(name)
    const own = canonicalSet(type, link.data)
    if (right === undefined) findings.push(`${nameText(name)}: a link of the denial chain that should not be`)
    else if (own.length !== 1 || !equalBytes(own[0]!, right[0]!)) {
      findings.push(`${nameText(name)}: its link of the denial chain does not say what is there`)
    }
  }
  return [...findings, ...[...wanted.keys()].map(name => `${nameText(name)}: missing in the denial chain`)]
}

/** Undefined for what is not NSEC3PARAM. */
function paramOf(param: Rrset): Nsec3Options | undefined {
  const rdata = dataOctets(param.data[0]!)
  if (rdata.length < 5) return undefined
  return { iterations: Math.min((rdata[2]! << 8) | rdata[3]!, 2500), salt: rdata.subarray(5) }
}

function digestFindings(sets: readonly Rrset[], apex: Name): string[] {
  const soa = sets.find(set => isAt(set, apex, types.SOA))?.data[0]
  if (soa?.kind !== 'authority') return [`${nameText(apex)}: no SOA`]
  return isDigestRight(apex, sets, soa.serial) === false
    ? [`${nameText(apex)}: ZONEMD is not that of this zone`]
    : []
}
