// A tunnel over a socket to the origin: what comes in goes out there, what comes from there goes back.
//
// The two directions end apart: a client that has said all still hears the answer. When either breaks, both do.

import type { Duplex } from 'node:stream'
import type { Tunnel } from '../message.ts'

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
