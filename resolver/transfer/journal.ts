// What changed from one version of a zone to the next, so that a secondary need not take all of it again (RFC 1995).
//
// A difference is made of two snapshots, for a file that somebody edited tells no differences: what one has and the
// other lacks. Those of the last versions are kept as a chain from serial to serial. Where a link is missing, or the
// chain is longer than the zone itself, there is nothing to be had of it and the zone goes whole.

import { types } from '../wire/code.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Rrset } from '../zone/rrset.ts'
import { isLaterSerial } from '../zone/serial.ts'
import { pieceSize, type Work } from '../zone/work.ts'
import type { Zone } from '../zone/zone.ts'
import { membersOf, serialOf, soaOf } from './axfr.ts'

/** Without the SOA records, which frame it. */
export interface Difference {
  readonly from: ResourceRecord
  readonly to: ResourceRecord
  readonly removed: readonly ResourceRecord[]
  readonly added: readonly ResourceRecord[]
}

/** What is known of the way to a zone. */
export interface Kept {
  /** Of the zone itself, which a way is not to be longer than. */
  readonly zoneRecords: number
  /** From version to version, oldest first; one at least. */
  readonly differences: readonly Difference[]
}

export interface Journal {
  /** Notes that `newer` took the place of `older`. */
  note(older: Zone, newer: Zone): Work<void>
  /** What leads from `serial` to `zone`, oldest first; undefined when it is not known, or no shorter than the zone. */
  since(zone: Zone, serial: number): readonly Difference[] | undefined
  /** What is to be kept of `zone` over a restart; undefined when nothing leads to it. */
  kept(zone: Zone): Kept | undefined
  /** Takes up what was kept of `zone`; what does not lead to it, or is beyond the bounds, is left. */
  restore(zone: Zone, kept: Kept): void
}

export interface JournalOptions {
  /** Versions back of each zone. */
  readonly versionsMax?: number
  /** Records in all differences of a zone. */
  readonly recordsMax?: number
}

interface Chain extends Kept {
  /** What the last difference leads to. */
  readonly zone: Zone
}

/** Records in all differences of a zone, where nothing else is said. */
export const recordsMaxUsual = 100_000

export function createJournal({
  versionsMax = 16,
  recordsMax = recordsMaxUsual,
}: JournalOptions = {}): Journal {
  const chains = new Map<Name, Chain>()
  return {
    *note(older, newer) {
      const known = chains.get(newer.apex)
      chains.delete(newer.apex)
      const { difference, zoneRecords } = yield* compare(older, newer, recordsMax)
      if (difference === undefined) return
      const differences = [...(known?.zone === older ? known.differences : []), difference].slice(
        -versionsMax,
      )
      while (weightOf(differences) > recordsMax) differences.shift()
      chains.set(newer.apex, { zone: newer, zoneRecords, differences })
    },
    since(zone, serial) {
      const chain = chains.get(zone.apex)
      if (chain?.zone !== zone) return undefined
      const first = chain.differences.findIndex(({ from }) => serialOf(from) === serial)
      const differences = chain.differences.slice(first)
      return first < 0 || weightOf(differences) >= chain.zoneRecords ? undefined : differences
    },
    kept(zone) {
      const chain = chains.get(zone.apex)
      if (chain?.zone !== zone) return undefined
      return { zoneRecords: chain.zoneRecords, differences: chain.differences }
    },
    restore(zone, { zoneRecords, differences }) {
      const isBounded = differences.length <= versionsMax && weightOf(differences) <= recordsMax
      if (isBounded && leadsTo(zone, differences)) chains.set(zone.apex, { zone, zoneRecords, differences })
    },
  }
}

/** Whether each difference begins where the one before it ends, and the last ends at `zone`. */
function leadsTo(zone: Zone, differences: readonly Difference[]): boolean {
  const starts = [...differences.map(({ from }) => from), soaOf(zone)]
  const all = [...starts, ...differences.map(({ to }) => to)]
  if (!all.every(({ type, name }) => type === types.SOA && foldCase(name) === zone.apex)) return false
  return differences.length > 0 && differences.every(({ to }, i) => serialOf(to) === serialOf(starts[i + 1]!))
}

function weightOf(differences: readonly Difference[]): number {
  return differences.reduce((sum, { removed, added }) => sum + removed.length + added.length + 2, 0)
}

/** The records of an answer to IXFR (RFC 1995 §4): what goes and what comes, each behind the SOA of its version. */
export function* changesOf(differences: readonly Difference[]): Generator<ResourceRecord, void> {
  const last = differences.at(-1)!.to
  yield last
  for (const { from, to, removed, added } of differences) {
    yield from
    yield* removed
    yield to
    yield* added
  }
  yield last
}

/** No difference when it has more than `recordsMax` records, or when the serial did not go on (RFC 1982 §3.2). */
function* compare(
  older: Zone,
  newer: Zone,
  recordsMax: number,
): Work<{ difference: Difference | undefined; zoneRecords: number }> {
  const [from, to] = [soaOf(older), soaOf(newer)]
  const removed: ResourceRecord[] = []
  const added: ResourceRecord[] = []
  let zoneRecords = 0
  let walked = 0
  if (!isLaterSerial(serialOf(to), serialOf(from))) return { difference: undefined, zoneRecords }
  const before = yield* finderOf(older)
  for (const set of newer.sets?.() ?? []) {
    zoneRecords += set.data.length + set.signatures.length
    const old = before(set)
    added.push(...surplusOf(set, old))
    if (old !== undefined) removed.push(...surplusOf(old, set))
    if (added.length + removed.length > recordsMax) return { difference: undefined, zoneRecords }
    if (++walked % pieceSize === 0) yield
  }
  const after = yield* finderOf(newer)
  for (const set of older.sets?.() ?? []) {
    if (after(set) === undefined) removed.push(...surplusOf(set, undefined))
    if (added.length + removed.length > recordsMax) return { difference: undefined, zoneRecords }
    if (++walked % pieceSize === 0) yield
  }
  return { difference: { from, to, removed, added }, zoneRecords }
}

/** Finds the set of the same owner and type in `zone`; those of NSEC3 have no nodes. */
function* finderOf(zone: Zone): Work<(set: Rrset) => Rrset | undefined> {
  const hashed = new Map<Name, Rrset>()
  let walked = 0
  for (const set of zone.sets?.() ?? []) {
    if (set.type === types.NSEC3) hashed.set(foldCase(set.name), set)
    if (++walked % pieceSize === 0) yield
  }
  return ({ name, type }) => {
    const folded = foldCase(name)
    if (type === types.NSEC3) return hashed.get(folded)
    const found = zone.node(folded, zone.apex)?.rrset(type)
    return found !== undefined && 'data' in found ? found : undefined
  }
}

/** The records of `set`, signatures too, that `other` lacks. */
function surplusOf(set: Rrset, other: Rrset | undefined): ResourceRecord[] {
  const sameHead = other !== undefined && other.ttlS === set.ttlS && other.name === set.name
  const data = sameHead ? without(set.data, other.data) : set.data
  const signatures = sameHead ? without(set.signatures, other.signatures) : set.signatures
  return [
    ...(set.type === types.SOA ? [] : membersOf(set, set.type, data)),
    ...membersOf(set, types.RRSIG, signatures),
  ]
}

function without(data: readonly RecordData[], others: readonly RecordData[]): readonly RecordData[] {
  if (data.length === 0) return data
  const known = new Set(others.map(octetsText))
  return data.filter(one => !known.has(octetsText(one)))
}

function octetsText(data: RecordData): string {
  return Buffer.from(dataOctets(data)).toString('latin1')
}
