// The addresses of a site, for this asker: the zone said that there are some, this step says which.
//
// No live edge is not the same as no address: NODATA would be remembered, SERVFAIL sends the asker to the
// next server, which may know more. Edges without an address of the family that was asked for are NODATA.

import type { Step } from '../../base/chain.ts'
import type { Decision } from '../zone/decision.ts'
import { owned, unready } from '../zone/ladder.ts'
import type { EdgeAddress } from '../zone/servers.ts'
import { addressData } from '../zone/suffix.ts'
import type { ClientAddress, Query } from './query.ts'

export interface Places {
  /** Live edges that may serve `site` to `client`, best first, `countMax` at most; never waits. */
  near(site: string, client: ClientAddress, countMax: number): readonly EdgeAddress[]
}

export function placed(options: { places: Places; countMax: number; ttlS: number }): Step<Query, Decision> {
  const { places, countMax, ttlS } = options
  return (query, next) => {
    const decision = next(query)
    if (decision.kind !== 'site') return decision
    const edges = places.near(decision.site, query.client, countMax)
    if (edges.length === 0) return unready
    const data = addressData(edges.slice(0, countMax), query.question.type)
    if (data.length === 0) return { kind: 'nodata', soa: decision.soa() }
    return { kind: 'answer', records: owned(query.question, data, ttlS), glue: [] }
  }
}
