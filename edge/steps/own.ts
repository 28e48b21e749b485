// The fork in the road: requests to the edge's own address go to what the edge says about itself.
//
// Sites and the edge's own interface never share a host: scripts of a site would otherwise be of the same
// origin as the upload address, and could use it with whatever the reader's browser may do there.

import type { Answer } from '../message.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

/** In the spelling of `canonicalHost`; the port does not matter. */
export type Hosts = Pick<ReadonlySet<string>, 'has'>

export function own(hosts: Hosts, ownChain: (visit: Visit) => Answer): IngressStep {
  return (visit, next) => (hosts.has(known(visit, 'authority').host) ? ownChain(visit) : next(visit))
}
