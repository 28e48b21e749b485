// A zone as the look-up ladder sees it: an apex, the nodes below it, and the SOA that dates every absence.
//
// A zone is a question, not a table: the zone of a suffix has as many names as the registry and is computed
// at the node that is asked for. Names are returned under the spelling of the question, so that an answer
// keeps its case.

import type { Name } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'

export type Rrset =
  | {
      readonly kind: 'data'
      readonly ttlS: number
      readonly data: readonly RecordData[]
      /** Addresses of the hosts in `data`: a courtesy that may be left out of a small answer. */
      readonly glue: readonly ResourceRecord[]
    }
  /** The addresses of a site, chosen for each asker. */
  | { readonly kind: 'site'; readonly site: string }
  /** There is such a set, but nothing is known of it now. */
  | { readonly kind: 'unready' }

export interface ZoneNode {
  /**
   * No records of any type: the node exists only because of what is below it (RFC 8499 "empty
   * non-terminal").
   */
  readonly empty: boolean
  rrset(type: number): Rrset | undefined
}

export interface Zone {
  /** In lower case. */
  readonly apex: Name
  /**
   * The node `labels` below the apex (lower case, first label first), or undefined when there is none.
   * `apex` is the apex as the question spells it.
   */
  node(labels: readonly string[], apex: Name): ZoneNode | undefined
  soa(apex: Name): ResourceRecord
}
