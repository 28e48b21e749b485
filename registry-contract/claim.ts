// Claims to domains, in little room: whoever pays the gas may enter 200,000 that no parent will ever bear out, and an
// edge holds all of them, since the next delegation may prove any.
//
// A claim is one string of what cannot be reckoned: name, owner and site. Its hash and its token are reckoned when
// somebody asks, which takes some microseconds and happens at a look-up. The index goes by 30 bits of the key, with a
// list where two share them. As objects of five strings beside a key of 106 digits, 200,000 claims took 690 octets
// each, so 175 with names of 20 letters (claim.test.ts bounds it). Rejected: flat rows as of names, a half less again,
// because who watches claims compares entries by identity.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { isLabel } from './label.ts'

export interface ClaimEntry {
  /** keccak256 of the domain in wire format. */
  readonly domain: string
  /** The domain as text, without a dot at the end. */
  readonly name: string
  readonly owner: string
  /** Node of the site that the domain is to show. */
  readonly site: string
  /** Label that the host names of the owner's name servers carry: 32 hexadecimal digits. */
  readonly token: string
}

/** Of owner and site behind the name, and of the zero between. */
const tailLength = 1 + 20 + 32

/** A claim of a valid domain (`domainHash`). Fields are getters of the prototype, as those of NameEntry are. */
export class Claim implements ClaimEntry {
  readonly #text: string

  /** Owner and site as 0x and hexadecimal digits. */
  constructor({ name, owner, site }: Pick<ClaimEntry, 'name' | 'owner' | 'site'>) {
    this.#text = Buffer.from(`${toHex(utf8(name))}00${owner.slice(2)}${site.slice(2)}`, 'hex').toString(
      'latin1',
    )
  }

  /** By name, then owner: no letter of a name is as small as the zero behind it. */
  static order(a: Claim, b: Claim): number {
    return a.#text < b.#text ? -1 : a.#text > b.#text ? 1 : 0
  }

  get name(): string {
    return this.#text.slice(0, -tailLength)
  }

  get owner(): string {
    return this.#hex(1 - tailLength, -32)
  }

  get site(): string {
    return this.#hex(-32)
  }

  get domain(): string {
    return domainHash(this.name)!
  }

  get token(): string {
    return tokenOf(this.domain, this.owner)
  }

  /** What the rest can be reckoned from. */
  toJSON(): Pick<ClaimEntry, 'name' | 'owner' | 'site'> {
    const { name, owner, site } = this
    return { name, owner, site }
  }

  #hex(from: number, to?: number): string {
    return `0x${Buffer.from(this.#text.slice(from, to), 'latin1').toString('hex')}`
  }
}

/** What `Entries` keeps claims in: a Map by `claimKey`, without the keys. */
export class ClaimIndex {
  readonly #buckets = new Map<number, Claim | readonly Claim[]>()
  size = 0

  get(key: string): Claim | undefined {
    return this.#bucket(key).find(claim => keyOf(claim) === key)
  }

  set(key: string, claim: Claim): void {
    const others = this.#bucket(key).filter(one => keyOf(one) !== key)
    this.size -= this.#bucket(key).length - others.length
    this.#put(key, [...others, claim])
    this.size++
  }

  delete(key: string): void {
    const all = this.#bucket(key)
    const others = all.filter(one => keyOf(one) !== key)
    this.size -= all.length - others.length
    this.#put(key, others)
  }

  *values(): Iterable<Claim> {
    for (const bucket of this.#buckets.values()) {
      if (bucket instanceof Claim) yield bucket
      else yield* bucket
    }
  }

  #bucket(key: string): readonly Claim[] {
    const bucket = this.#buckets.get(shortOf(key))
    if (bucket === undefined) return []
    return bucket instanceof Claim ? [bucket] : bucket
  }

  #put(key: string, claims: readonly Claim[]): void {
    const [only] = claims
    if (only === undefined) this.#buckets.delete(shortOf(key))
    else this.#buckets.set(shortOf(key), claims.length === 1 ? only : claims)
  }
}

/** Of a claim by its domain's hash and its owner, both as 0x and digits. */
export function claimKey(domain: string, owner: string): string {
  return domain + owner.slice(2)
}

function keyOf({ domain, owner }: Claim): string {
  return claimKey(domain, owner)
}

/** 30 bits, which make a small number, of the domain's hash and of the owner. */
function shortOf(key: string): number {
  return (Number.parseInt(key.slice(2, 10), 16) ^ Number.parseInt(key.slice(-8), 16)) & 0x3fff_ffff
}

/** keccak256 of a domain in wire format (RFC 1035 section 3.1); undefined for what is no domain of LDH labels. */
export function domainHash(name: string): string | undefined {
  if (name.length === 0 || name.length + 2 > 255) return undefined
  const labels = name.split('.')
  if (!labels.every(isLabel)) return undefined
  const wire = `${labels.map(label => String.fromCharCode(label.length) + label).join('')}\0`
  return `0x${toHex(keccak_256(utf8(wire)))}`
}

/** As `tokenOf` of DomainClaims.sol: the first 16 bytes of keccak256(domain ‖ owner), without 0x. */
export function tokenOf(domain: string, owner: string): string {
  return toHex(keccak_256(fromHex(domain + owner.slice(2))!).subarray(0, 16))
}
