// A zone whose names may have zones of their own, served beside it: each is a delegation, with the DS that its owner
// wants (CDS, RFC 7344) or, without one, of the keys that it has for that.
//
// Who serves both needs no word from the owner to the parent: what the owner published is bound to the name on chain,
// so what it says of its own keys may be said here. Without the delegation a signed parent would claim the names
// below as its own, and validators would find signatures of a stranger there.

import { types } from '../wire/code.ts'
import { type Name, parentOf } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import type { Cut, NodeSet, Zone, ZoneNode } from '../zone/zone.ts'
import { dataOf } from './canonical.ts'
import { digestTypes, dsBytes, readDnskey } from './key.ts'

/** `children` is asked at every query; the same array stands for the same zones. */
export function withDelegations(zone: Zone, children: () => readonly Zone[]): Zone {
  let known: readonly Zone[] | undefined
  let byApex: ReadonlyMap<Name, Zone> = new Map()
  // Of a child when it is first asked for: whoever asks next after one of many changed does not wait for all of them.
  const cuts = new WeakMap<Zone, Cut>()
  const cutFor = (child: Zone): Cut => {
    const cut = cuts.get(child) ?? cutOf(child)
    cuts.set(child, cut)
    return cut
  }
  const cutAbove = (name: Name): Cut | undefined => {
    const now = children()
    if (now !== known) {
      known = now
      byApex = new Map(now.map(child => [child.apex, child]))
    }
    let found: Zone | undefined
    for (let at = name; at !== zone.apex; at = parentOf(at)) found = byApex.get(at) ?? found
    return found && cutFor(found)
  }
  return {
    ...zone,
    node(name, apex) {
      const cut = cutAbove(name)
      if (cut === undefined) return zone.node(name, apex)
      return cut.name === name ? cut : below(cut)
    },
  }
}

function below(cut: Cut): ZoneNode {
  return { empty: true, rrset: () => undefined, cut }
}

function cutOf(child: Zone): Cut {
  const name = child.apex
  const node = child.node(name, name)
  const sets = [setAt(node, types.NS), dsSet(name, node)].filter(set => set !== undefined)
  const cut: Cut & { cut?: Cut } = {
    name,
    empty: false,
    sets,
    rrset: type => sets.find(set => set.type === type),
  }
  cut.cut = cut
  return cut
}

function setAt(node: ZoneNode | undefined, type: number): Rrset | undefined {
  const set: NodeSet | undefined = node?.rrset(type)
  return set !== undefined && 'data' in set ? set : undefined
}

function dsSet(name: Name, node: ZoneNode | undefined): Rrset | undefined {
  const [wanted, keys] = [setAt(node, types.CDS), setAt(node, types.DNSKEY)]
  const octets =
    wanted?.data.map(dataOctets) ?? keys?.data.flatMap(data => entryPoint(name, data)).map(digest) ?? []
  // An algorithm of 0 says that no DS is wanted any more (RFC 8078 §4).
  const data = octets.filter(rdata => rdata[2] !== 0).map(rdata => dataOf(types.DS, rdata))
  const ttlS = (wanted ?? keys)?.ttlS
  return ttlS === undefined || data.length === 0
    ? undefined
    : { name, type: types.DS, ttlS, data, signatures: [] }
}

type Key = NonNullable<ReturnType<typeof readDnskey>>

function entryPoint(name: Name, data: RecordData): Key[] {
  const key = readDnskey(name, dataOctets(data))
  return key !== undefined && (key.flags & 1) === 1 ? [key] : []
}

function digest(key: Key): Uint8Array {
  return dsBytes(key, digestTypes.SHA256)
}
