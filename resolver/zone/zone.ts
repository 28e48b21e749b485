// A zone as the look-up ladder sees it: an apex, the nodes below it, and the SOA that dates every absence.
//
// A zone is a question, not a table: the zone of a suffix has as many names as the registry and is computed
// at the node that is asked for, a zone from a master file (`snapshot.ts`) looks it up. An answer keeps the
// case of its question, so who computes owner names is told how the question spells the apex.

import type { Name } from '../wire/name.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Denial } from './denial.ts'
import type { Rrset } from './rrset.ts'

export type NodeSet =
  | (Rrset & {
      /** Addresses of the hosts in `data`: a courtesy that may be left out of a small answer. */
      readonly glue?: readonly ResourceRecord[]
    })
  /** A, AAAA or HTTPS of a site, chosen for each asker. */
  | {
      readonly kind: 'site'
      readonly site: string
      /**
       * The set to answer with where edges would be named by `wanted`, best first; undefined when there is none.
       * Absent where nothing is signed.
       */
      readonly signed?: (wanted: readonly RecordData[]) => Rrset | undefined
    }
  /** There is such a set, but nothing is known of it now. */
  | { readonly kind: 'unready' }

export interface ZoneNode {
  /**
   * No records of any type: the node exists only because of what is below it (RFC 8499 "empty
   * non-terminal").
   */
  readonly empty: boolean
  /** The set of a type; of RRSIG, which is no set, `sets` knows more. */
  rrset(type: number): NodeSet | undefined
  /** All sets, where they are known beforehand. */
  readonly sets?: readonly Rrset[]
  /** The topmost delegation that this node is, or is below: what is there is not ours (RFC 1034 §4.2.1). */
  readonly cut?: Cut | undefined
}

export interface Cut extends ZoneNode {
  /** In lower case. */
  readonly name: Name
}

export interface Zone {
  /** In lower case. */
  readonly apex: Name
  /**
   * The node of `name` (in lower case, at the apex or below), or undefined when there is none; a node has
   * nodes for all its ancestors. `apex` is the apex as the question spells it.
   */
  node(name: Name, apex: Name): ZoneNode | undefined
  /** For absences: with the lesser of its TTL and its minimum (RFC 2308 §3). */
  soa(apex: Name): Rrset
  /** How absences are proved; undefined in a zone that is not signed. */
  readonly denial?: Denial | undefined
  /** Every set there is, each once, where they are known beforehand: what a transfer sends. */
  sets?(): Iterable<Rrset>
}
