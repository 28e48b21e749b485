// What a server's message says about a delegation, once everything is left out that it has no business to say.
//
// A server is asked as one of a zone's. It may refer further down towards the name that was asked for, and give
// addresses of hosts inside its own zone: that is the bailiwick rule, and all else is as good as not said. A referral
// upwards or sideways, an error, an absence without authority are 'lame': another server may do better. An alias is
// an absence here, since what is below an alias does not exist and a name server's host name may not be one (RFC 2181
// §10.3), so no alias is ever followed.

import { addressText } from '../wire/address.ts'
import { classes, rcodes, types } from '../wire/code.ts'
import { flagBits } from '../wire/header.ts'
import { type Message, rcodeOf } from '../wire/message.ts'
import { foldCase, isWithin, type Name } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'

export interface Host {
  /** In lower case. */
  readonly name: Name
  /** As the parent gives them; none for a host outside its bailiwick. */
  readonly addresses: readonly string[]
}

/** A zone as its parent sees it: its name in lower case, and who answers for it, by name. */
export interface Cut {
  readonly name: Name
  readonly hosts: readonly Host[]
  readonly ttlS: number
}

export type Reply =
  | { readonly kind: 'referral'; readonly cut: Cut }
  /** The set that was asked for; for NS also as a cut. */
  | { readonly kind: 'answer'; readonly rdata: readonly Uint8Array[]; readonly cut: Cut }
  | { readonly kind: 'absent' | 'nodata' }
  | { readonly kind: 'lame'; readonly why: string }

/** A set in use has 13 at most; those of a longer one that come last by name do not count. */
const hostsMax = 64
const addressesMax = 4

/** What `message`, from a server of `zone`, says to a question for `name` (in lower case, inside `zone`). */
export function replyOf(message: Message, zone: Name, name: Name, type: number): Reply {
  const rcode = rcodeOf(message)
  const isAuthoritative = (message.flags & flagBits.AA) !== 0
  if (rcode === rcodes.NXDOMAIN)
    return isAuthoritative ? { kind: 'absent' } : lame('it denies what is not its own')
  if (rcode !== rcodes.NOERROR) return lame(`it answers with code ${rcode}`)
  const own = message.answers.filter(record => record.class === classes.IN && foldCase(record.name) === name)
  const asked = own.filter(record => record.type === type)
  if (asked.length > 0) {
    if (!isAuthoritative) return lame('it answers without authority')
    const rdata = asked.map(({ data }) => dataOctets(data))
    return { kind: 'answer', rdata, cut: cutOf(name, asked, message, zone) }
  }
  const cut = referralIn(message, zone, name)
  if (own.length === 0 && cut !== undefined) return { kind: 'referral', cut }
  return isAuthoritative ? { kind: 'nodata' } : lame('it has no authority and refers to nobody')
}

function lame(why: string): Reply {
  return { kind: 'lame', why }
}

/** The NS set of one owner below `zone`, and at `name` or above it. */
function referralIn(message: Message, zone: Name, name: Name): Cut | undefined {
  const all = message.authorities.filter(record => record.type === types.NS && record.class === classes.IN)
  const owner = all[0] && foldCase(all[0].name)
  if (owner === undefined || owner === zone || !isWithin(owner, zone) || !isWithin(name, owner))
    return undefined
  return all.every(record => foldCase(record.name) === owner) ? cutOf(owner, all, message, zone) : undefined
}

function cutOf(owner: Name, records: readonly ResourceRecord[], message: Message, zone: Name): Cut {
  const names = new Set<Name>()
  for (const { data } of records) if (data.kind === 'host') names.add(foldCase(data.host))
  const addresses = new Map<Name, Set<string>>()
  for (const { name, type, class: classCode, data } of message.additionals) {
    const host = foldCase(name)
    const isGlue = (type === types.A || type === types.AAAA) && classCode === classes.IN
    if (!isGlue || data.kind !== 'address' || !names.has(host) || !isWithin(host, zone)) continue
    const known = addresses.get(host) ?? new Set<string>()
    if (known.size < addressesMax) addresses.set(host, known.add(addressText(data.bytes)))
  }
  const hosts = [...names].sort().slice(0, hostsMax)
  return {
    name: owner,
    hosts: hosts.map(name => ({ name, addresses: [...(addresses.get(name) ?? [])].sort() })),
    ttlS: Math.min(...records.map(({ ttlS }) => ttlS)),
  }
}
