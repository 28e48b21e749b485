// How many connections there may be, in all and from one client address; one too many is closed at once.
//
// The bound in all protects memory; the bound per client protects the other clients. IPv6 clients own whole
// networks, so they are counted by their /64.

import type { Server, Socket } from 'node:net'
import type { HttpLimits } from './limits.ts'

export class Connections {
  readonly #limits: HttpLimits
  readonly #refused: () => void
  readonly #perClient = new Map<string, number>()

  /** Calls `refused` for every connection that was turned away. */
  constructor(limits: HttpLimits, refused: () => void) {
    this.#limits = limits
    this.#refused = refused
  }

  /** The bound in all, which the kernel's queue is held back by. */
  bound(server: Server): void {
    server.maxConnections = this.#limits.connectionsMax
    server.on('drop', this.#refused)
  }

  /** False when the connection was one too many of its client, and is closed. */
  admit(socket: Socket): boolean {
    const client = clientOf(socket.remoteAddress ?? '')
    const count = (this.#perClient.get(client) ?? 0) + 1
    if (count > this.#limits.connectionsPerClientMax) {
      this.#refused()
      socket.destroy()
      return false
    }
    this.#perClient.set(client, count)
    socket.once('close', () => {
      const left = this.#perClient.get(client)! - 1
      if (left === 0) this.#perClient.delete(client)
      else this.#perClient.set(client, left)
    })
    return true
  }
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
