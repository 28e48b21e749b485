// Proofs that something is not there, out of a chain that was signed in advance.
//
// NSEC (RFC 4035 §3.1.3) lists the names in canonical order, each record with its successor; NSEC3 (RFC 5155
// §7.2) does so with hashes of names, so that a proof does not tell the names. A record either matches a name
// (it is there, with these types) or covers it (there is nothing between these two). What must be shown for
// each kind of answer is the same question to both chains, and both answer with sets, signatures included.

import { base32Text } from '../wire/base32.ts'
import { canonicalKey, childOf, labelsOf, type Name, parentOf, rootName } from '../wire/name.ts'
import { distinct, type Rrset } from './rrset.ts'

/** Names are in lower case; `encloser` is the closest ancestor of `name` that exists. */
export interface Denial {
  /** A name that is not there is denied as one without data, by NXNAME: so NOERROR, or CO (RFC 9824 §3.1, §5.1). */
  readonly compact?: boolean
  /**
   * `name` is there, `type` is not: also for the DS of a delegation (RFC 4035 §3.1.4, RFC 5155 §7.2.7). What was
   * signed in advance says by itself which types there are.
   */
  nodata(name: Name, type: number): readonly Rrset[]
  /** Neither `name` nor a wildcard is there. */
  nxdomain(name: Name, encloser: Name): readonly Rrset[]
  /** A wildcard answered because `name` is not there. */
  wildcard(name: Name, encloser: Name): readonly Rrset[]
  /** A wildcard would have answered, but lacks the type. */
  wildcardNodata(name: Name, encloser: Name): readonly Rrset[]
}

export function wildcardOf(encloser: Name): Name {
  return `\x01*${encloser}` as Name
}

/** Sets by key, in the order of their keys; one at least. */
export interface Chain {
  match(key: string): Rrset | undefined
  /** The set with the last key that is not after `key`, round the end to the last of all. */
  at(key: string): Rrset
}

/** The key of `name` in the NSEC chain of the zone `apex`: its place in canonical order among the names below. */
export function nsecKey(name: Name, apex: Name): string {
  return canonicalKey(name).slice(canonicalKey(apex).length)
}

/** The key of an owner of NSEC3: its hash. */
export function nsec3Key(owner: Name): string {
  return labelsOf(owner)[0]!.toLowerCase()
}

/** Enclosers whose part of a proof is kept: made-up names have few, for they are all names of the zone. */
const enclosersMax = 1024

/** `find`, remembered: of a flood of made-up names, all but the name itself is the same again and again. */
function remembered<T>(find: (encloser: Name) => T): (encloser: Name) => T {
  const known = new Map<Name, T>()
  return encloser => {
    const old = known.get(encloser)
    if (old !== undefined) return old
    if (known.size >= enclosersMax) known.clear()
    const found = find(encloser)
    known.set(encloser, found)
    return found
  }
}

export function nsecDenial(chain: Chain, apex: Name): Denial {
  const apexKeyBytes = canonicalKey(apex).length
  // One that matches is also the last one not after the name; an empty non-terminal is covered (RFC 4035
  // §3.1.3.2).
  const at = (name: Name): Rrset => chain.at(canonicalKey(name).slice(apexKeyBytes))
  const wildcardAt = remembered(encloser => at(wildcardOf(encloser)))
  return {
    nodata: name => [at(name)],
    nxdomain: (name, encloser) => distinct(at(name), wildcardAt(encloser)),
    wildcard: name => [at(name)],
    wildcardNodata: (name, encloser) => distinct(wildcardAt(encloser), at(name)),
  }
}

/** From the chain of NSEC3 of the zone `apex`; `hash` is the hash of that chain (RFC 5155 §5). */
export function nsec3Denial(chain: Chain, apex: Name, hash: (name: Name) => Uint8Array): Denial {
  const keyOf = (name: Name): string => base32Text(hash(name))
  const match = (name: Name): Rrset | undefined => chain.match(keyOf(name))
  const cover = (name: Name): Rrset => chain.at(keyOf(name))
  /** With opt-out, delegations and what only leads to them have no record: what can be proved may be further up. */
  const provedFrom = remembered(encloser => {
    let proved = encloser
    let matched = match(proved)
    while (matched === undefined && proved !== apex && proved !== rootName) {
      proved = parentOf(proved)
      matched = match(proved)
    }
    const wildcard = wildcardOf(proved)
    return { encloser: proved, matched, wildcard: { match: match(wildcard), cover: cover(wildcard) } }
  })
  /** The closest encloser proof (RFC 5155 §7.2.1). */
  const enclosed = (name: Name, encloser: Name): Rrset[] => {
    const proved = provedFrom(encloser)
    return distinct(proved.matched, cover(nextCloser(name, proved.encloser)))
  }
  return {
    nodata(name) {
      const matched = match(name)
      return matched === undefined ? enclosed(name, parentOf(name)) : [matched]
    },
    nxdomain(name, encloser) {
      return distinct(...enclosed(name, encloser), provedFrom(encloser).wildcard.cover)
    },
    wildcard: (name, encloser) => [cover(nextCloser(name, encloser))],
    wildcardNodata(name, encloser) {
      return distinct(...enclosed(name, encloser), provedFrom(encloser).wildcard.match)
    },
  }
}

/** The name that is one label longer than `encloser` on the way to `name` (RFC 5155 §1.3). */
function nextCloser(name: Name, encloser: Name): Name {
  const labels = labelsOf(name.slice(0, name.length - encloser.length) as Name)
  return childOf(labels.at(-1)!, encloser)
}
