// The look-up ladder of RFC 1034 §4.3.2: each rung is a function that bears the name it has there.
//
// A question climbs down from the closest zone to the node and the type, and the first rung that holds
// decides; an alias starts again with another name, inside the zone and a bounded number of times. It decides
// only: what a decision looks like on the wire is not known here. With DO, signatures and the proofs of RFC
// 4035 §3.1 and RFC 5155 §7.2 go with it, all of them from a zone that was signed before.

import { assert } from '../../base/fault.ts'
import { classes, rcodes, types } from '../wire/code.ts'
import { foldCase, isWithin, type Name, nameBytesMax, parentOf, rootName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { type Decision, extendedErrors } from './decision.ts'
import { wildcardOf } from './denial.ts'
import { distinct, type Rrset } from './rrset.ts'
import type { Cut, NodeSet, Zone, ZoneNode } from './zone.ts'

/** The function that decides about a question of class IN, with proofs if `dnssecOk`. */
export type Ladder = (question: Question, dnssecOk?: boolean) => Decision

/** A ladder over `zones`; the closest zone decides. */
export function createLadder(zones: readonly Zone[]): Ladder {
  const byApex = new Map(zones.map(zone => [zone.apex, zone]))
  assert(byApex.size === zones.length, 'every zone has an apex of its own')
  return (question, dnssecOk = false) => {
    const name = foldCase(question.name)
    let zone = closest(byApex, name)
    // A DS is data of the parent (RFC 4035 §3.1.4.1), so its zone decides if we have it.
    if (question.type === types.DS && zone !== undefined && zone.apex === name && name !== rootName) {
      zone = closest(byApex, parentOf(name)) ?? zone
    }
    if (zone === undefined) return outside
    const apex = question.name.slice(name.length - zone.apex.length) as Name
    const secure = dnssecOk && zone.denial !== undefined
    return climb({ zone, apex, type: question.type, secure, aliases: [], proofs: [] }, question.name, name)
  }
}

/** Step 2: the zone that is the nearest ancestor of `name`. */
function closest(byApex: ReadonlyMap<Name, Zone>, name: Name): Zone | undefined {
  for (let ancestor = name; ; ancestor = parentOf(ancestor)) {
    const zone = byApex.get(ancestor)
    if (zone !== undefined || ancestor === rootName) return zone
  }
}

/** No zone of ours: REFUSED, for an empty answer or a referral to the root would be an amplifier's gift. */
const outside: Decision = {
  kind: 'error',
  rcode: rcodes.REFUSED,
  extendedError: extendedErrors.notAuthoritative,
}

/** One look-up, which aliases may make longer. */
interface Look {
  readonly zone: Zone
  /** As the question spells it. */
  readonly apex: Name
  readonly type: number
  readonly secure: boolean
  /** The chain of aliases so far, signatures included. */
  readonly aliases: ResourceRecord[]
  /** Proofs that wildcards on the way had to be used. */
  readonly proofs: Rrset[]
  /** The first wildcard or DNAME on the way, in lower case. */
  through?: Name
}

/** Aliases that are followed: who needs more asks again with the name where the answer ends. */
const aliasesMax = 8

/** Step 3 for `owner` (as asked; `name` in lower case), and again for each alias. */
function climb(look: Look, owner: Name, name: Name): Decision {
  const { zone, apex } = look
  const seen: Name[] = []
  for (;;) {
    const node = zone.node(name, apex)
    const found =
      node !== undefined
        ? matched(look, node, owner, name)
        : descend(look, encloserOf(zone, name, apex), owner, name)
    if ('kind' in found) return found
    seen.push(name)
    const { target } = found
    const folded = foldCase(target)
    if (seen.length >= aliasesMax || !isWithin(folded, zone.apex) || seen.includes(folded)) return chain(look)
    owner = target
    name = folded
  }
}

/** Where a chain of aliases goes on, as its data spells it. */
interface Alias {
  readonly target: Name
}

/** The closest encloser of a name that does not exist (RFC 4592 §3.3.1). */
function encloserOf(zone: Zone, name: Name, apex: Name): { node: ZoneNode; name: Name } {
  for (let above = parentOf(name); ; above = parentOf(above)) {
    const node = zone.node(above, apex)
    if (node !== undefined) return { node, name: above }
    assert(above !== zone.apex, 'the apex of a zone has a node')
  }
}

/** Step 3a, unless the node is beneath a delegation (3b); the DS of one is still ours. */
function matched(look: Look, node: ZoneNode, owner: Name, name: Name): Decision | Alias {
  const { cut } = node
  if (cut !== undefined && !(cut === node && look.type === types.DS)) return delegation(look, cut, owner)
  return exact(look, node, owner, name, undefined)
}

/** The name is not there: a delegation, a DNAME or a wildcard above may decide (3b, RFC 6672 §3.2, 3c). */
function descend(
  look: Look,
  encloser: { node: ZoneNode; name: Name },
  owner: Name,
  name: Name,
): Decision | Alias {
  if (encloser.node.cut !== undefined) return delegation(look, encloser.node.cut, owner)
  const tail = encloser.node.rrset(types.DNAME)
  if (tail !== undefined && 'data' in tail) return redirection(look, tail, owner, encloser.name)
  const wildcard = look.zone.node(wildcardOf(encloser.name), look.apex)
  if (wildcard !== undefined) {
    look.through ??= wildcardOf(encloser.name)
    return exact(look, wildcard, owner, name, encloser.name)
  }
  return nxdomain(look, name, encloser.name)
}

/** The node has the type, or an alias, or neither; `encloser` is given when the node is a wildcard's. */
function exact(
  look: Look,
  node: ZoneNode,
  owner: Name,
  name: Name,
  encloser: Name | undefined,
): Decision | Alias {
  const { type } = look
  const set = type === types.ANY ? minimal(look, node) : node.rrset(type)
  if (set === undefined) {
    const alias = type === types.ANY ? undefined : node.rrset(types.CNAME)
    const target = alias !== undefined && 'data' in alias ? alias.data[0] : undefined
    if (type === types.RRSIG) return signatures(look, node, owner, name, encloser)
    if (target?.kind !== 'host' || type === types.NSEC) return nodata(look, name, encloser)
    if (encloser !== undefined) prove(look, name, encloser)
    pushSet(look.aliases, alias as Rrset, owner, look.secure)
    return { target: target.host }
  }
  if (encloser !== undefined) prove(look, name, encloser)
  return answer(look, set, owner, () => nodata(look, name, encloser))
}

function answer(look: Look, set: NodeSet, owner: Name, absent: () => Decision): Decision {
  if ('data' in set) {
    const records = look.aliases
    pushSet(records, set, owner, look.secure)
    const glue = set.glue ?? noRecords
    if (look.through === undefined) return { kind: 'answer', records, glue }
    return { kind: 'answer', records, authorities: proofRecords(look.proofs), glue, through: look.through }
  }
  if (set.kind === 'unready') return unready
  const { aliases, secure } = look
  const signed = set.signed && signedRecords(set.signed, owner, secure)
  const site = { kind: 'site', site: set.site, absent, ...(signed && { signed }) } as const
  return aliases.length === 0 ? site : { ...site, aliases, owner }
}

function signedRecords(
  choose: (wanted: readonly RecordData[]) => Rrset | undefined,
  owner: Name,
  secure: boolean,
): (wanted: readonly RecordData[]) => readonly ResourceRecord[] | undefined {
  return wanted => {
    const set = choose(wanted)
    if (set === undefined) return undefined
    const records: ResourceRecord[] = []
    pushSet(records, set, owner, secure)
    return records
  }
}

/** What was found of a chain that leads out of the zone, in a circle, or too far. */
function chain(look: Look): Decision {
  const authorities = proofRecords(look.proofs)
  return { kind: 'answer', records: look.aliases, authorities, glue: [], ...throughOf(look) }
}

function throughOf({ through }: Look): { through?: Name } {
  return through === undefined ? {} : { through }
}

/**
 * Nothing may be remembered of what is merely unknown now, and SERVFAIL sends the asker to another server.
 */
export const unready: Decision = {
  kind: 'error',
  rcode: rcodes.SERVFAIL,
  extendedError: extendedErrors.noReachableAuthority,
}

/** Step 3b: NS, the addresses of those that need it, and what the parent says of the child's keys. */
function delegation(look: Look, cut: Cut, owner: Name): Decision {
  const { zone, secure } = look
  const set = cut.rrset(types.NS)
  assert(set !== undefined && 'data' in set, 'a delegation has NS records')
  const suffix = owner.slice(owner.length - cut.name.length) as Name
  const authorities: ResourceRecord[] = []
  pushSet(authorities, set, suffix, false)
  if (secure) {
    const ds = cut.rrset(types.DS)
    if (ds !== undefined && 'data' in ds) pushSet(authorities, ds, suffix, true)
    else pushProofs(authorities, zone.denial!.nodata(cut.name, types.DS))
    pushProofs(authorities, look.proofs)
  }
  const glue = glueOf(look, set)
  if (look.aliases.length === 0) return { kind: 'referral', authorities, glue }
  return { kind: 'answer', records: look.aliases, authorities, glue, ...throughOf(look) }
}

/** Addresses that this zone knows of the hosts of a delegation, its own or another's. */
function glueOf({ zone, apex }: Look, set: Rrset): ResourceRecord[] {
  const glue: ResourceRecord[] = []
  for (const data of set.data) {
    if (data.kind !== 'host') continue
    const host = foldCase(data.host)
    const node = isWithin(host, zone.apex) ? zone.node(host, apex) : undefined
    for (const type of [types.A, types.AAAA]) {
      const addresses = node?.rrset(type)
      if (addresses !== undefined && 'data' in addresses) pushSet(glue, addresses, data.host, false)
    }
  }
  return glue
}

/** DNAME (RFC 6672 §3.2): the record, and the CNAME that it stands for. */
function redirection(look: Look, tail: Rrset, owner: Name, encloser: Name): Decision | Alias {
  const records = look.aliases
  look.through ??= encloser
  const data = tail.data[0]
  // A DNAME whose target is below itself is met again and again, and said once.
  if (!records.some(({ name, type }) => type === types.DNAME && foldCase(name) === encloser)) {
    pushSet(records, tail, owner.slice(owner.length - encloser.length) as Name, look.secure)
  }
  assert(data?.kind === 'raw', 'the data of a DNAME is octets, as it is never compressed')
  const to = Buffer.from(data.bytes).toString('latin1', 0, data.bytes.length - 1)
  const target = (owner.slice(0, owner.length - encloser.length) + to) as Name
  if (target.length > nameBytesMax) {
    const authorities = proofRecords(look.proofs)
    return { kind: 'answer', records, authorities, glue: [], rcode: rcodes.YXDOMAIN, through: encloser }
  }
  const alias: RecordData = { kind: 'host', host: target }
  records.push({ name: owner, type: types.CNAME, class: classes.IN, ttlS: tail.ttlS, data: alias })
  return look.type === types.CNAME ? chain(look) : { target }
}

/** The node is there, or a wildcard for it, the type is not (RFC 2308 §2.2). */
function nodata(look: Look, name: Name, encloser: Name | undefined): Decision {
  const { zone, secure } = look
  if (!secure) return absence('nodata', look, [])
  const denial = zone.denial!
  return absence(
    'nodata',
    look,
    encloser === undefined ? denial.nodata(name, look.type) : denial.wildcardNodata(name, encloser),
  )
}

/** Step 3c: the node is not there, and neither is a wildcard (RFC 2308 §2.1). */
function nxdomain(look: Look, name: Name, encloser: Name): Decision {
  return absence('nxdomain', look, look.secure ? look.zone.denial!.nxdomain(name, encloser) : [])
}

function absence(kind: 'nodata' | 'nxdomain', look: Look, sets: readonly Rrset[]): Decision {
  const { zone, apex, secure, aliases } = look
  const set = zone.soa(apex)
  const soa = soaRecord(set, apex)
  if (!secure) return aliases.length === 0 ? { kind, soa } : { kind, soa, aliases }
  const proof: ResourceRecord[] = []
  pushSignatures(proof, set, apex)
  pushProofs(proof, distinct(...look.proofs, ...sets))
  const isCompact = kind === 'nxdomain' && zone.denial!.compact === true
  return { kind, soa, aliases, proof, ...(isCompact && { compact: true }) }
}

function soaRecord({ type, ttlS, data }: Rrset, apex: Name): ResourceRecord {
  return { name: apex, type, class: classes.IN, ttlS, data: data[0]! }
}

/** "RFC8482" and an empty string: the HINFO of RFC 8482 §4.2. */
const hinfo: RecordData = { kind: 'raw', bytes: Uint8Array.from(Buffer.from('\x07RFC8482\x00', 'latin1')) }
/** Nobody acts on its content, so an hour of quiet is the point. */
const hinfoTtlS = 3600

/**
 * ANY never gets everything: large answers to small questions serve attackers only. Where answers are signed
 * it gets one set of the node (RFC 8482 §4.1), because an HINFO made up would be bogus.
 */
function minimal({ zone, apex }: Look, node: ZoneNode): NodeSet | undefined {
  if (node.empty) return undefined
  if (zone.denial !== undefined) return node.sets?.[0]
  return { name: apex, type: types.HINFO, ttlS: hinfoTtlS, data: [hinfo], signatures: [] }
}

/** Signatures are no set; who asks for them gets those of one set, for the reason that ANY does. */
function signatures(
  look: Look,
  node: ZoneNode,
  owner: Name,
  name: Name,
  encloser: Name | undefined,
): Decision {
  const set = node.sets?.find(candidate => candidate.signatures.length > 0)
  if (set === undefined) return nodata(look, name, encloser)
  if (encloser !== undefined) prove(look, name, encloser)
  pushSignatures(look.aliases, set, owner)
  return chain(look)
}

/** Notes why a wildcard was used, for who wants to know. */
function prove(look: Look, name: Name, encloser: Name): void {
  if (look.secure) look.proofs.push(...look.zone.denial!.wildcard(name, encloser))
}

const noRecords: readonly ResourceRecord[] = []

function proofRecords(sets: readonly Rrset[]): readonly ResourceRecord[] {
  if (sets.length === 0) return noRecords
  const records: ResourceRecord[] = []
  pushProofs(records, distinct(...sets))
  return records
}

function pushProofs(records: ResourceRecord[], sets: readonly Rrset[]): void {
  for (const set of sets) pushSet(records, set, set.name, true)
}

function pushSet(records: ResourceRecord[], set: Rrset, name: Name, signed: boolean): void {
  const { type, ttlS } = set
  for (const data of set.data) records.push({ name, type, class: classes.IN, ttlS, data })
  if (signed) pushSignatures(records, set, name)
}

function pushSignatures(records: ResourceRecord[], { signatures: all, ttlS }: Rrset, name: Name): void {
  for (const data of all) records.push({ name, type: types.RRSIG, class: classes.IN, ttlS, data })
}

/** The data as records of the name and type of `question`. */
export function owned(
  question: Question,
  data: readonly RecordData[],
  ttlS: number,
): readonly ResourceRecord[] {
  const { name, type } = question
  return data.map(item => ({ name, type, class: classes.IN, ttlS, data: item }))
}
