// A zone from its records: an immutable snapshot in which every look-up is one hash table away.
//
// Every name that exists has an entry, also those that exist only because of what is below them (RFC 4592
// §2.2.2), and an entry knows the delegation above it. So a name that exists is decided about where it is found,
// instead of on a walk down from the apex, label by label, as RFC 1034 §4.3.2 describes it. NSEC3 records are
// not found by name: their owners are hashes, and who asks for such a name is told that it is not there (RFC 5155
// §7.2.8). What is made here is octets (packed.ts), for it may be made on another thread than it serves.

import { equalBytes } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { foldCase, isWithin, type Name, nameText, parentOf } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { nsec3Key, nsecKey } from './denial.ts'
import { openZone, type PackedZone, Sink, slotsOf } from './packed.ts'
import { type Rrset, setsByOwner } from './rrset.ts'
import type { Zone } from './zone.ts'

/** RFC 9276 §3.1 wants 0; every further one costs a hash for each proof, and validators stop at 150 or less. */
const iterationsMax = 150

const noSets: readonly Rrset[] = []

/**
 * The zone `apex` (in any case) of `records`, which should have passed `checkZone`: what is outside is left
 * out. Throws Fault `config/invalid` without an SOA at the apex, with a chain of NSEC3 that is too dear, or with names
 * made to collide.
 */
export function createZone(records: Iterable<ResourceRecord>, apex: Name): Zone {
  return openZone(packZone(records, apex))
}

/** `createZone`, but for the view of it. */
export function packZone(records: Iterable<ResourceRecord>, apex: Name): PackedZone {
  const root = foldCase(apex)
  const owners = new Map<Name, readonly Rrset[]>()
  const nsec3Sets: Rrset[] = []
  for (const [owner, sets] of setsByOwner(records)) {
    if (!isWithin(owner, root)) continue
    const hashed = sets.find(({ type }) => type === types.NSEC3)
    if (hashed !== undefined) nsec3Sets.push(hashed)
    const others = hashed === undefined ? sets : sets.filter(set => set !== hashed)
    if (others.length > 0) owners.set(owner, others)
  }
  addAncestors(owners, root)
  const top = owners.get(root)!
  if (setOf(top, types.SOA) === undefined) {
    throw new Fault('config/invalid', `there is no SOA at ${nameText(apex)}`)
  }
  const params = paramsOf(top, nsec3Sets)
  const isSigned = setOf(top, types.NSEC) !== undefined
  const cuts = cutsOf(owners, root)
  const sink = new Sink()
  const places = new Map<Name, number>()
  const chained: Chained[] = []
  for (const [name, sets] of owners) {
    const cut = cuts.size === 0 ? undefined : cutOf(name, root, cuts)
    const at = sink.entry(name, cut?.length ?? 0, sets)
    places.set(name, at)
    const isLink = isSigned && (cut ?? name) === name && setOf(sets, types.NSEC) !== undefined
    if (isLink) chained.push({ key: nsecKey(name, root), at })
  }
  for (const set of nsec3Sets) {
    const at = sink.entry(foldCase(set.name), 0, [set])
    if (!isSigned && params && isOf(set, params)) chained.push({ key: nsec3Key(set.name), at })
  }
  const entriesEnd = sink.end
  const links = linksOf(chained, sink)
  const hashing = isSigned || params === undefined ? undefined : hashingOf(params)
  return { apex: root, entriesEnd, links, hashing, ...slotsOf(places), octets: sink.sealed() }
}

/** What becomes a link of the chain of denial: its key, and its entry. */
interface Chained {
  readonly key: string
  readonly at: number
}

function linksOf(chained: Chained[], sink: Sink): Uint32Array {
  chained.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const links = new Uint32Array(new SharedArrayBuffer(4 * chained.length))
  for (const [i, { key, at }] of chained.entries()) links[i] = sink.link(key, at)
  return links
}

function setOf(sets: readonly Rrset[], type: number): Rrset | undefined {
  return sets.find(set => set.type === type)
}

/** Adds the names that exist only because of what is below them. */
function addAncestors(owners: Map<Name, readonly Rrset[]>, apex: Name): void {
  // What is added while this runs comes last, and has all its ancestors already.
  for (const name of owners.keys()) {
    if (name === apex) continue
    for (let above = parentOf(name); above !== apex && !owners.has(above); above = parentOf(above)) {
      owners.set(above, noSets)
    }
  }
  if (!owners.has(apex)) owners.set(apex, noSets)
}

function cutsOf(owners: ReadonlyMap<Name, readonly Rrset[]>, apex: Name): ReadonlySet<Name> {
  const cuts = new Set<Name>()
  for (const [name, sets] of owners) {
    if (name !== apex && setOf(sets, types.NS) !== undefined) cuts.add(name)
  }
  return cuts
}

/** The topmost delegation that `name` is, or is below. */
function cutOf(name: Name, apex: Name, cuts: ReadonlySet<Name>): Name | undefined {
  let cut: Name | undefined
  for (let above = name; above !== apex; above = parentOf(above)) if (cuts.has(above)) cut = above
  return cut
}

/** The data of NSEC3PARAM (RFC 5155 §4.2), where there is a chain that it could stand for. */
function paramsOf(top: readonly Rrset[], nsec3Sets: readonly Rrset[]): Uint8Array | undefined {
  const chosen = setOf(top, types.NSEC3PARAM)?.data[0]
  if (chosen?.kind !== 'raw' || nsec3Sets.length === 0) return undefined
  const { iterations } = hashingOf(chosen.bytes)
  if (iterations > iterationsMax) {
    throw new Fault(
      'config/invalid',
      `NSEC3 with ${iterations} iterations; ${iterationsMax} at most are served`,
    )
  }
  return chosen.bytes
}

function hashingOf(params: Uint8Array): { iterations: number; salt: Uint8Array } {
  return { iterations: (params[2]! << 8) | params[3]!, salt: params.slice(5) }
}

/** Of two chains (while one replaces the other) only the one that NSEC3PARAM names is whole. Flags may differ. */
function isOf(set: Rrset, params: Uint8Array): boolean {
  return set.data.some(data => {
    if (data.kind !== 'raw') return false
    const same = (from: number, to: number): boolean =>
      equalBytes(data.bytes.subarray(from, to), params.subarray(from, to))
    return same(0, 1) && same(2, params.length)
  })
}
