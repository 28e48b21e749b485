// How many connections there may be, in all and from one client address; one too many is closed at once.
//
// The bound in all protects memory; the bound per client protects the other clients. IPv6 clients own whole
// networks, so they are counted by their /64.

import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpLimits } from './limits.ts'

/** Calls `refused` for every connection that was turned away. */
export function bound(server: Server, limits: HttpLimits, refused: () => void): void {
  const perClient = new Map<string, number>()
  server.maxConnections = limits.connectionsMax
  server.on('drop', refused)
  server.on('connection', (socket: Socket) => {
    const client = clientOf(socket.remoteAddress ?? '')
    const count = (perClient.get(client) ?? 0) + 1
    if (count > limits.connectionsPerClientMax) {
      refused()
      socket.destroy()
      return
    }
    perClient.set(client, count)
    socket.once('close', () => {
      const left = perClient.get(client)! - 1
      if (left === 0) perClient.delete(client)
      else perClient.set(client, left)
    })
  })
}

/** IPv4 as it is, also when mapped into IPv6 (RFC 4291 §2.5.5.2); of IPv6 the first 64 bits. */
export function clientOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!address.includes(':')) return address
  const [head, tail] = address.split('::', 2) as [string, string | undefined]
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
