// DNS cookies (RFC 7873) with the server cookie that all makers understand (RFC 9018).
//
// A client that returns what we told it has been reached at its address, so nobody forged it: such a query is
// exempt from rate limits, and that is all a cookie is for. Nothing is kept for each client: the cookie is a
// keyed hash of the client's own cookie, the time and its address, so any server with the secret can check it.
//
// The secret of a day is derived from one that lasts, so that it rotates without a timer, and edges that share
// the lasting one agree on every day's. Yesterday's is still understood.

import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { sipHash24 } from './siphash.ts'

export const clientCookieBytes = 8
const serverCookieBytes = 16
/** RFC 7873 §4: a client's cookie alone, or followed by 8 to 32 octets of a server's. */
const cookieBytesMin = clientCookieBytes + 8
const cookieBytesMax = clientCookieBytes + 32

const version = 1
/** How old, how new, and how old without being renewed (RFC 9018 §4.3), in seconds. */
const ageMaxS = 3600
const aheadMaxS = 300
const renewAfterS = 1800
const dayS = 86_400

export interface CookieOptions {
  /** 16 octets or more that nobody else knows; the same at every server of one address. */
  readonly secret: Uint8Array
  /** Ms since the Unix epoch. */
  now(): number
}

export interface CookieJar {
  /**
   * What a query's cookie shows, and the 24 octets to answer it with. `cookie` has a length that
   * `isCookieLength` allows; `address` is 4 or 16 octets.
   */
  judge(cookie: Uint8Array, address: Uint8Array): { known: boolean; reply: Uint8Array }
}

export function isCookieLength(length: number): boolean {
  return length === clientCookieBytes || (length >= cookieBytesMin && length <= cookieBytesMax)
}

export function createCookieJar(options: CookieOptions): CookieJar {
  assert(options.secret.length >= 16, 'the secret of cookies has 16 octets at least')
  const secretOf = rotating(options.secret)
  return {
    judge(cookie, address) {
      const nowS = Math.floor(options.now() / 1000)
      const client = cookie.subarray(0, clientCookieBytes)
      const server = cookie.subarray(clientCookieBytes)
      const ageS =
        server.length === serverCookieBytes && server[0] === version ? ageOf(server, nowS) : Infinity
      const known =
        ageS <= ageMaxS &&
        ageS >= -aheadMaxS &&
        equalBytes(server, serverCookie(client, nowS - ageS, address, secretOf(nowS - ageS), server))
      if (known && ageS >= 0 && ageS < renewAfterS) return { known, reply: cookie }
      const fresh = serverCookie(client, nowS, address, secretOf(nowS))
      return { known, reply: concatBytes([client, fresh]) }
    },
  }
}

/** The secret of the day of an instant (s). Two are remembered: those of cookies on either side of midnight. */
function rotating(lasting: Uint8Array): (atS: number) => Uint8Array {
  const days: { day: number; secret: Uint8Array }[] = []
  return atS => {
    const day = Math.floor(atS / dayS)
    const known = days.find(candidate => candidate.day === day)
    if (known !== undefined) return known.secret
    const secret = createHash('sha256').update(lasting).update(`dns cookie ${day}`).digest().subarray(0, 16)
    days.unshift({ day, secret })
    days.length = Math.min(days.length, 2)
    return secret
  }
}

/** Seconds from the cookie's time to `nowS`, in serial arithmetic (RFC 1982), as the clock has 32 bits. */
function ageOf(server: Uint8Array, nowS: number): number {
  const stamp = (server[4]! << 24) | (server[5]! << 16) | (server[6]! << 8) | server[7]!
  return (nowS - stamp) | 0
}

/** RFC 9018 §4; the reserved octets are those of `like` when a cookie is checked, else 0. */
export function serverCookie(
  client: Uint8Array,
  atS: number,
  address: Uint8Array,
  secret: Uint8Array,
  like?: Uint8Array,
): Uint8Array {
  const input = inputs[address.length === 4 ? 0 : 1]!
  input.set(client)
  input[8] = version
  for (let i = 9; i < 12; i++) input[i] = like === undefined ? 0 : like[i - 8]!
  for (let i = 0; i < 4; i++) input[12 + i] = atS >>> (24 - 8 * i)
  input.set(address, clientCookieBytes + 8)
  const cookie = new Uint8Array(serverCookieBytes)
  for (let i = 0; i < 8; i++) cookie[i] = input[8 + i]!
  sipHash24(secret, input, cookie, 8)
  return cookie
}

/** Client cookie, version, reserved, time, address of either family: written anew for each hash. */
const inputs = [4, 16].map(addressBytes => new Uint8Array(clientCookieBytes + 8 + addressBytes))
