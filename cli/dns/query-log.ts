// The query log: some of the questions, chosen at random, with what was answered, and nobody's address.
//
// For an operator who wants to see what is asked, not who asks: a share of the queries is enough for that, and of a
// client only its network is told (/24 or /48), no finer than resolvers tell it by ECS (RFC 7871 §11.1). It stands
// before the responder, which knows of no log; what is not chosen costs one random number.

import type { Log } from '../../base/io/log.ts'
import type { Respond } from '../../resolver/responder.ts'
import { addressText, parseIpv4, parseIpv6 } from '../../resolver/wire/address.ts'
import { rcodeText, typeText } from '../../resolver/wire/code.ts'
import { decodeMessage, rcodeOf } from '../../resolver/wire/message.ts'
import { nameText } from '../../resolver/wire/name.ts'

/** `respond`, with `perMille` of 1,000 queries in the log; the same function for 0. `random` is in 0 … 1. */
export function withQueryLog(
  respond: Respond,
  perMille: number,
  log: Log,
  random: () => number = Math.random,
): Respond {
  if (perMille === 0) return respond
  return (packet, client, transport) => {
    const answer = respond(packet, client, transport)
    if (random() * 1000 >= perMille) return answer
    try {
      log.info({ client: networkText(client.address), transport, ...wordsFor(answer) }, 'a query')
    } catch (error) {
      log.error({ err: error }, 'the query log met a bug')
    }
    return answer
  }
}

function wordsFor(answer: Uint8Array | undefined): Record<string, string | number> {
  if (answer === undefined) return { answer: 'none' }
  const message = decodeMessage(answer)
  const [question] = message.questions
  return {
    ...(question && { name: nameText(question.name), type: typeText(question.type) }),
    rcode: rcodeText(rcodeOf(message)),
    bytes: answer.length,
  }
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** `192.0.2.0/24` or `2001:db8:1::/48`; nothing of what is no address. */
export function networkText(address: string): string {
  const octets = parseIpv4(address) ?? parseIpv6(address)
  if (octets === undefined) return 'unknown'
  // A socket for both families writes IPv4 as ::ffff:192.0.2.1, of which the first 48 bits say nothing.
  const isMapped = octets.length === 16 && mappedPrefix.every((octet, i) => octets[i] === octet)
  const bytes = isMapped ? octets.subarray(12) : octets
  const kept = bytes.length === 4 ? 3 : 6
  return `${addressText(bytes.map((octet, i) => (i < kept ? octet : 0)))}/${kept * 8}`
}
