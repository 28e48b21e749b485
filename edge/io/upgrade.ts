// A tunnel over a socket to the origin: what comes in goes out there, what comes from there goes back.
//
// The two directions end apart: a client that has said all still hears the answer, for as long as there is any. When
// either breaks, both do.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Tunnel } from '../message.ts'

/** How long the origin may say nothing once the client has said all. */
const silentMs = 10_000

export function tunnelOver(socket: Duplex): Tunnel {
  // Errors reach whoever reads; this is for those that come when nobody does any more.
  socket.on('error', () => {})
  return incoming => {
    void pour(incoming, socket)
    return drain(socket)
  }
}

async function pour(incoming: AsyncIterable<Uint8Array>, socket: Duplex): Promise<void> {
  try {
    for await (const chunk of incoming) {
      if (socket.destroyed) return
      if (!socket.write(chunk)) await either(socket, 'drain')
    }
    socket.end()
    // An origin that does not take the hint would hold the socket for good.
    ;(socket as Socket).setTimeout?.(silentMs, () => socket.destroy())
  } catch {
    socket.destroy()
  }
}

async function* drain(socket: Duplex): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) yield chunk as Uint8Array
  } finally {
    socket.destroy()
  }
}

function either(socket: Duplex, event: 'drain'): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      socket.off(event, done).off('close', done)
      resolve()
    }
    socket.on(event, done).on('close', done)
  })
}
