// Whether DNS, as this edge answers it, may lead a client of a host to a certain edge: only such an edge has any use
// for the host's key.
//
// The zones that answer queries are asked, so there is no second list that could differ from them: the places that an
// owner signed in advance, addresses that the owner wrote down, or every live edge where the owner left it open.

import { isFault } from '../../base/fault.ts'
import { parseIpv4, parseIpv6 } from '../../resolver/wire/address.ts'
import { types } from '../../resolver/wire/code.ts'
import { foldCase, type Name, parentOf, parseName, rootName } from '../../resolver/wire/name.ts'
import { dataOctets, type RecordData } from '../../resolver/wire/rdata.ts'
import { wildcardOf } from '../../resolver/zone/denial.ts'
import type { Zone, ZoneNode } from '../../resolver/zone/zone.ts'

/** Addresses as text; empty for none. */
export interface Led {
  readonly address: string
  readonly ipv6: string
}

/** Aliases that are followed within our zones, as `www` to the apex. */
const aliasesMax = 4

/** `zones()` is the same array until one changes. */
export function createNaming(zones: () => readonly Zone[]): (host: string, edge: Led) => boolean {
  let known: readonly Zone[] | undefined
  let byApex: ReadonlyMap<Name, Zone> = new Map()
  const nodeOf = (name: Name): ZoneNode | undefined => {
    const now = zones()
    if (now !== known) byApex = new Map(now.map(zone => [zone.apex, zone]))
    known = now
    for (let apex = name; ; apex = parentOf(apex)) {
      const zone = byApex.get(apex)
      if (zone !== undefined) {
        return (
          zone.node(name, apex) ?? (name === apex ? undefined : zone.node(wildcardOf(parentOf(name)), apex))
        )
      }
      if (apex === rootName) return undefined
    }
  }
  return (host, { address, ipv6 }) => {
    let node = nodeOf(nameOf(host))
    for (let i = 0; i < aliasesMax; i++) {
      const alias = node?.rrset(types.CNAME)
      const [target] = alias !== undefined && 'data' in alias ? alias.data : []
      if (target?.kind !== 'host') break
      node = nodeOf(foldCase(target.host))
    }
    return (
      node !== undefined &&
      (leads(node, types.A, parseIpv4(address)) || leads(node, types.AAAA, parseIpv6(ipv6)))
    )
  }
}

function leads(node: ZoneNode, type: number, bytes: Uint8Array | undefined): boolean {
  const set = bytes === undefined ? undefined : node.rrset(type)
  if (set === undefined || ('kind' in set && set.kind === 'unready')) return false
  const wanted: RecordData = { kind: 'address', bytes: bytes! }
  const has = (data: readonly RecordData[] = []): boolean =>
    data.some(one => Buffer.compare(dataOctets(one), bytes!) === 0)
  if ('data' in set) return has(set.data)
  return set.signed === undefined || has(set.signed([wanted])?.data)
}

/** The root, at which there is no zone of ours, for what is no name. */
function nameOf(host: string): Name {
  try {
    return foldCase(parseName(host))
  } catch (error) {
    if (isFault(error)) return rootName
    throw error
  }
}
