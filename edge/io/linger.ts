// The slow way to close a connection (RFC 9112 §9.6): say that no more comes, and read on for a moment into the void.
//
// Octets that arrive after we have gone make TCP send a reset, which can overtake the answer on its way to the client.

import type { Socket } from 'node:net'
import type { Clock } from '../../base/io/clock.ts'

/** What a client may still send into the void: about what is under way on a fast line. */
const lingerBytesMax = 8 * 1024 * 1024

/** Resolves when both sides have ended, the client has sent too much, or `lingerMs` have passed. */
export async function linger(socket: Socket, clock: Clock, lingerMs: number): Promise<void> {
  await new Promise<void>(resolve => {
    let dropped = 0
    socket.on('data', (bytes: Buffer) => {
      dropped += bytes.length
      if (dropped > lingerBytesMax) resolve()
    })
    const cancel = clock.after(lingerMs, resolve)
    socket.once('end', resolve).once('close', () => {
      cancel()
      resolve()
    })
    socket.resume()
    socket.end()
  })
  socket.destroySoon()
}
