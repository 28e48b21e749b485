// DNS on a byte stream, whether bare or encrypted (RFC 7766, RFC 7858 §3.3): queries arrive in a row, each is
// answered at once, so the order of the answers is that of the queries.
//
// Bounds keep strangers from holding what they do not use. Time: the idle clock is reset by a whole query or
// by answers taken, not by octets, so sending one octet now and then gains nothing; and nobody stays for
// ever (RFC 7766 §6.2.3). Memory: who does not take its answers is not read from. Whose time is over still
// gets every answer that was begun.

import type { Duplex } from 'node:stream'
import { isFault } from '../../base/fault.ts'
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

/** What is begun is run to the end, or left by `return` when the other side is gone. */
export type Transfer = (
  packet: Uint8Array,
  client: ClientAddress,
) => Iterator<Uint8Array, void, void> | undefined

export interface Conversation extends StreamLimits {
  readonly client: ClientAddress
  readonly transport: Transport
  readonly respond: Respond
  /** Asked first: the messages of an answer that has several, or undefined when `respond` gives the one. */
  readonly transfer?: Transfer
  readonly meter: Meter
  /** Told of every whole query. */
  readonly used: () => void
}

/** Answers what comes over `socket` until either side has had enough. */
export function converse(socket: Duplex, conversation: Conversation): void {
  const { client, transport, meter } = conversation
  const framer = createFramer()
  const under: Under = { way: undefined }
  const idle = setTimeout(() => socket.destroy(), conversation.idleTimeoutMs)
  let queriesLeft = conversation.queriesPerConnectionMax
  const leave = (): void => {
    queriesLeft = 0
    // Half a transfer must not look like a whole one.
    if (under.way === undefined) socket.end()
    else socket.destroy()
  }
  const life = setTimeout(leave, conversation.lifetimeMs)
  const answer = (packet: Uint8Array): Uint8Array | undefined => {
    idle.refresh()
    conversation.used()
    queriesLeft--
    under.way = conversation.transfer?.(packet, client)
    return under.way === undefined ? conversation.respond(packet, client, transport) : undefined
  }
  const proceed = (): void => {
    const outcome = answerAll(socket, framer, under, answer)
    if (outcome === 'nonsense') socket.destroy()
    else if (under.way !== undefined) socket.pause()
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
    if (queriesLeft > 0 || under.way !== undefined) proceed()
  })
  // Resets are the other side's way to say goodbye; 'close' follows.
  socket.on('error', () => meter.count(`dns.${transport}.reset`))
  socket.on('close', () => {
    under.way?.return?.()
    clearTimeout(idle)
    clearTimeout(life)
  })
}

/** The answer of several messages that is being sent, if there is one. */
interface Under {
  way: Iterator<Uint8Array, void, void> | undefined
}

/**
 * Answers the whole messages that wait, until there are none (`'done'`) or too many answers wait to be
 * taken (`'full'`). On a stream silence is `'nonsense'`: who sends what is no query has lost its place in
 * the stream. So is an answer of several messages that cannot be finished.
 */
function answerAll(
  socket: Duplex,
  framer: Framer,
  under: Under,
  respond: (packet: Uint8Array) => Uint8Array | undefined,
): 'done' | 'full' | 'nonsense' {
  socket.cork()
  try {
    while (!socket.writableNeedDrain) {
      if (under.way !== undefined) {
        const next = nextOf(under.way)
        if (next === 'broken') return 'nonsense'
        if (next === undefined) under.way = undefined
        else socket.write(frame(next))
        continue
      }
      const packet = framer.next()
      if (packet === undefined) return 'done'
      const answer = respond(packet)
      if (answer !== undefined) socket.write(frame(answer))
      else if (under.way === undefined) return 'nonsense'
    }
    return 'full'
  } finally {
    socket.uncork()
  }
}

function nextOf(way: Iterator<Uint8Array, void, void>): Uint8Array | undefined | 'broken' {
  try {
    const next = way.next()
    return next.done === true ? undefined : next.value
  } catch (error) {
    if (isFault(error)) return 'broken'
    throw error
  }
}
