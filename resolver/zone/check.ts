// Whether records make a zone: what no name server could answer from is an error, what merely helps nobody
// is a warning.
//
//   errors     SOA not exactly once at the apex, no NS there, owners outside, CNAME beside other data (RFC
//              1034 §3.6.2, RFC 2181 §10.1), DNAME twice, beside CNAME or NS, or with names below (RFC 6672 §2.3, §2.4)
//   warnings   TTLs that differ in a set (RFC 2181 §5.2), records twice, hosts of NS without an address or
//              with a CNAME, data below a delegation that is no glue

import { equalBytes } from '../../base/bytes.ts'
import { types, typeText } from '../wire/code.ts'
import { foldCase, isWithin, type Name, nameText, parentOf, rootName } from '../wire/name.ts'
import { canonicalData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Complaint } from './entries.ts'

interface Input {
  readonly records: readonly ResourceRecord[]
  /** For each record, its line in the file. */
  readonly lines: readonly number[]
  /** Nothing in the file went unread, which might be what is missing. */
  readonly isWhole: boolean
}

interface Owned {
  readonly record: ResourceRecord
  readonly line: number
}

interface Verdict {
  readonly errors: Complaint[]
  readonly warnings: Complaint[]
}

/** Types that stand beside a CNAME: what signs and denies (RFC 4034 §2.5; 25 is KEY of RFC 3007). */
const besideAlias = new Set<number>([types.CNAME, types.RRSIG, types.NSEC, 25])

/** Everything that is wrong with the zone `apex`, in the order of the checks. */
export function zoneVerdict({ records, lines, isWhole }: Input, apex: Name): Verdict {
  const verdict: Verdict = { errors: [], warnings: [] }
  const root = foldCase(apex)
  const owners = new Map<Name, Owned[]>()
  for (const [i, record] of records.entries()) {
    const owner = foldCase(record.name)
    const line = lines[i] ?? 0
    if (!isWithin(owner, root)) {
      verdict.errors.push({ line, column: 1, what: `${nameText(record.name)} is not in ${nameText(apex)}` })
      continue
    }
    const owned = owners.get(owner)
    if (owned === undefined) owners.set(owner, [{ record, line }])
    else owned.push({ record, line })
  }
  checkApex(owners, root, isWhole, verdict)
  const cuts = new Set<Name>()
  const tails = new Set<Name>() // owners of DNAME
  for (const [owner, owned] of owners) {
    if (owner !== root && owned.some(({ record }) => record.type === types.NS)) cuts.add(owner)
    if (owned.some(({ record }) => record.type === types.DNAME)) tails.add(owner)
    if (owned.length > 1) checkOwner(owner === root, owned, verdict)
  }
  if (cuts.size > 0 || tails.size > 0) checkBelow(owners, root, cuts, tails, verdict)
  checkHosts(owners, root, verdict)
  return verdict
}

function checkApex(
  owners: ReadonlyMap<Name, Owned[]>,
  apex: Name,
  isWhole: boolean,
  { errors }: Verdict,
): void {
  const here = owners.get(apex) ?? []
  const soas = here.filter(({ record }) => record.type === types.SOA)
  const text = nameText(apex)
  if (isWhole && soas.length === 0) errors.push({ line: 1, column: 1, what: `there is no SOA at ${text}` })
  for (const { line } of soas.slice(1)) errors.push({ line, column: 1, what: 'a second SOA' })
  if (isWhole && !here.some(({ record }) => record.type === types.NS)) {
    errors.push({ line: soas[0]?.line ?? 1, column: 1, what: `there is no NS at ${text}` })
  }
  for (const [owner, owned] of owners) {
    if (owner === apex) continue
    const soa = owned.find(({ record }) => record.type === types.SOA)
    if (soa !== undefined) errors.push({ line: soa.line, column: 1, what: `an SOA that is not at ${text}` })
  }
}

