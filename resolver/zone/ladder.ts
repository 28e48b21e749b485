// The look-up ladder of RFC 1034 §4.3.2: each rung is a function that bears the name it has there.
//
// A question climbs down from the closest zone to the node and the type, and the first rung that holds
// decides. It decides only: what a decision looks like on the wire is not known here. The zones served so
// far have neither delegations nor wildcards nor aliases, so those rungs are not there.

import { assert } from '../../base/fault.ts'
import { classes, rcodes, types } from '../wire/code.ts'
import { foldCase, labelsOf, type Name, parentOf, rootName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
import type { RecordData } from '../wire/rdata.ts'
import { type Decision, extendedErrors } from './decision.ts'
import type { Rrset, Zone, ZoneNode } from './zone.ts'

/** The function that decides about a question of class IN, from any of `zones`; the closest one decides. */
export function createLadder(zones: readonly Zone[]): (question: Question) => Decision {
  const byApex = new Map(zones.map(zone => [zone.apex, zone]))
  assert(byApex.size === zones.length, 'every zone has an apex of its own')
  return question => {
    const name = foldCase(question.name)
    const zone = closest(byApex, name)
    if (zone === undefined) return outside
    const labels = labelsOf(name.slice(0, name.length - zone.apex.length) as Name)
    const apex = question.name.slice(name.length - zone.apex.length) as Name
    const node = zone.node(labels, apex)
    if (node === undefined) return nxdomain(zone, apex)
    if (question.type === types.ANY) return any(question, node, zone, apex)
    const rrset = node.rrset(question.type)
    if (rrset === undefined) return nodata(zone, apex)
    return exact(question, rrset, zone, apex)
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

/** Step 3a: the node is there and has the type. */
function exact(question: Question, rrset: Rrset, zone: Zone, apex: Name): Decision {
  switch (rrset.kind) {
    case 'data':
      return { kind: 'answer', records: owned(question, rrset.data, rrset.ttlS), glue: rrset.glue }
    case 'site':
      return { kind: 'site', site: rrset.site, soa: () => zone.soa(apex) }
    case 'unready':
      return unready
  }
}

/**
 * Nothing may be remembered of what is merely unknown now, and SERVFAIL sends the asker to another server.
 */
export const unready: Decision = {
  kind: 'error',
  rcode: rcodes.SERVFAIL,
  extendedError: extendedErrors.noReachableAuthority,
}

/** The node is there, the type is not (RFC 2308 §2.2). */
function nodata(zone: Zone, apex: Name): Decision {
  return { kind: 'nodata', soa: zone.soa(apex) }
}

/** Step 3c: the node is not there, and neither is a wildcard (RFC 2308 §2.1). */
function nxdomain(zone: Zone, apex: Name): Decision {
  return { kind: 'nxdomain', soa: zone.soa(apex) }
}

/** "RFC8482" and an empty string: the HINFO of RFC 8482 §4.2. */
const minimal: RecordData = { kind: 'raw', bytes: Uint8Array.from(Buffer.from('\x07RFC8482\x00', 'latin1')) }
/** Nobody acts on its content, so an hour of quiet is the point. */
const minimalTtlS = 3600

/** ANY never gets everything: large answers to small questions serve attackers only. */
function any(question: Question, node: ZoneNode, zone: Zone, apex: Name): Decision {
  if (node.empty) return nodata(zone, apex)
  const hinfo = { ...question, type: types.HINFO }
  return { kind: 'answer', records: owned(hinfo, [minimal], minimalTtlS), glue: [] }
}

/** The data as records of the question's name and type. */
export function owned(
  question: Question,
  data: readonly RecordData[],
  ttlS: number,
): Extract<Decision, { kind: 'answer' }>['records'] {
  return data.map(item => ({
    name: question.name,
    type: question.type,
    class: classes.IN,
    ttlS,
    data: item,
  }))
}
