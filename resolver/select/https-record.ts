// The HTTPS record of a site (RFC 9460): the same name, the protocols its edges speak, and their addresses as hints.
//
// There is one only where all that are named serve TLS at one port: a browser that sees this record never asks by
// plain HTTP again (§9.5), and goes to that port at whichever address it likes. Hints are the addresses that A and
// AAAA would name, so they spare a browser a round trip and mislead nobody; they stand in an order of their own, so
// that one choice of edges is one record to sign.

import { concatBytes } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import type { RecordData } from '../wire/rdata.ts'
import type { EdgeAddress } from '../zone/servers.ts'

/** §14.3.2; in a record they stand in this order. */
const keys = { alpn: 1, port: 3, ipv4hint: 4, ipv6hint: 6 }
const usualPort = 443

/**
 * The record, in ServiceMode of priority 1 for the owner itself, or none. `alpn` names protocols (`h2`), the best
 * first.
 */
export function httpsData(edges: readonly EdgeAddress[], alpn: readonly string[]): RecordData[] {
  assert(alpn.length > 0, 'an HTTPS record names a protocol')
  const port = edges[0]?.httpsPort ?? 0
  if (port === 0 || edges.some(({ httpsPort }) => httpsPort !== port)) return []
  const ids = alpn.map(id => Buffer.concat([Uint8Array.of(id.length), Buffer.from(id, 'latin1')]))
  const bytes = concatBytes([
    Uint8Array.of(0, 1, 0),
    parameter(keys.alpn, ids),
    parameter(keys.port, port === usualPort ? [] : [Uint8Array.of(port >>> 8, port & 0xff)]),
    parameter(
      keys.ipv4hint,
      octetsOf(edges, ({ ipv4 }) => ipv4 && parseIpv4(ipv4)),
    ),
    parameter(
      keys.ipv6hint,
      octetsOf(edges, ({ ipv6 }) => ipv6 && parseIpv6(ipv6)),
    ),
  ])
  return [{ kind: 'raw', bytes }]
}

function octetsOf(
  edges: readonly EdgeAddress[],
  read: (edge: EdgeAddress) => Uint8Array | '' | undefined,
): Uint8Array[] {
  const octets = edges.map(read).filter(octets => octets instanceof Uint8Array)
  const sorted = octets.sort(Buffer.compare)
  return sorted.filter((one, i) => i === 0 || Buffer.compare(sorted[i - 1]!, one) !== 0)
}

/** Nothing for a parameter without values. */
function parameter(key: number, values: readonly Uint8Array[]): Uint8Array {
  const value = concatBytes(values)
  if (value.length === 0) return value
  return concatBytes([Uint8Array.of(0, key, value.length >>> 8, value.length & 0xff), value])
}
