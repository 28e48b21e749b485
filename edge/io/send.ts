// From an answer as data to bytes on a socket, as fast as the client reads and no faster.
//
// A slow client costs one chunk and what the kernel buffers, since nothing is pulled from the source before
// the socket has drained. A source that fails in mid-body cuts the connection: the client sees that it got
// less than Content-Length, instead of believing a short file.

import type { ServerResponse } from 'node:http'
import type { IngressResponse } from '../message.ts'

/**
 * Resolves when everything is handed over or the client has gone; rejects with what the source throws.
 * `beforeEnd` runs when the client can have all of the answer, but the connection is still whole.
 */
export async function send(
  { status, fields, body }: IngressResponse,
  to: ServerResponse,
  beforeEnd: () => Promise<void> = async () => {},
): Promise<void> {
  to.sendDate = false
  to.writeHead(status, fields.flat())
  const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body
  for await (const chunk of chunks) {
    if (gone(to)) return
    if (chunk.length > 0 && !to.write(chunk)) await either(to, 'drain')
  }
  if (gone(to)) return
  await beforeEnd()
  to.end()
  if (!to.writableFinished) await either(to, 'finish')
}

export function gone(to: ServerResponse): boolean {
  return to.destroyed || to.closed
}

/** Also resolves at 'close': a client that has gone will never drain. */
function either(to: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
  return new Promise(resolve => {
    if (gone(to)) return resolve()
    const done = (): void => {
      to.off(event, done)
      to.off('close', done)
      resolve()
    }
    to.on(event, done)
    to.on('close', done)
  })
}
