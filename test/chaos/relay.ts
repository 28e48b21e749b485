// A wire to the HTTP port of one edge that can be made slow or false: what the other edges know as its port.
//
// Readers do not come this way, so an edge may be a miserable holder and serve its own readers well. Bytes pass
// untouched until the relay is told otherwise. One that lies flips the last byte of the first part of a body: length
// and everything else are true, only the hash tells.

import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export type RelayMode = 'honest' | 'slow' | 'lying'

export interface Relay {
  mode: RelayMode
  /** Answers that were falsified. */
  lies(): number
  close(): Promise<void>
}

export const slowBytesPerS = 1000
const slowStepMs = 100

/** From `address`:`port` to `address`:`to`. */
export async function openRelay(address: string, port: number, to: number): Promise<Relay> {
  const open = new Set<Socket>()
  let lies = 0
  let answers = 0
  const relay: Relay = {
    mode: 'honest',
    lies: () => lies,
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  const server = createServer(asking => {
    const holder = createConnection({ host: address, port: to, noDelay: true })
    asking.setNoDelay()
    let isHead = true
    const answer = new Transform({
      transform(part: Buffer, _, passed) {
        if (relay.mode === 'slow') return trickle(this, part, () => relay.mode === 'slow', passed)
        if (relay.mode === 'lying' && isHead) {
          const bodyAt = part.toString('latin1').startsWith('HTTP/1.1 200') ? part.indexOf('\r\n\r\n') + 4 : 0
          if (bodyAt > 3 && bodyAt < part.length && answers++ % 2 === 0) {
            part[part.length - 1]! ^= 1
            lies++
          }
        }
        isHead = false
        passed(null, part)
      },
    })
    // Requests are not pipelined: what comes after one is the beginning of its answer.
    asking.on('data', () => (isHead = true))
    for (const [socket, other] of [
      [asking, holder],
      [holder, asking],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    asking.pipe(holder)
    holder.pipe(answer).pipe(asking)
    answer.on('error', () => {})
  })
  server.listen({ host: address, port })
  await once(server, 'listening')
  return relay
}

function trickle(to: Transform, part: Buffer, isSlow: () => boolean, passed: () => void): void {
  const bytes = isSlow() ? (slowBytesPerS * slowStepMs) / 1000 : part.length
  if (to.destroyed) return
  to.push(part.subarray(0, bytes))
  if (part.length > bytes) setTimeout(trickle, slowStepMs, to, part.subarray(bytes), isSlow, passed)
  else passed()
}
