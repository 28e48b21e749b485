// RRsets: the records of one owner and type, with the signatures over them (RFC 2181 §5, RFC 4034 §3).
//
// A set, not its records, is what gets answered, kept and signed. An RRSIG has no set of its own: it belongs
// to the set it covers (RFC 4035 §2.2), so a look-up finds both at once. Members keep the order of their file
// because some owners rely on it; a member that is there twice counts once (RFC 2181 §5).

import { equalBytes } from '../../base/bytes.ts'
import { types } from '../wire/code.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'

export interface Rrset {
  /** The owner as its first record spells it. */
  readonly name: Name
  readonly type: number
  /** The least of the members' (RFC 2181 §5.2 wants them to be equal), in seconds. */
  readonly ttlS: number
  readonly data: readonly RecordData[]
  /** The data of the RRSIG records that cover this set; their TTL is that of the set. */
  readonly signatures: readonly RecordData[]
}

interface Growing {
  name: Name
  type: number
  ttlS: number
  data: RecordData[]
  signatures: RecordData[]
}

const none: RecordData[] = []

/** The type that the data of an RRSIG covers (RFC 4034 §3.1.1). */
export function coveredBy(signature: RecordData): number {
  return signature.kind === 'raw' && signature.bytes.length > 1
    ? (signature.bytes[0]! << 8) | signature.bytes[1]!
    : 0
}

/** The sets of `records` (all of one class), by owner in lower case. Signatures over nothing are left out. */
export function setsByOwner(records: Iterable<ResourceRecord>): Map<Name, Rrset[]> {
  const owners = new Map<Name, Growing[]>()
  const signatures: ResourceRecord[] = []
  for (const record of records) {
    if (record.type === types.RRSIG) {
      signatures.push(record)
      continue
    }
    const owner = foldCase(record.name)
    const sets = owners.get(owner)
    const set = sets?.find(({ type }) => type === record.type)
    if (set !== undefined) add(set, record)
    else {
      const { name, type, ttlS, data } = record
      const fresh = { name, type, ttlS, data: [data], signatures: none }
      if (sets === undefined) owners.set(owner, [fresh])
      else sets.push(fresh)
    }
  }
  for (const { name, data } of signatures) {
    const set = owners.get(foldCase(name))?.find(({ type }) => type === coveredBy(data))
    if (set === undefined) continue
    if (set.signatures === none) set.signatures = [data]
    else set.signatures.push(data)
  }
  return owners
}

function add(set: Growing, { ttlS, data }: ResourceRecord): void {
  set.ttlS = Math.min(set.ttlS, ttlS)
  const octets = dataOctets(data)
  if (!set.data.some(other => equalBytes(dataOctets(other), octets))) set.data.push(data)
}

/** All sets, owner by owner in the order of their first records. */
export function rrsetsOf(records: Iterable<ResourceRecord>): Rrset[] {
  return [...setsByOwner(records).values()].flat()
}

/** Each set once, in order: a zone may make them anew when they are asked for, so owner and type tell them apart. */
export function distinct(...sets: (Rrset | undefined)[]): Rrset[] {
  const found: Rrset[] = []
  for (const set of sets) {
    if (set !== undefined && !found.some(({ name, type }) => type === set.type && name === set.name)) {
      found.push(set)
    }
  }
  return found
}
