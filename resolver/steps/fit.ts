// The last step but OPT: a message becomes octets that the asker can receive.
//
// An answer that is too large first loses its additional records, which nobody asked for (RFC 2181 §9), and then
// everything but the question, with TC set: half of a set is of no use, and who sees TC comes back over
// TCP. The bound of 1232 octets passes unfragmented through IPv6's smallest MTU: 1280 − 40 (IPv6) − 8
// (UDP).

import { flagBits } from '../wire/header.ts'
import { type Message, writeMessage } from '../wire/message.ts'
import { messageBytesMax, type Writer } from '../wire/writer.ts'
import type { Query } from './query.ts'

export const defaultUdpBytesMax = 1280 - 40 - 8
/** Without EDNS (RFC 1035 §4.2.1), and whatever less an OPT may claim (RFC 6891 §6.2.5). */
const plainBytesMax = 512

/** How many octets an answer to `query` may have; `udpBytesMax` is our own bound over UDP. */
export function bytesMaxFor(query: Query, udpBytesMax: number): number {
  if (query.transport !== 'udp') return messageBytesMax
  if (query.edns === undefined || query.edns === 'faulty') return plainBytesMax
  return Math.max(plainBytesMax, Math.min(query.edns.udpBytesMax, udpBytesMax))
}

/**
 * Writes `message`, or as much of it as may be sent, into `writer`. What stands in the additional section is a
 * courtesy unless `needsGlue`, as for a referral (RFC 9471).
 */
export function fit(
  writer: Writer,
  message: Message,
  bytesMax: number,
  needsGlue: boolean,
): 'whole' | 'without glue' | 'truncated' {
  if (writeMessage(writer, message, bytesMax)) return 'whole'
  const bare = { ...message, additionals: [] }
  if (!needsGlue && writeMessage(writer, bare, bytesMax)) return 'without glue'
  writeMessage(
    writer,
    { ...bare, flags: message.flags | flagBits.TC, answers: [], authorities: [] },
    bytesMax,
  )
  return 'truncated'
}
