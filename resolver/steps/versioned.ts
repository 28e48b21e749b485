// EDNS first: a version that we do not speak may change what everything else means (RFC 6891 §6.1.3), and
// two OPT records cannot both be meant (§6.1.1).

import type { Step } from '../../base/chain.ts'
import { rcodes } from '../wire/code.ts'
import type { Decision } from '../zone/decision.ts'
import type { Query } from './query.ts'

export const versioned: Step<Query, Decision> = (query, next) => {
  if (query.edns === 'faulty') return { kind: 'error', rcode: rcodes.FORMERR }
  if (query.edns !== undefined && query.edns.version > 0) return { kind: 'error', rcode: rcodes.BADVERS }
  return next(query)
}
