// How far a client is, from the handshake that it makes anyway.
//
// From the acceptance of its connection, with which its first octets come, to its Finished there is one round trip: in
// TLS 1.3, in 1.2, and with a ticket. Whatever makes the client or this machine slow comes on top, so what is told is
// never less than the round trip, and of several the least is worth most. Rejected: Node's keylog event, which fires
// just when the server's flight is made, but hands out secrets; TCP_INFO, which Node cannot ask for; the time between
// two queries on a connection, which is the client's leisure.

import type { Socket } from 'node:net'
import type { Server } from 'node:tls'

/** `address` as sockets spell it. */
export type OnHandshake = (address: string, rttMs: number) => void

/** Tells `onHandshake` of every handshake that `server` completes. */
export function timeHandshakes(server: Server, onHandshake: OnHandshake): void {
  const begunAt = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket)
    begunAt.set(key, performance.now())
    socket.once('close', () => begunAt.delete(key))
  })
  server.on('secureConnection', socket => {
    const key = keyOf(socket)
    const startedAt = begunAt.get(key)
    if (startedAt === undefined) return
    begunAt.delete(key)
    onHandshake(socket.remoteAddress ?? '', performance.now() - startedAt)
  })
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
