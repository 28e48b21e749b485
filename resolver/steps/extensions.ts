// What the options of a query's OPT ask for, as far as we know them.
//
// Options nobody here knows are passed over (RFC 6891 §6.1.2), known ones that break their own rules make the
// whole query FORMERR: a cookie by RFC 7873 §5.2.2, a subnet by RFC 7871 §7.1.2. What stands in NSID, keepalive
// and padding has no meaning in a query. Of several options of one kind the first counts.

import { readSubnet, type Subnet } from '../select/subnet.ts'
import { optionCodes } from '../wire/edns.ts'
import type { EdnsOption } from '../wire/rdata.ts'
import { isCookieLength } from './cookie.ts'

export interface Extensions {
  /** The client's cookie, and the server's behind it if it has one. */
  readonly cookie: Uint8Array | undefined
  readonly subnet: Subnet | undefined
  readonly wantsNsid: boolean
  readonly wantsKeepalive: boolean
  readonly wantsPadding: boolean
}

export const noExtensions: Extensions = {
  cookie: undefined,
  subnet: undefined,
  wantsNsid: false,
  wantsKeepalive: false,
  wantsPadding: false,
}

export function readExtensions(options: readonly EdnsOption[]): Extensions | 'malformed' {
  if (options.length === 0) return noExtensions
  const found = { ...noExtensions }
  for (const { code, bytes } of options) {
    if (code === optionCodes.cookie && found.cookie === undefined) {
      if (!isCookieLength(bytes.length)) return 'malformed'
      found.cookie = bytes
    } else if (code === optionCodes.subnet && found.subnet === undefined) {
      found.subnet = readSubnet(bytes)
      if (found.subnet === undefined) return 'malformed'
    } else if (code === optionCodes.nsid) found.wantsNsid = true
    else if (code === optionCodes.keepalive) found.wantsKeepalive = true
    else if (code === optionCodes.padding) found.wantsPadding = true
  }
  return found
}
