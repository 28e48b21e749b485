// Who asks, as far as we can know: an address, and whether somebody is there who can hear us.
//
// Over TCP a handshake has shown it, over UDP only a cookie does. Everybody else may be a forger who wants the
// answer to go to a victim.

import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import type { CookieJar } from './cookie.ts'
import type { ClientAddress, Query } from './query.ts'

export interface Standing {
  /** 4 or 16 octets. */
  readonly address: Uint8Array
  /** Somebody at the address has heard from us before. */
  readonly reached: boolean
  /** What to answer a cookie with. */
  readonly cookie: Uint8Array | undefined
}

export function standingOf({ client, extensions, transport }: Query, jar: CookieJar | undefined): Standing {
  const address = addressOctets(client)
  const sent = extensions === 'malformed' ? undefined : extensions.cookie
  const judged = sent === undefined ? undefined : jar?.judge(sent, address)
  return {
    address,
    reached: transport !== 'udp' || judged?.known === true,
    cookie: judged?.reply,
  }
}

const nobody = new Uint8Array(16)

/** The octets of an address as sockets spell it: IPv6 perhaps with a zone index (RFC 4007 §11). */
export function addressOctets({ address }: ClientAddress): Uint8Array {
  return parseIpv4(address) ?? parseIpv6(address.split('%')[0]!) ?? nobody
}
