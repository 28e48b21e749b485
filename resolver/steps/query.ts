// A question with everything that may matter for its answer: who asks, over what, with which extensions.

import { type Edns, ednsOf } from '../wire/edns.ts'
import { decodeMessage } from '../wire/message.ts'
import type { Question } from '../wire/question.ts'

/** `tls` is RFC 7858, `https` RFC 8484; only `udp` bounds the size of an answer. */
export type Transport = 'udp' | 'tcp' | 'tls' | 'https'

/** Where the packet came from. */
export interface ClientAddress {
  readonly address: string
  readonly port: number
}

export interface Query {
  readonly id: number
  readonly flags: number
  readonly question: Question
  readonly edns: Edns | 'faulty' | undefined
  readonly client: ClientAddress
  readonly transport: Transport
}

/** Reads a packet that the guard let pass. Throws Fault `bytes/malformed`. */
export function readQuery(packet: Uint8Array, client: ClientAddress, transport: Transport): Query {
  const message = decodeMessage(packet)
  return {
    id: message.id,
    flags: message.flags,
    question: message.questions[0]!,
    edns: ednsOf(message.additionals),
    client,
    transport,
  }
}
