// ZONEMD: a digest of the whole zone, so that whoever gets a copy knows that it is whole (RFC 8976).
//
// Scheme SIMPLE with SHA-384, the one that everybody must know: all sets in canonical order, one after the other. The
// digest leaves out itself and the signature over it, everything else is in, glue too.

import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { types } from '../wire/code.ts'
import { compareNames, foldCase, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import { canonicalRecords, canonicalSet, dataOf } from './canonical.ts'

const simple = 1
const sha384 = 1
const headBytes = 6

/** RDATA of ZONEMD for the sets of a zone, which may hold a ZONEMD already. `serial` is that of the SOA. */
export function zoneDigest(apex: Name, sets: readonly Rrset[], serial: number): RecordData {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(serial, 0)
  head[4] = simple
  head[5] = sha384
  return dataOf(types.ZONEMD, concatBytes([head, digestOf(apex, sets)]))
}

/** Whether the ZONEMD of a zone is right; undefined when it has none of a kind that is known here (RFC 8976 §4). */
export function isDigestRight(apex: Name, sets: readonly Rrset[], serial: number): boolean | undefined {
  const claims = sets.filter(({ name, type }) => type === types.ZONEMD && foldCase(name) === apex)
  const known = claims.flatMap(({ data }) => data.map(dataOctets)).filter(isKnown)
  if (known.length === 0) return undefined
  const own = dataOctets(zoneDigest(apex, sets, serial))
  return known.some(claim => equalBytes(claim, own))
}

function isKnown(rdata: Uint8Array): boolean {
  return rdata.length > headBytes && rdata[4] === simple && rdata[5] === sha384
}

function digestOf(apex: Name, sets: readonly Rrset[]): Uint8Array {
  const hash = createHash('sha384')
  for (const set of withSignatures(apex, sets)) {
    hash.update(canonicalRecords(set.name, set.type, set.ttlS, canonicalSet(set.type, set.data)))
  }
  return hash.digest()
}

/** RRSIGs of an owner are one set here, in its place among the types (RFC 8976 §3.3.1). */
function withSignatures(
  apex: Name,
  sets: readonly Rrset[],
): Pick<Rrset, 'name' | 'type' | 'ttlS' | 'data'>[] {
  const all: Pick<Rrset, 'name' | 'type' | 'ttlS' | 'data'>[] = []
  for (const set of sets) {
    if (set.type === types.ZONEMD && foldCase(set.name) === apex) continue
    all.push(set)
    // TTLs of the signatures differ with their sets: each goes as a set of its own, in order of data below.
    for (const data of set.signatures)
      all.push({ name: set.name, type: types.RRSIG, ttlS: set.ttlS, data: [data] })
  }
  const order = new Map(all.map(set => [set, canonicalSet(set.type, set.data.slice(0, 1))[0]!]))
  return all.sort(
    (a, b) => compareNames(a.name, b.name) || a.type - b.type || Buffer.compare(order.get(a)!, order.get(b)!),
  )
}
