// Who is connected: a bound in all, for memory, and one for each prefix, so that one network cannot take the
// places of all others (RFC 7766 §6.2.2, §10). IPv4 counts by /24, IPv6 by /56, about what one customer has.
//
// A newcomer is not turned away: it displaces the connection that was idle longest, of its own prefix when
// that has had its share. Refusing newcomers instead would let who came first hold every place by doing
// nothing. "Used" means a whole query, for octets are free to send.

import type { Socket } from 'node:net'
import type { ClientAddress } from '../steps/query.ts'
import { addressText, parseIpv4, parseIpv6 } from '../wire/address.ts'

export interface ConnectionBounds {
  readonly connectionsMax: number
  readonly connectionsPerPrefixMax: number
}

export interface Connections {
  /** Counts `socket` until it closes; calls `displaced` once for each connection that had to go for it. */
  admit(socket: Socket): void
  /** The connection from `client` asked something: it is the last to be displaced now. */
  used(client: ClientAddress): void
  /** Cuts them all. */
  close(): void
}

export function createConnections(bounds: ConnectionBounds, displaced: () => void): Connections {
  // A Map keeps its order: the first was idle longest.
  const all = new Map<string, { socket: Socket; prefix: string }>()
  const prefixes = new Map<string, Set<string>>()
  const drop = (key: string): void => {
    const entry = all.get(key)
    if (entry === undefined) return
    all.delete(key)
    const peers = prefixes.get(entry.prefix)!
    peers.delete(key)
    if (peers.size === 0) prefixes.delete(entry.prefix)
  }
  const displace = (keys: Iterable<string>): void => {
    for (const key of keys) {
      all.get(key)!.socket.destroy()
      drop(key)
      displaced()
      return
    }
  }
  return {
    admit(socket) {
      const address = socket.remoteAddress
      // Gone between the kernel's queue and us.
      if (address === undefined) {
        socket.destroy()
        return
      }
      const key = keyOf({ address, port: socket.remotePort! })
      const prefix = prefixOf(address)
      const peers = prefixes.get(prefix)
      if (peers !== undefined && peers.size >= bounds.connectionsPerPrefixMax) displace(peers)
      else if (all.size >= bounds.connectionsMax) displace(all.keys())
      const entry = { socket, prefix }
      all.set(key, entry)
      const sharers = prefixes.get(prefix)
      if (sharers === undefined) prefixes.set(prefix, new Set([key]))
      else sharers.add(key)
      socket.once('close', () => {
        if (all.get(key) === entry) drop(key)
      })
    },
    used(client) {
      const key = keyOf(client)
      const entry = all.get(key)
      if (entry === undefined) return
      all.delete(key)
      all.set(key, entry)
      const peers = prefixes.get(entry.prefix)!
      peers.delete(key)
      peers.add(key)
    },
    close() {
      for (const { socket } of all.values()) socket.destroy()
    },
  }
}

function keyOf({ address, port }: ClientAddress): string {
  return `${address} ${port}`
}

/** The /24 of an IPv4 address, also when mapped into IPv6 (RFC 4291 §2.5.5.2); the /56 of an IPv6 one. */
export function prefixOf(address: string): string {
  const text = /^::ffff:(?=\d+\.)/i.test(address) ? address.slice(7) : address
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return `${addressText(ipv4.fill(0, 3))}/24`
  // A link-local address comes with its zone index, which says nothing of the other side.
  const ipv6 = parseIpv6(text.replace(/%.*$/, ''))
  return ipv6 === undefined ? address : `${addressText(ipv6.fill(0, 7))}/56`
}
