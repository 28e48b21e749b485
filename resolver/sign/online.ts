// Signing while answering, for a zone whose operator runs the edges and lets them hold its key.
//
// Answers that depend on the asker cannot all be signed in advance; here every set is signed when first given and
// then kept. What is not there is denied by one record that is made up for the question (compact denial, RFC
// 9824): nothing can be listed, and a flood of random names costs one signature each, never a walk through a
// chain. A signature's TTL is that of its set; for denials that is the least of the SOA's TTL and its last field
// (RFC 9077), for the SOA beside them too, or checkers find RRSIG(SOA) outliving what it covers.

import { LRUCache } from 'lru-cache'
import { types } from '../wire/code.ts'
import { foldCase, type Name } from '../wire/name.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import type { Rrset } from '../zone/rrset.ts'
import type { SigningKey } from './key.ts'
import { nsecSet } from './nsec.ts'
import { signSet } from './rrsig.ts'

export interface OnlineOptions {
  /** Keys that sign the zone's sets; more than one during a roll. */
  readonly keys: readonly SigningKey[]
  /** From now to the end of a signature, in seconds. */
  readonly lifetimeS: number
  /** How far back signatures begin. */
  readonly leadS: number
  /** Signatures kept; the one longest unused goes first. */
  readonly keptMax: number
}

export const onlineByDefault = { lifetimeS: 7 * 86_400, leadS: 3600, keptMax: 65_536 } as const

export interface OnlineSigner {
  /** The set with signatures of its TTL; the same object again while they are kept. `nowS` since the epoch. */
  sign(set: Rrset, nowS: number): Rrset
  /** Denies the name, or types other than `present` at it: one signed NSEC (RFC 9824 §3). */
  deny(denial: Denial, nowS: number): Rrset
  /** The SOA for a negative answer: its TTL is that of the denial (RFC 2308 §5, RFC 9077). */
  negativeSoa(soa: Rrset, nowS: number): Rrset
  /** Signatures made so far, and how many are kept. */
  readonly counts: { readonly signed: number; readonly kept: number }
}

export type Denial = {
  /** As the question spells it; the NSEC is owned by it. */
  readonly name: Name
  /** Types at the name, without RRSIG, NSEC and NXNAME; `none` when there is no such name. Empty for an ENT. */
  readonly present: readonly number[] | 'none'
  readonly ttlS: number
}

interface Kept {
  readonly set: Rrset
  /** When to sign anew: with a third of life left, so that what is cached last ends before its signature. */
  readonly renewAtS: number
}

/** `keys` must not be empty. */
export function createOnlineSigner(options: OnlineOptions): OnlineSigner {
  const kept = new LRUCache<string, Kept>({ max: options.keptMax })
  /** What a zone holds stays the same object: its content is read once. */
  const ids = new WeakMap<Rrset, string>()
  let signed = 0
  const sign = (set: Rrset, nowS: number): Rrset => {
    const id = ids.get(set) ?? idOf(set)
    const found = kept.get(id)
    // A clock that went back makes signatures that begin in the future: those are not kept either.
    const isFresh = found !== undefined && nowS < found.renewAtS && nowS > found.renewAtS - options.lifetimeS
    if (isFresh) return found.set
    const fresh = signNow(set, options, nowS)
    signed++
    ids.set(set, id)
    kept.set(id, fresh)
    return fresh.set
  }
  return {
    sign,
    deny: ({ name, present, ttlS }, nowS) => {
      const found = present === 'none' ? [types.NXNAME] : present
      return sign(nsecSet(name, nameAfter(name), found, ttlS), nowS)
    },
    negativeSoa: (soa, nowS) => sign({ ...soa, ttlS: negativeTtlS(soa) }, nowS),
    get counts() {
      return { signed, kept: kept.size }
    },
  }
}

/** How long an absence may be remembered: the least of the SOA's TTL and its last field (RFC 2308 §5). */
export function negativeTtlS(soa: Rrset): number {
  const [data] = soa.data
  return data?.kind === 'authority' ? Math.min(soa.ttlS, data.negativeS) : soa.ttlS
}

function signNow(set: Rrset, { keys, lifetimeS, leadS }: OnlineOptions, nowS: number): Kept {
  // The TTL is added, so that a cached set ends before its signature (RFC 6781 §4.4.2).
  const expirationAtS = Math.floor(nowS + lifetimeS + set.ttlS)
  const validity = { inceptionAtS: Math.floor(nowS - leadS), expirationAtS }
  const signatures = keys.map(key => signSet(set, key, validity))
  return { set: { ...set, signatures }, renewAtS: nowS + (2 * lifetimeS) / 3 }
}

/** All that is signed, as a string: the content is the key, so a zone that changes needs nothing to be forgotten. */
function idOf({ name, type, ttlS, data }: Rrset): string {
  let id = `${type} ${ttlS} ${name}\0`
  for (const one of data) id += `${latin1(one)}\n`
  return id
}

function latin1(data: RecordData): string {
  const octets = dataOctets(data)
  return `${octets.length} ${Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')}`
}

const nameBytesMax = 254

/** The first name after `name` in canonical order: `\000.name`, where that is not too long. */
export function nameAfter(name: Name): Name {
  return name.length + 2 <= nameBytesMax ? (`\x01\0${name}` as Name) : nameBeyond(name)
}

/**
 * The first name after `name` and all that could be below it: `\000` at the end of its first label or, where that
 * is too long, the last octet that can grow. The parent when none can.
 */
export function nameBeyond(name: Name): Name {
  const length = name.charCodeAt(0)
  const label = name.slice(1, 1 + length)
  const rest = name.slice(1 + length)
  if (name.length + 1 <= nameBytesMax && length < 63)
    return `${String.fromCharCode(length + 1)}${label}\0${rest}` as Name
  const grows = label.replace(/\xff+$/, '')
  if (grows === '') return rest as Name
  // Letters count as lower case: `Z` is followed by `{`, and after `@` comes `[`, as `A` to `Z` stand later.
  const last = foldCase(grows as Name).charCodeAt(grows.length - 1)
  const next = last === 0x40 ? 0x5b : last + 1
  return `${String.fromCharCode(grows.length)}${grows.slice(0, -1)}${String.fromCharCode(next)}${rest}` as Name
}
