// Questions that no zone can answer, whatever their name: other classes, transfers, types that are not data.
//
// Class ANY is refused with the others, because an answer to it could never be authoritative (RFC 1034
// §3.7.1), and so are transfers: the zone is public on chain, where it comes with proofs.

import type { Step } from '../../base/chain.ts'
import { classes, rcodes, types } from '../wire/code.ts'
import type { Decision } from '../zone/decision.ts'
import { extendedErrors } from '../zone/decision.ts'
import type { Query } from './query.ts'

const refused: Decision = {
  kind: 'error',
  rcode: rcodes.REFUSED,
  extendedError: extendedErrors.notSupported,
}

/** Types 128 to 255 and OPT ask for something to be done (RFC 6895 §3.1); ANY is the ladder's. */
const meta = new Map<number, Decision>([
  [types.AXFR, refused],
  [types.IXFR, refused],
  [types.MAILA, { kind: 'error', rcode: rcodes.NOTIMP }],
  [types.MAILB, { kind: 'error', rcode: rcodes.NOTIMP }],
  // Stands in the bitmap of a compact denial and nowhere else (RFC 9824 §3.5).
  [types.NXNAME, { kind: 'error', rcode: rcodes.FORMERR, extendedError: extendedErrors.invalidType }],
  [types.OPT, { kind: 'error', rcode: rcodes.FORMERR }],
  [types.TKEY, { kind: 'error', rcode: rcodes.FORMERR }],
  [types.TSIG, { kind: 'error', rcode: rcodes.FORMERR }],
])

export const scoped: Step<Query, Decision> = (query, next) => {
  if (query.question.class !== classes.IN) return refused
  return meta.get(query.question.type) ?? next(query)
}