/** Rules between the records of one owner. */
function checkOwner(isApex: boolean, owned: readonly Owned[], { errors, warnings }: Verdict): void {
  const of = (type: number): Owned[] => owned.filter(({ record }) => record.type === type)
  const alias = of(types.CNAME)[0]
  const name = nameText(owned[0]!.record.name)
  if (alias !== undefined) {
    const beside = owned.find(({ record }) => !besideAlias.has(record.type))
    if (beside !== undefined) {
      const what = `${name} has a CNAME and ${typeText(beside.record.type)}: a CNAME stands alone`
      errors.push({ line: alias.line, column: 1, what })
    }
    for (const { line } of of(types.CNAME).slice(1)) {
      errors.push({ line, column: 1, what: `${name} has a second CNAME` })
    }
  }
  const tail = of(types.DNAME)[0]
  if (tail !== undefined) {
    for (const { line } of of(types.DNAME).slice(1)) {
      errors.push({ line, column: 1, what: `${name} has a second DNAME` })
    }
    if (!isApex && of(types.NS).length > 0) {
      errors.push({ line: tail.line, column: 1, what: `${name} has a DNAME and NS, but is not the apex` })
    }
  }
  checkSets(owned, name, warnings)
}

function checkSets(owned: readonly Owned[], name: string, warnings: Complaint[]): void {
  const firsts = new Map<number, Owned[]>()
  for (const one of owned) {
    const { type, ttlS, data } = one.record
    // Signatures have the TTLs of the sets they cover.
    if (type === types.RRSIG) continue
    const others = firsts.get(type)
    if (others === undefined) {
      firsts.set(type, [one])
      continue
    }
    if (others[0]!.record.ttlS !== ttlS) {
      const what = `the TTLs of ${name} ${typeText(type)} differ; the least is used`
      warnings.push({ line: one.line, column: 1, what })
    }
    const octets = canonicalData(data, type)
    // A set of thousands is compared with its first members only: quadratic work is an attack.
    if (others.slice(0, 64).some(({ record }) => equalBytes(canonicalData(record.data, type), octets))) {
      warnings.push({ line: one.line, column: 1, what: `${name} ${typeText(type)} is there twice` })
    }
    others.push(one)
  }
}

const addressTypes = new Set<number>([types.A, types.AAAA])

/** What lies below delegations and DNAMEs. */
function checkBelow(
  owners: ReadonlyMap<Name, Owned[]>,
  apex: Name,
  cuts: ReadonlySet<Name>,
  tails: ReadonlySet<Name>,
  { errors, warnings }: Verdict,
): void {
  for (const [owner, owned] of owners) {
    const { line, record } = owned[0]!
    const below = nameText(record.name)
    for (let above = owner; above !== apex && above !== rootName; ) {
      above = parentOf(above)
      // NSEC3 records of a zone with a DNAME at its apex are beside names, not among them (RFC 5155 §7.1).
      const hashed = owned.every(({ record: { type } }) => type === types.NSEC3 || type === types.RRSIG)
      if (tails.has(above) && !hashed) {
        errors.push({ line, column: 1, what: `${below} is below the DNAME of ${nameText(above)}` })
        break
      }
      if (
        cuts.has(above) &&
        owned.some(({ record: { type } }) => !addressTypes.has(type) && type !== types.NS)
      ) {
        warnings.push({ line, column: 1, what: `${below} is below the delegation of ${nameText(above)}` })
        break
      }
    }
  }
}

/** Hosts of NS records inside the zone need addresses: the zone is asked for them, or glue is. */
function checkHosts(owners: ReadonlyMap<Name, Owned[]>, apex: Name, { warnings }: Verdict): void {
  for (const owned of owners.values()) {
    for (const { record, line } of owned) {
      if (record.type !== types.NS || record.data.kind !== 'host') continue
      const host = foldCase(record.data.host)
      if (!isWithin(host, apex)) continue
      const there = owners.get(host) ?? []
      if (there.some(({ record: { type } }) => type === types.CNAME)) {
        warnings.push({ line, column: 1, what: `the name server ${nameText(host)} is a CNAME` })
      } else if (!there.some(({ record: { type } }) => addressTypes.has(type))) {
        warnings.push({ line, column: 1, what: `the name server ${nameText(host)} has no address here` })
      }
    }
  }
}
