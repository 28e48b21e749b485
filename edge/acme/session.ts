// The talk with one authority: directory, nonces, account, and requests that are signed and answered (RFC 8555 §6, §7).
//
// An authority may refuse a nonce at any time and says which to use instead (§6.5), so each request is sent
// again for that reason and for no other. One that wants to be left alone for a while (429 or 503 with Retry-After,
// RFC 8555 §6.6) is: until then no such request is sent. What comes back is a stranger's: addresses must be https or
// the directory's own scheme, JSON is taken member by member, errors become one Fault with the authority's own words.

import type { KeyObject } from 'node:crypto'
import { Fault } from '../../base/fault.ts'
import { binding, type ExternalAccount, signedBody } from './jws.ts'

/** One request; rejects with an Error when there is no whole answer. */
export type Ask = (question: {
  readonly url: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly body?: string
  readonly accept?: string
}) => Promise<Reply>

export interface Reply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface SessionOptions {
  readonly directoryUrl: string
  /** P-256. */
  readonly accountKey: KeyObject
  readonly ask: Ask
  /** Such as `mailto:…`; may be empty. */
  readonly contact: readonly string[]
  readonly external?: ExternalAccount
  readonly now: () => number
}

export interface Answer {
  readonly reply: Reply
  /** What the body says, when it is a JSON object; empty otherwise. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Session {
  /** Signed by the account, which is made when there is none. Faults: `certificate/refused`, `net/unreachable`. */
  post(url: string, payload: object | '', accept?: string): Promise<Answer>
  /** Address of a resource of the directory; undefined when the authority has none. */
  resource(name: 'newOrder' | 'renewalInfo' | 'revokeCert'): Promise<string | undefined>
  /** Not signed. Faults as above. */
  get(url: string): Promise<Answer>
}

/** An authority that refuses one nonce in five, as pebble is told to, then fails one request in 400,000. */
const triesMax = 8
/** A limit of a week is asked about once a day. */
const silentMsMax = 24 * 3_600_000
const badNonce = 'urn:ietf:params:acme:error:badNonce'

export function createSession(options: SessionOptions): Session {
  const { ask, accountKey, directoryUrl, contact, external, now } = options
  const { protocol } = new URL(directoryUrl)
  let directory: Answer['json'] | undefined
  let account: string | undefined
  const nonces: string[] = []
  const silence = createSilence(now)

  const talk = async (question: Parameters<Ask>[0]): Promise<Answer> => {
    const reply = await ask(question).catch(cause => {
      throw unreachable(question.url, cause)
    })
    // A handful: they grow stale, and an authority that gives thousands must not fill memory.
    const nonce = reply.headers['replay-nonce']
    if (typeof nonce === 'string' && nonce.length <= 200 && nonces.length < 8) nonces.push(nonce)
    return { reply, json: objectIn(reply.body) }
  }
  const known = async (): Promise<Answer['json']> => {
    if (directory !== undefined) return directory
    const { reply, json } = await talk({ url: directoryUrl, method: 'GET' })
    if (reply.status !== 200 || typeof json['newOrder'] !== 'string') throw refusal(directoryUrl, reply, json)
    directory = json
    return json
  }
  const addressIn = async (name: string): Promise<string | undefined> => {
    const url = (await known())[name]
    return typeof url === 'string' ? checked(url, protocol) : undefined
  }
  const nonce = async (): Promise<string> => {
    const ready = nonces.pop()
    if (ready !== undefined) return ready
    const url = (await addressIn('newNonce')) ?? directoryUrl
    await talk({ url, method: 'HEAD' })
    const fresh = nonces.pop()
    if (fresh === undefined) throw new Fault('certificate/refused', `the authority gives no nonce at ${url}`)
    return fresh
  }
  const signed = async (
    url: string,
    payload: object | '',
    kid?: string,
    accept?: string,
  ): Promise<Answer> => {
    silence.check()
    for (let tries = 1; ; tries++) {
      const body = signedBody(payload, accountKey, { nonce: await nonce(), url, kid })
      const answer = await talk({ url, method: 'POST', body, ...(accept && { accept }) })
      if (answer.reply.status < 400) return answer
      silence.hear(answer.reply)
      if (answer.json['type'] !== badNonce || tries === triesMax)
        throw refusal(url, answer.reply, answer.json)
    }
  }
  const register = async (): Promise<string> => {
    const url = (await addressIn('newAccount')) ?? directoryUrl
    const bound = external && { externalAccountBinding: binding(accountKey, external, url) }
    const payload = { termsOfServiceAgreed: true, ...(contact.length > 0 && { contact }), ...bound }
    const { reply, json } = await signed(url, payload)
    const location = reply.headers['location']
    if (typeof location !== 'string') throw refusal(url, reply, json)
    return location
  }

  return {
    post: async (url, payload, accept) => {
      account ??= await register()
      return signed(checked(url, protocol), payload, account, accept)
    },
    resource: addressIn,
    async get(url) {
      const answer = await talk({ url: checked(url, protocol), method: 'GET' })
      if (answer.reply.status !== 200) throw refusal(url, answer.reply, answer.json)
      return answer
    },
  }
}

/** Whether the authority wants no requests now, as its last refusal said. */
function createSilence(now: () => number): { check(): void; hear(reply: Reply): void } {
  let endsAt = 0
  return {
    check() {
      const leftMs = endsAt - now()
      if (leftMs <= 0) return
      const seconds = Math.ceil(leftMs / 1000)
      throw new Fault('certificate/refused', `the authority wants no requests for another ${seconds} s`)
    },
    hear(reply) {
      if (reply.status !== 429 && reply.status !== 503) return
      endsAt = now() + (retryAfterMs(reply, now(), silentMsMax) ?? 0)
    },
  }
}

/** Milliseconds that an answer asks to wait (RFC 9110 §10.2.3), within `waitMsMax`; undefined when it does not say. */
export function retryAfterMs({ headers }: Reply, now: number, waitMsMax: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  const ms = /^\d{1,9}$/.test(value)
    ? 1000 * Number(value)
    : /GMT$/.test(value)
      ? Date.parse(value) - now
      : Number.NaN
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), waitMsMax) : undefined
}

function unreachable(url: string, cause: Error): Fault {
  return new Fault('net/unreachable', `the authority at ${url}: ${cause.message}`, { cause })
}

/** Where a stranger's answer sends us: never from https to anything else. */
function checked(url: string, protocol: string): string {
  if (url.length <= 2048 && URL.parse(url)?.protocol === protocol) return url
  throw new Fault('certificate/refused', `the authority names an address that is none: ${url.slice(0, 100)}`)
}

function objectIn(body: string): Answer['json'] {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Answer['json']) : {}
  } catch {
    return {}
  }
}

/** An error document (RFC 7807) in one line. */
export function refusal(what: string, { status }: Pick<Reply, 'status'>, json: Answer['json']): Fault {
  const { type, detail } = json
  const words = [type, detail].filter(word => typeof word === 'string').join(': ')
  return new Fault('certificate/refused', `${what}: ${status}${words && ` ${words.slice(0, 500)}`}`)
}
