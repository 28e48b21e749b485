// Where a peer listens: an IPv4 literal and one port, for membership over UDP and for libp2p over TCP alike.
//
// Literals only: a host name would put a DNS look-up, and somebody else's answer, under a failure detector.

import { Fault } from '../base/fault.ts'

export type Address = { readonly host: string; readonly port: number }

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.host === b.host
}

/** Four bytes of a dotted quad without leading zeros; Fault `bytes/malformed` otherwise. */
export function hostBytes(host: string): Uint8Array {
  const parts = host.length <= 15 ? host.split('.') : []
  const bytes = parts.map(part => (/^(0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : 256))
  if (bytes.length !== 4 || bytes.some(byte => byte > 255))
    throw new Fault('bytes/malformed', 'not an IPv4 literal')
  return Uint8Array.from(bytes)
}

/** `bytes` holds exactly four. */
export function hostText(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** `host:port` as people write it; Fault `bytes/malformed` unless it is an IPv4 literal and a port from 1. */
export function parseAddress(text: string): Address {
  const match = /^([0-9.]{7,15}):([1-9][0-9]{0,4})$/.exec(text)
  const port = Number(match?.[2])
  if (!match || port > 0xffff) throw new Fault('bytes/malformed', 'not an IPv4 address with a port')
  return { host: hostText(hostBytes(match[1]!)), port }
}
