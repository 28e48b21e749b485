// What was decided about a question, before anybody thinks of packets.
//
// `site` is the one decision that the zone cannot finish: which edges a site is reached at depends on who
// asks, and a later step turns it into `answer`, `nodata` or `error`.

import type { ResourceRecord } from '../wire/record.ts'

/** Codes of RFC 8914 §4 that say why there is no answer. */
export const extendedErrors = { notSupported: 21, notAuthoritative: 20, noReachableAuthority: 22 } as const

export type Decision =
  | {
      readonly kind: 'answer'
      readonly records: readonly ResourceRecord[]
      readonly glue: readonly ResourceRecord[]
    }
  | { readonly kind: 'site'; readonly site: string; readonly soa: () => ResourceRecord }
  | { readonly kind: 'nodata'; readonly soa: ResourceRecord }
  | { readonly kind: 'nxdomain'; readonly soa: ResourceRecord }
  | { readonly kind: 'error'; readonly rcode: number; readonly extendedError?: number }
