// What a delegation means for the claims to a domain: whose it is, and whether its DS fits the zone that is served.
//
// A claim is worth what the parent says: one host name of the NS set that has the claim's token as a label, which
// nobody but the domain's holder can enter there. Other hosts may stand beside it, such as an owner's secondary. Pure
// tables: what to do about a verdict, and when, is watch.ts.

import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { keyTag } from '../sign/key.ts'
import { foldCase, isWithin, labelsOf, type Name, nameOctets } from '../wire/name.ts'
import type { Host } from './reply.ts'
import type { Finding } from './walk.ts'

export interface Claim {
  /** The domain as text: lower case, no dot at the end. */
  readonly name: string
  readonly owner: string
  /** Node of the site that the domain is to show. */
  readonly site: string
  /** 32 hexadecimal digits in lower case. */
  readonly token: string
}

export type Delegation = Extract<Finding, { kind: 'delegated' }>

export type Verdict<C extends Claim = Claim> =
  | { readonly kind: 'served'; readonly claim: C; readonly delegation: Delegation }
  /** Tokens of more than one claimant: it is not ours to say who is right. */
  | { readonly kind: 'contested'; readonly claims: readonly C[]; readonly delegation: Delegation }
  /** Delegated, but to nobody who claims it. */
  | { readonly kind: 'elsewhere'; readonly delegation: Delegation }
  | { readonly kind: 'undelegated' }
  | { readonly kind: 'unclear'; readonly why: string }

export function verdictOf<C extends Claim>(claims: readonly C[], finding: Finding): Verdict<C> {
  if (finding.kind !== 'delegated') return finding
  const labels = new Set(finding.hosts.flatMap(({ name }) => labelsOf(name)))
  const proven = claims.filter(({ token }) => labels.has(token))
  const [claim] = proven
  if (claim === undefined) return { kind: 'elsewhere', delegation: finding }
  if (proven.length > 1) return { kind: 'contested', claims: proven, delegation: finding }
  return { kind: 'served', claim, delegation: finding }
}

/**
 * How the parent's DS fits the zone: 'unsigned' has neither, 'secure' has a DS for one of its keys, 'island' is signed
 * without a DS and validated by nobody, 'bogus' has a DS for no key of its own, so that validators refuse all of it.
 */
export type Security = 'unsigned' | 'secure' | 'island' | 'bogus' | 'unclear'

/** `ds` and `keys` are RDATA; `keys` of the zone's DNSKEY set, none where it is not signed. */
export function securityOf(domain: Name, ds: Delegation['ds'], keys: readonly Uint8Array[]): Security {
  if (ds === undefined) return 'unclear'
  if (ds.length === 0) return keys.length === 0 ? 'unsigned' : 'island'
  return ds.some(one => keys.some(key => pointsAt(domain, one, key))) ? 'secure' : 'bogus'
}

/** Digest types of RFC 4034, RFC 4509 and RFC 6605. */
const hashes = new Map([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
])

/** RFC 4034 §5.1.4: tag, algorithm, and a digest of owner and key. */
function pointsAt(domain: Name, ds: Uint8Array, key: Uint8Array): boolean {
  const hash = hashes.get(ds[3] ?? 0)
  if (hash === undefined || key.length < 4) return false
  const tag = keyTag(key)
  if (ds[0] !== tag >> 8 || ds[1] !== (tag & 0xff) || ds[2] !== key[3]) return false
  const digest = createHash(hash)
    .update(concatBytes([nameOctets(foldCase(domain)), key]))
    .digest()
  return equalBytes(ds.subarray(4), digest)
}

/** The first host that lies below the domain and has no address at the parent: nobody can reach it. */
export function hostWithoutGlue(domain: Name, { hosts }: Delegation): Host | undefined {
  return hosts.find(({ name, addresses }) => isWithin(name, domain) && addresses.length === 0)
}
