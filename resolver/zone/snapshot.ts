// A zone from its records: an immutable snapshot in which every look-up is one hash table away.
//
// Every name that exists has a node, also those that exist only because of what is below them (RFC 4592
// §2.2.2), and a node knows the delegation above it. So a name that exists is decided about where it is found,
// instead of on a walk down from the apex, label by label, as RFC 1034 §4.3.2 describes it. NSEC3 records have
// no nodes: their owners are hashes, and who asks for such a name is told that it is not there (RFC 5155
// §7.2.8).

import { Fault } from '../../base/fault.ts'
import { nsec3Hash } from '../sign/nsec.ts'
import { types } from '../wire/code.ts'
import { foldCase, isWithin, type Name, nameText, parentOf } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { type Denial, nsec3Denial, nsecDenial } from './denial.ts'
import { groupingByOwner, type Rrset } from './rrset.ts'
import { atOnce, pieceSize, type Work } from './work.ts'
import type { Cut, Zone } from './zone.ts'

/** RFC 9276 §3.1 wants 0; every further one costs a hash for each proof, and validators stop at 150 or less. */
const iterationsMax = 150

const noSets: readonly Rrset[] = []

/** One shape for all nodes keeps look-ups fast: a million of these is the normal case. */
class Node implements Cut {
  readonly name: Name
  readonly sets: readonly Rrset[]
  cut: Node | undefined = undefined
  /** The first set again: most nodes have but one, and each step on the way to it is a miss of the cache. */
  private readonly first: Rrset | undefined
  private readonly firstType: number

  constructor(name: Name, sets: readonly Rrset[]) {
    this.name = name
    this.sets = sets
    this.first = sets[0]
    this.firstType = sets[0]?.type ?? -1
  }

  get empty(): boolean {
    return this.first === undefined
  }

  rrset(type: number): Rrset | undefined {
    if (type === this.firstType) return this.first
    for (let i = 1; i < this.sets.length; i++) if (this.sets[i]!.type === type) return this.sets[i]
    return undefined
  }
}

/**
 * The zone `apex` (in any case) of `records`, which should have passed `checkZone`: what is outside is left
 * out. Throws Fault `config/invalid` without an SOA at the apex, or with a chain of NSEC3 that is too dear.
 */
export function createZone(records: Iterable<ResourceRecord>, apex: Name): Zone {
  return atOnce(creatingZone(records, apex))
}

/** `createZone` in pieces. */
export function* creatingZone(records: Iterable<ResourceRecord>, apex: Name): Work<Zone> {
  const root = foldCase(apex)
  const nodes = new Map<Name, Node>()
  const nsec3Sets: Rrset[] = []
  let walked = 0
  for (const [owner, sets] of yield* groupingByOwner(records)) {
    if (++walked % pieceSize === 0) yield
    if (!isWithin(owner, root)) continue
    const hashed = sets.find(({ type }) => type === types.NSEC3)
    if (hashed !== undefined) nsec3Sets.push(hashed)
    const others = hashed === undefined ? sets : sets.filter(set => set !== hashed)
    if (others.length > 0) nodes.set(owner, new Node(owner, others))
  }
  yield* addAncestors(nodes, root)
  yield* addCuts(nodes, root)
  const top = nodes.get(root)
  const soa = top?.rrset(types.SOA)
  const authority = soa?.data[0]
  if (top === undefined || soa === undefined || authority?.kind !== 'authority') {
    throw new Fault('config/invalid', `there is no SOA at ${nameText(apex)}`)
  }
  const denial = yield* denialOf(top, nodes, nsec3Sets)
  const absence = { ...soa, ttlS: Math.min(soa.ttlS, authority.negativeS) }
  return {
    apex: root,
    node: name => nodes.get(name),
    soa: () => absence,
    denial,
    *sets() {
      for (const node of nodes.values()) yield* node.sets
      yield* nsec3Sets
    },
  }
}

function* addAncestors(nodes: Map<Name, Node>, apex: Name): Work<void> {
  let walked = 0
  // What is added while this runs comes last, and has all its ancestors already.
  for (const name of nodes.keys()) {
    if (++walked % pieceSize === 0) yield
    if (name === apex) continue
    for (let above = parentOf(name); above !== apex && !nodes.has(above); above = parentOf(above)) {
      nodes.set(above, new Node(above, noSets))
    }
  }
  if (!nodes.has(apex)) nodes.set(apex, new Node(apex, noSets))
}

function* addCuts(nodes: ReadonlyMap<Name, Node>, apex: Name): Work<void> {
  const cuts = new Set<Name>()
  let walked = 0
  for (const [name, node] of nodes) {
    if (++walked % pieceSize === 0) yield
    if (name !== apex && node.rrset(types.NS) !== undefined) cuts.add(name)
  }
  if (cuts.size === 0) return
  for (const [name, node] of nodes) {
    if (++walked % pieceSize === 0) yield
    for (let above = name; above !== apex; above = parentOf(above)) {
      if (cuts.has(above)) node.cut = nodes.get(above)
    }
  }
}

/** Which chain there is, if the zone is signed at all. */
function* denialOf(
  top: Node,
  nodes: ReadonlyMap<Name, Node>,
  nsec3Sets: readonly Rrset[],
): Work<Denial | undefined> {
  if (top.rrset(types.NSEC) !== undefined) {
    const sets: Rrset[] = []
    let walked = 0
    for (const node of nodes.values()) {
      if (++walked % pieceSize === 0) yield
      const set = node.rrset(types.NSEC)
      if (set !== undefined && (node.cut === undefined || node.cut === node)) sets.push(set)
    }
    return yield* nsecDenial(sets)
  }
  const chosen = top.rrset(types.NSEC3PARAM)?.data[0]
  if (chosen?.kind !== 'raw' || nsec3Sets.length === 0) return undefined
  const params = chosen.bytes
  const iterations = (params[2]! << 8) | params[3]!
  if (iterations > iterationsMax) {
    throw new Fault(
      'config/invalid',
      `NSEC3 with ${iterations} iterations; ${iterationsMax} at most are served`,
    )
  }
  const salt = params.subarray(5)
  const inChain = (set: Rrset): boolean =>
    set.data.some(data => {
      if (data.kind !== 'raw') return false
      // Of two chains (while one replaces the other) only the one that NSEC3PARAM names is whole. Flags may differ.
      const same = (from: number, to: number): boolean =>
        Buffer.compare(data.bytes.subarray(from, to), params.subarray(from, to)) === 0
      return same(0, 1) && same(2, 5 + salt.length)
    })
  const sets: Rrset[] = []
  for (const [i, set] of nsec3Sets.entries()) {
    if (i % pieceSize === 0) yield
    if (inChain(set)) sets.push(set)
  }
  return sets.length === 0
    ? undefined
    : yield* nsec3Denial(sets, top.name, name => nsec3Hash(name, { iterations, salt }))
}
