// DNS on a byte stream, whether bare or encrypted (RFC 7766, RFC 7858 §3.3): queries arrive in a row, each is
// answered at once, so the order of the answers is that of the queries.
//
// Bounds keep strangers from holding what they do not use. Time: the idle clock is reset by a whole query or
// by answers taken, not by octets, so sending one octet now and then gains nothing; and nobody stays for
// ever (RFC 7766 §6.2.3). Memory: who does not take its answers is not read from. Whose time is over still
// gets every answer that was begun.

import type { Duplex } from 'node:stream'
import type { Meter } from '../../base/meter.ts'
import type { Respond } from '../responder.ts'
import type { ClientAddress, Transport } from '../steps/query.ts'
import { createFramer, type Framer, frame } from '../wire/frame.ts'

export interface StreamLimits {
  /** RFC 7766 §6.2.3 wants "a few seconds"; resolvers that keep connections open reconnect without harm. */
  readonly idleTimeoutMs: number
  /** From the first octet to the last, however busy. */
  readonly lifetimeMs: number
  readonly queriesPerConnectionMax: number
}

export const defaultStreamLimits: StreamLimits = {
  idleTimeoutMs: 10_000,
  lifetimeMs: 10 * 60_000, // a restart of the connection every ten minutes is nothing to a busy resolver
  queriesPerConnectionMax: 100_000,
}

export interface Conversation extends StreamLimits {
  readonly client: ClientAddress
  readonly transport: Transport
  readonly respond: Respond
  readonly meter: Meter
  /** Told of every whole query. */
  readonly used: () => void
}

/** Answers what comes over `socket` until either side has had enough. */
export function converse(socket: Duplex, conversation: Conversation): void {
  const { client, transport, meter } = conversation
  const framer = createFramer()
  const idle = setTimeout(() => socket.destroy(), conversation.idleTimeoutMs)
  let queriesLeft = conversation.queriesPerConnectionMax
  const leave = (): void => {
    queriesLeft = 0
    socket.end()
  }
  const life = setTimeout(leave, conversation.lifetimeMs)
  const proceed = (): void => {
    const outcome = answerAll(socket, framer, packet => {
      idle.refresh()
      conversation.used()
      queriesLeft--
      return conversation.respond(packet, client, transport)
    })
    if (outcome === 'nonsense') socket.destroy()
    else if (queriesLeft <= 0) leave()
    else if (outcome === 'full') socket.pause()
    else socket.resume()
  }
  socket.on('data', chunk => {
    if (queriesLeft <= 0) return
    framer.push(chunk)
    proceed()
  })
  socket.on('drain', () => {
    idle.refresh()
    if (queriesLeft > 0) proceed()
  })
  // Resets are the other side's way to say goodbye; 'close' follows.
  socket.on('error', () => meter.count(`dns.${transport}.reset`))
  socket.on('close', () => {
    clearTimeout(idle)
    clearTimeout(life)
  })
}

/**
 * Answers the whole messages that wait, until there are none (`'done'`) or too many answers wait to be
 * taken (`'full'`). On a stream silence is `'nonsense'`: who sends what is no query has lost its place in
 * the stream.
 */
function answerAll(
  socket: Duplex,
  framer: Framer,
  respond: (packet: Uint8Array) => Uint8Array | undefined,
): 'done' | 'full' | 'nonsense' {
  socket.cork()
  try {
    while (!socket.writableNeedDrain) {
      const packet = framer.next()
      if (packet === undefined) return 'done'
      const answer = respond(packet)
      if (answer === undefined) return 'nonsense'
      socket.write(frame(answer))
    }
    return 'full'
  } finally {
    socket.uncork()
  }
}
