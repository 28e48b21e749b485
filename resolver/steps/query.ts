// A question with everything that may matter for its answer: who asks, over what, with which extensions.

import { type Edns, ednsOf } from '../wire/edns.ts'
import { decodeMessage } from '../wire/message.ts'
import { rootName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
import { malformed } from '../wire/reader.ts'
import { type Extensions, noExtensions, readExtensions } from './extensions.ts'

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
  /** False for who asks nothing but a cookie (RFC 7873 §5.4); `question` is the root's then, of type 0. */
  readonly asks: boolean
  readonly edns: Edns | 'faulty' | undefined
  readonly extensions: Extensions | 'malformed'
  readonly client: ClientAddress
  readonly transport: Transport
}

/** Whether the asker knows compact denial (RFC 9824 §5.1). */
export function takesCompact({ edns }: Query): boolean {
  return edns !== undefined && edns !== 'faulty' && edns.dnssecOk && edns.compactOk === true
}

/** The question of who asks none. */
export const nothing: Question = { name: rootName, type: 0, class: 0 }

/** Reads a packet that the guard let pass. Throws Fault `bytes/malformed`. */
export function readQuery(packet: Uint8Array, client: ClientAddress, transport: Transport): Query {
  const message = decodeMessage(packet)
  const [question] = message.questions
  const edns = ednsOf(message.additionals)
  const extensions = extensionsOf(edns)
  const wantsCookie = extensions !== 'malformed' && extensions.cookie !== undefined
  if (question === undefined && !wantsCookie) throw malformed('a query without a question')
  return {
    id: message.id,
    flags: message.flags,
    question: question ?? nothing,
    asks: question !== undefined,
    edns,
    extensions,
    client,
    transport,
  }
}

/** What stands in the options of another version is not known. */
function extensionsOf(edns: Query['edns']): Query['extensions'] {
  if (edns === undefined || edns === 'faulty' || edns.version > 0) return noExtensions
  return readExtensions(edns.options)
}
