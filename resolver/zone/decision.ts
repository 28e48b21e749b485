// What was decided about a question, before anybody thinks of packets.
//
// `site` is the one decision that the zone cannot finish: which edges a site is reached at depends on who
// asks, and a later step turns it into `answer`, `nodata` or `error`. Records are in the order in which they
// are to be sent; signatures and proofs are among them when the asker wanted them (DO), and only then.

import type { Name } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'

/** Codes of RFC 8914 §4, and of RFC 9824 §9, that say why there is no answer. */
export const extendedErrors = {
  notAuthoritative: 20,
  notSupported: 21,
  noReachableAuthority: 22,
  invalidType: 30,
} as const

type Records = readonly ResourceRecord[]

export type Decision =
  | {
      readonly kind: 'answer'
      readonly records: Records
      /** Proof that a wildcard had to be used, or the delegation at which a chain of aliases leaves. */
      readonly authorities?: Records
      readonly glue: Records
      /** YXDOMAIN when a DNAME makes a name that is too long (RFC 6672 §2.2); NOERROR else. */
      readonly rcode?: number
      /** The wildcard or DNAME by which names without end have this answer, in lower case. */
      readonly through?: Name
    }
  /** Somebody else has authority: NS, then DS or the proof that there is none. */
  | { readonly kind: 'referral'; readonly authorities: Records; readonly glue: Records }
  | {
      readonly kind: 'site'
      readonly site: string
      /** What to decide when no edge has what was asked for: no data, with the proof if that was wanted. */
      readonly absent: () => Decision
      /** What is signed for edges that `wanted` would name; undefined for nothing. Absent where nothing is signed. */
      readonly signed?: (wanted: readonly RecordData[]) => Records | undefined
      /** The chain of aliases that led to `owner`, both absent when the question named it. */
      readonly aliases?: Records
      readonly owner?: Name
    }
  | {
      readonly kind: 'nodata' | 'nxdomain'
      readonly soa: ResourceRecord
      /** The chain of aliases that ends in the absence. */
      readonly aliases?: Records
      /** Signatures of the SOA, then NSEC or NSEC3 with theirs. */
      readonly proof?: Records
      /** Of an `nxdomain`: the proof has the form of no data, so the rcode is NXDOMAIN for CO alone (RFC 9824 §5.1). */
      readonly compact?: boolean
    }
  | { readonly kind: 'error'; readonly rcode: number; readonly extendedError?: number }
