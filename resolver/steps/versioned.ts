// EDNS first: a version that we do not speak may change what everything else means (RFC 6891 §6.1.3), and
// two OPT records cannot both be meant (§6.1.1). Options that break their own rules come next, and then who
// wanted nothing but a cookie has all there is to have.

import type { Step } from '../../base/chain.ts'
import { rcodes } from '../wire/code.ts'
import type { Decision } from '../zone/decision.ts'
import type { Query } from './query.ts'

const nothing: Decision = { kind: 'error', rcode: rcodes.NOERROR }

export const versioned: Step<Query, Decision> = (query, next) => {
  if (query.edns === 'faulty') return { kind: 'error', rcode: rcodes.FORMERR }
  if (query.edns !== undefined && query.edns.version > 0) return { kind: 'error', rcode: rcodes.BADVERS }
  if (query.extensions === 'malformed') return { kind: 'error', rcode: rcodes.FORMERR }
  return query.asks ? next(query) : nothing
}
