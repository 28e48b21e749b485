// DNS cookies (RFC 7873) with the server cookie that all makers understand (RFC 9018).
//
// A client that returns what we told it has been reached at its address, so nobody forged it: such a query is
// exempt from rate limits, and that is all a cookie is for. Nothing is kept for each client: the cookie is a
// keyed hash of the client's own cookie, the time and its address, so any server with the secret can check it.
//
// The secret of a day is derived from one that lasts, so that it rotates without a timer, and edges that share
// the lasting one agree on every day's. Yesterday's is still understood.

import { createHash } from 'node:crypto'
import { assert } from '../../base/fault.ts'
import { sipHash24 } from './siphash.ts'

const clientCookieBytes = 8
/** A client cookie and a server cookie of ours. */
const cookieReplyBytes = clientCookieBytes + 16
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
      const reply = new Uint8Array(cookieReplyBytes)
      for (let i = 0; i < clientCookieBytes; i++) reply[i] = cookie[i]!
      const ours = cookie.length === cookieReplyBytes && cookie[clientCookieBytes] === version
      const ageS = ours ? ageOf(cookie, nowS) : Number.POSITIVE_INFINITY
      if (ageS <= ageMaxS && ageS >= -aheadMaxS) {
        const reserved = (cookie[9]! << 16) | (cookie[10]! << 8) | cookie[11]!
        putServerCookie(reply, nowS - ageS, reserved, address, secretOf(nowS - ageS))
        const known = sameOctets(reply, cookie)
        if (known && ageS >= 0 && ageS < renewAfterS) return { known, reply }
        putServerCookie(reply, nowS, 0, address, secretOf(nowS))
        return { known, reply }
      }
      putServerCookie(reply, nowS, 0, address, secretOf(nowS))
      return { known: false, reply }
    },
  }
}

/** In a time that says nothing of where they differ. */
function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
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
function ageOf(cookie: Uint8Array, nowS: number): number {
  const stamp = (cookie[12]! << 24) | (cookie[13]! << 16) | (cookie[14]! << 8) | cookie[15]!
  return (nowS - stamp) | 0
}

/** Puts a server cookie of RFC 9018 §4 behind the client's, which stands in the first eight octets of `cookie`. */
export function putServerCookie(
  cookie: Uint8Array,
  atS: number,
  reserved: number,
  address: Uint8Array,
  secret: Uint8Array,
): void {
  cookie[8] = version
  for (let i = 0; i < 3; i++) cookie[9 + i] = reserved >>> (16 - 8 * i)
  for (let i = 0; i < 4; i++) cookie[12 + i] = atS >>> (24 - 8 * i)
  const input = inputs[address.length === 4 ? 0 : 1]!
  for (let i = 0; i < 16; i++) input[i] = cookie[i]!
  input.set(address, 16)
  sipHash24(secret, input, cookie, 16)
}

/** What is hashed, for an address of either family: written anew for each hash. */
const inputs = [4, 16].map(addressBytes => new Uint8Array(16 + addressBytes))
