// What twelve octets already tell: who is no client at all, and who asks for what cannot be.
//
// An answer is never answered, or two servers could be made to talk to each other for ever (which happened:
// gdnsd, 2010). Anything shorter than a header has no id to answer to. The rest gets the code that RFC 8906
// expects, before a single octet of the body is looked at.

import { opcodes, rcodes } from '../wire/code.ts'
import { flagBits, headerBytes, opcodeOf } from '../wire/header.ts'

/** One for OPT, one for a signature of the transaction; a query has no use for more. */
const additionalsMax = 2

/** `'silence'`, or the rcode to answer with: NOERROR when the body may be read. */
export function guard(packet: Uint8Array): 'silence' | number {
  if (packet.length < headerBytes) return 'silence'
  const flags = u16(packet, 2)
  if ((flags & flagBits.QR) !== 0) return 'silence'
  if (opcodeOf(flags) !== opcodes.QUERY) return rcodes.NOTIMP
  const additionals = u16(packet, 10)
  const questions = u16(packet, 4)
  // RFC 9619: one question, or none and an OPT that asks for a cookie.
  const asks = questions === 1 || (questions === 0 && additionals > 0)
  const only = u16(packet, 6) === 0 && u16(packet, 8) === 0 && additionals <= additionalsMax
  return asks && only ? rcodes.NOERROR : rcodes.FORMERR
}

/**
 * Twelve octets that say `rcode` to a packet whose body is not to be relied on: the id and the opcode come
 * back, and for opcode QUERY, where their meaning is certain, RD and CD.
 */
export function bareReply(packet: Uint8Array, rcode: number): Uint8Array {
  const flags = u16(packet, 2)
  const kept = opcodeOf(flags) === opcodes.QUERY ? flags & (flagBits.RD | flagBits.CD) : flags & 0x7800
  const reply = new Uint8Array(headerBytes)
  reply[0] = packet[0]!
  reply[1] = packet[1]!
  reply[2] = (flagBits.QR | kept) >>> 8
  reply[3] = (kept & 0xf0) | rcode
  return reply
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}
