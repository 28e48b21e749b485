// The host and port that a request is for: `Host: welcome.inxt:8080`, or the same inside an absolute target.
//
// RFC 3986 §3.2 allows far more in a host than any DNS name has, and every difference between two parsers of
// it is a way around somebody's rule. So the grammar here is DNS names, IPv4, and IPv6 in brackets; user
// information, percent-encoding and zone identifiers are refused. The result has one spelling: lower case, no
// final dot.

import { Fault } from '../base/fault.ts'

export interface Authority {
  /** Lower case, no final dot; IPv6 keeps its brackets. */
  readonly host: string
  readonly port: number | undefined
}

/**
 * A name has at most 253 characters, then perhaps its final dot and a port of five digits (RFC 1035
 * §2.3.4).
 */
const authorityLengthMax = 253 + 1 + 1 + 5

const name = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/

/** Throws Fault 'bytes/malformed' on anything but `host` or `host:port`. */
export function parseAuthority(text: string): Authority {
  const parts =
    text.length <= authorityLengthMax && /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text)
  if (!parts) throw malformed()
  const port = parts[2] === undefined ? undefined : Number(parts[2])
  if (port !== undefined && (port < 1 || port > 65535)) throw malformed()
  const host = hostOf(parts[1]!.toLowerCase())
  if (host === undefined || host.length > 253) throw malformed()
  return { host, port }
}

export function formatAuthority({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`
}

/** An address or name as people configure it, in the spelling that `parseAuthority` gives its hosts. */
export function canonicalHost(host: string): string {
  const bare = host.includes(':') && !host.startsWith('[')
  return parseAuthority(bare ? `[${host}]` : host).host
}

function hostOf(text: string): string | undefined {
  if (text.startsWith('[')) return URL.parse(`http://${text}/`)?.hostname
  return name.test(text) ? text.replace(/\.$/, '') : undefined
}

function malformed(): Fault {
  return new Fault(
    'bytes/malformed',
    'The host of the request is not a name, an address, or either with a port.',
    {
      hint: 'Write the address as http://name/ or http://name:port/.',
    },
  )
}
