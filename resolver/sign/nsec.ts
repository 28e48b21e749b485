// Denial in advance: every name says which one comes next, so what lies between cannot be (RFC 4034 §4, RFC 5155).
//
// NSEC links the names themselves, in canonical order; NSEC3 links their hashes, so that a zone is a little harder to
// list. NSEC3 here is as RFC 9276 wants it: SHA-1 once, no salt, no opt-out; more iterations cost validators more
// than attackers. Both chains say "these types are here", so both are built from the same list of names.

import { hash } from 'node:crypto'
import { concatBytes } from '../../base/bytes.ts'
import { base32Text } from '../wire/base32.ts'
import { typesBitmap } from '../wire/bitmap.ts'
import { types } from '../wire/code.ts'
import { childOf, compareNames, type Name, parentOf } from '../wire/name.ts'
import type { Rrset } from '../zone/rrset.ts'
import { dataOf, nameBytes } from './canonical.ts'

/** A name that answers, or is proven to have nothing of a type. */
export interface ChainName {
  readonly name: Name
  /** Types of the sets at the name, without those that a chain adds. */
  readonly types: readonly number[]
  /** Whether anything there is signed: false for a delegation without DS. */
  readonly isSigned: boolean
}

export interface Nsec3Options {
  /** RFC 9276 §3.1 wants 0; others are for reading what older signers left. */
  readonly iterations: number
  /** RFC 9276 §3.1 wants none. */
  readonly salt: Uint8Array
}

export const nsec3ByTheBook: Nsec3Options = { iterations: 0, salt: new Uint8Array(0) }

const sha1 = 1

/** One NSEC record as a set without signatures. */
export function nsecSet(name: Name, next: Name, present: Iterable<number>, ttlS: number): Rrset {
  const bitmap = typesBitmap([...present, types.RRSIG, types.NSEC])
  // The next name is not folded by §6.2 as amended (RFC 6840 §5.1); ours are in lower case anyway.
  const data = [dataOf(types.NSEC, concatBytes([nameBytes(next), bitmap]))]
  return { name, type: types.NSEC, ttlS, data, signatures: [] }
}

/** The NSEC chain, without signatures. Names that are only on the way to others have none (RFC 4035 §2.3). */
export function nsecChain(names: readonly ChainName[], ttlS: number): Rrset[] {
  const sorted = names.toSorted((a, b) => compareNames(a.name, b.name))
  return sorted.map((at, i) => nsecSet(at.name, sorted[(i + 1) % sorted.length]!.name, at.types, ttlS))
}

/** RFC 5155 §5: 20 octets. */
export function nsec3Hash(name: Name, { iterations, salt }: Nsec3Options = nsec3ByTheBook): Uint8Array {
  let digest: Uint8Array = nameBytes(name)
  // In one call: who asks for made-up names buys one with each.
  for (let i = 0; i <= iterations; i++) digest = hash('sha1', salted(digest, salt), 'buffer')
  return digest
}

function salted(octets: Uint8Array, salt: Uint8Array): Uint8Array {
  return salt.length === 0 ? octets : concatBytes([octets, salt])
}

/** NSEC3PARAM at the apex; its TTL is nobody's business, as only the servers of the zone read it. */
export function nsec3Param(apex: Name, options: Nsec3Options = nsec3ByTheBook): Rrset {
  const data = [dataOf(types.NSEC3PARAM, paramBytes(0, options))]
  return { name: apex, type: types.NSEC3PARAM, ttlS: 0, data, signatures: [] }
}

function paramBytes(flags: number, { iterations, salt }: Nsec3Options): Uint8Array {
  return concatBytes([Uint8Array.of(sha1, flags, iterations >> 8, iterations & 0xff, salt.length), salt])
}

/** The NSEC3 chain, without signatures; empty non-terminals have a record too (RFC 5155 §7.1). */
export function nsec3Chain(
  apex: Name,
  names: readonly ChainName[],
  ttlS: number,
  options = nsec3ByTheBook,
): Rrset[] {
  const all = new Map(names.map(at => [at.name, at]))
  for (const { name } of names) {
    for (let at = name; at !== apex && !all.has((at = parentOf(at))); ) {
      all.set(at, { name: at, types: [], isSigned: false })
    }
  }
  const hashed = [...all.values()].map(at => ({ at, hash: Buffer.from(nsec3Hash(at.name, options)) }))
  hashed.sort((a, b) => a.hash.compare(b.hash))
  return hashed.map(({ at, hash }, i) => {
    const present = at.isSigned ? [...at.types, types.RRSIG] : at.types
    const next = hashed[(i + 1) % hashed.length]!.hash
    const rdata = [paramBytes(0, options), Uint8Array.of(next.length), next, typesBitmap(present)]
    const data = [dataOf(types.NSEC3, concatBytes(rdata))]
    return { name: childOf(base32Text(hash), apex), type: types.NSEC3, ttlS, data, signatures: [] }
  })
}
