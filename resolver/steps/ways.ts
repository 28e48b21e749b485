// What the short way and the long way of a query share: their parts, and the limiter's verdict between the
// finding of an answer and its making.

import { rcodes } from '../wire/code.ts'
import { flagBits } from '../wire/header.ts'
import { type Message, writeMessage } from '../wire/message.ts'
import { messageBytesMax, type Writer } from '../wire/writer.ts'
import type { Authority } from './authority.ts'
import type { CookieJar } from './cookie.ts'
import type { Judgement, Limiter } from './limit.ts'
import { isPadded, type OptOptions, optFor, putOpt, type Told, wholeBytes } from './opt.ts'
import { shell } from './phrase.ts'
import type { PlaceOptions } from './place.ts'
import type { ClientAddress, Query, Transport } from './query.ts'
import type { ReadyTable } from './ready.ts'
import type { Standing } from './standing.ts'
import type { Tally } from './tally.ts'

export interface Ways {
  readonly authority: Authority
  readonly ready: ReadyTable | undefined
  readonly jar: CookieJar | undefined
  readonly limiter: Limiter | undefined
  readonly tally: Tally
  readonly place: PlaceOptions
  readonly opt: OptOptions
  /** One buffer for all messages in the making. */
  readonly writer: Writer
}

/** The answer to a packet that the guard let pass; undefined for silence. May throw. */
export type Way<Else = never> = (
  packet: Uint8Array,
  client: ClientAddress,
  transport: Transport,
) => Uint8Array | undefined | Else

/** What the limiter says; who was reached before is not asked after (RFC 7873 §1). */
export function judge({ limiter, tally }: Ways, { address, reached }: Standing, imputed: number): Judgement {
  if (reached) return 'send'
  const judgement = limiter?.judge(address, imputed) ?? 'send'
  if (judgement !== 'send') tally.event(judgement === 'drop' ? 'dropped' : 'slipped')
  return judgement
}

/**
 * Instead of an answer that would be too many: to who sent a cookie, BADCOOKIE with the right one (RFC 7873
 * §5.2.3); to everybody else, TC. Both bring a real client back, and neither is worth forging a query for.
 */
export function slip(ways: Ways, query: Query, told: Told): Uint8Array {
  const rcode = told.cookie === undefined ? rcodes.NOERROR : rcodes.BADCOOKIE
  const message = shell(query, rcode)
  const flags = told.cookie === undefined ? message.flags | flagBits.TC : message.flags
  return seal(bodyOf(ways, { ...message, flags }), ways, query, { rcode, error: undefined, told })
}

/** A copy of `message`, which fits, without OPT. */
export function bodyOf({ writer }: Ways, message: Message): Uint8Array {
  writeMessage(writer, message, messageBytesMax)
  return writer.copy()
}

/** A new message: `body` with OPT behind it if `query` has one. */
export function seal(
  body: Uint8Array,
  ways: Ways,
  query: Query,
  { rcode, error, told }: { rcode: number; error: number | undefined; told: Told },
): Uint8Array {
  const opt = optFor(query, rcode, error, told, ways.opt)
  const bytes = Buffer.allocUnsafe(wholeBytes(body.length, opt, isPadded(query)))
  bytes.set(body)
  putOpt(bytes, body.length, opt)
  return bytes
}
