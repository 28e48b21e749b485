// One certificate, from the order to the chain: RFC 8555 §7.4, in the order in which it happens.
//
//   order ─► authorizations ─► challenge prepared ─► «ready» ─► validated ─► CSR ─► issued ─► chain
//
// Everything is polled, with the pauses that the authority asks for, until a deadline. The challenge is prepared
// before the authority is told of it and taken back whatever comes, so a failed order leaves nothing behind. An order
// that a run before this one placed is taken up where it stands.

import { createHash } from 'node:crypto'
import { Fault, isFault } from '../../base/fault.ts'
import { type Answer, refusal, retryAfterMs, type Session } from './session.ts'

export type ChallengeType = 'tls-alpn-01' | 'http-01' | 'dns-01'

/** What must be shown, and where; all of it may be public. */
export interface Challenge {
  readonly type: ChallengeType
  /** The name without `*.`. */
  readonly host: string
  readonly token: string
  /** `token.thumbprint`: the body of HTTP-01 (RFC 8555 §8.3). */
  readonly keyAuthorization: string
}

export interface OrderOptions {
  /** Lower-case DNS names; `*.` wants `dns-01`. */
  readonly names: readonly string[]
  /** PKCS #10 for exactly these names, DER. */
  readonly csr: Uint8Array
  readonly thumbprint: string
  /** What we can show, best first. */
  readonly types: readonly ChallengeType[]
  /** Resolves when the authority may look; what it returns takes it back. */
  readonly prepare: (challenge: Challenge) => Promise<() => void>
  /** The certificate that this one replaces (RFC 9773 §5). */
  readonly replaces?: string
  /** Address of an order that an earlier run placed with this request; without it a new one is placed. */
  readonly placed?: string
  /** Told the address of a new order, before anything is done about it. */
  readonly onPlaced: (orderUrl: string) => Promise<void>
  readonly now: () => number
  readonly pause: (ms: number) => Promise<void>
  /** From here to the chain. */
  readonly totalMs: number
}

/** The chain in PEM, the certificate itself first. Faults: `certificate/refused`, `net/unreachable`. */
export async function orderCertificate(session: Session, options: OrderOptions): Promise<string> {
  const { names, csr, placed } = options
  const deadline = options.now() + options.totalMs
  const { orderUrl, answer } =
    placed === undefined
      ? await place(session, options)
      : { orderUrl: placed, answer: await session.post(placed, '') }
  const { authorizations, finalize, status } = answer.json
  if (!Array.isArray(authorizations) || typeof finalize !== 'string') throw failed(orderUrl, answer)
  if (authorizations.length > names.length) {
    throw new Fault('certificate/refused', 'the authority wants more than it was asked for')
  }
  // What an earlier run began may be past this already.
  const wanted: unknown[] = status === 'pending' ? authorizations : []
  for (const authorization of wanted) {
    if (typeof authorization !== 'string') throw failed(orderUrl, answer)
    await authorize(session, authorization, options, deadline)
  }
  const known = await poll(session, orderUrl, ['ready', 'valid'], options, deadline)
  if (known.json['status'] === 'ready')
    await session.post(finalize, { csr: Buffer.from(csr).toString('base64url') })
  const issued = await poll(session, orderUrl, ['valid'], options, deadline)
  const certificateUrl = issued.json['certificate']
  if (typeof certificateUrl !== 'string') throw refusal(orderUrl, issued.reply, issued.json)
  const chain = await session.post(certificateUrl, '', 'application/pem-certificate-chain')
  return chain.reply.body
}

async function place(
  session: Session,
  { names, replaces, onPlaced }: OrderOptions,
): Promise<{ orderUrl: string; answer: Answer }> {
  const url = await session.resource('newOrder')
  if (url === undefined) throw new Fault('certificate/refused', 'the authority takes no orders')
  const identifiers = names.map(value => ({ type: 'dns', value }))
  const plain = (): Promise<Answer> => session.post(url, { identifiers })
  // An authority refuses to replace what another account ordered, or what was replaced before (RFC 9773 §5): the
  // edge whose turn it was may have been another.
  const answer =
    replaces === undefined
      ? await plain()
      : await session.post(url, { identifiers, replaces }).catch(error => {
          if (isFault(error, 'certificate/refused')) return plain()
          throw error
        })
  const orderUrl = answer.reply.headers['location']
  if (typeof orderUrl !== 'string') throw refusal(url, answer.reply, answer.json)
  await onPlaced(orderUrl)
  return { orderUrl, answer }
}

async function authorize(
  session: Session,
  url: string,
  options: OrderOptions,
  deadline: number,
): Promise<void> {
  const { reply, json } = await session.post(url, '')
  if (json['status'] === 'valid') return
  const host = (json['identifier'] as { value?: unknown } | undefined)?.value
  const wanted = options.names.map(name => name.replace(/^\*\./, ''))
  if (typeof host !== 'string' || !wanted.includes(host)) throw refusal(url, reply, json)
  const { challenge, challengeUrl } = choose(json, host, options)
  const takeBack = await options.prepare(challenge)
  try {
    await session.post(challengeUrl, {})
    await poll(session, url, ['valid'], options, deadline)
  } finally {
    takeBack()
  }
}

function choose(
  { challenges, wildcard }: Answer['json'],
  host: string,
  { types, thumbprint }: OrderOptions,
): { challenge: Challenge; challengeUrl: string } {
  const offered = (Array.isArray(challenges) ? challenges : []) as Record<string, unknown>[]
  for (const type of wildcard === true ? types.filter(type => type === 'dns-01') : types) {
    const found = offered.find(one => one?.['type'] === type)
    const { token, url } = found ?? {}
    // RFC 8555 §8.3: base64url, which keeps a token from being a path.
    if (typeof token !== 'string' || typeof url !== 'string' || !/^[\w-]{1,256}$/.test(token)) continue
    return {
      challenge: { type, host, token, keyAuthorization: `${token}.${thumbprint}` },
      challengeUrl: url,
    }
  }
  const list = offered.map(one => one?.['type']).join(', ')
  throw new Fault('certificate/refused', `${host}: no challenge that can be met here among ${list}`)
}

const pauseMs = 1000
const pauseMsMax = 30_000

/** Until the status is one of `wanted`. An invalid one is a refusal, with the reason of the challenge that failed. */
async function poll(
  session: Session,
  url: string,
  wanted: readonly string[],
  { now, pause }: OrderOptions,
  deadline: number,
): Promise<Answer> {
  for (let round = 0; ; round++) {
    const answer = await session.post(url, '')
    const { reply, json } = answer
    const status = json['status']
    if (wanted.includes(status as string)) return answer
    if (status !== 'pending' && status !== 'processing' && status !== 'ready') throw failed(url, answer)
    // Short at first, since a validation takes a moment or a minute.
    const own = Math.min(pauseMs, 100 * 2 ** round)
    const ms = retryAfterMs(reply, now(), pauseMsMax) ?? own
    if (now() + ms > deadline)
      throw new Fault('net/unreachable', `the authority is still at ${status}: ${url}`)
    await pause(ms)
  }
}

function failed(url: string, { reply, json }: Answer): Fault {
  const challenges = (Array.isArray(json['challenges']) ? json['challenges'] : []) as { error?: object }[]
  const error = challenges.find(one => one?.error)?.error ?? json['error'] ?? {}
  return refusal(url, reply, error as Answer['json'])
}

/** What DNS-01 wants as TXT at `_acme-challenge` (RFC 8555 §8.4). */
export function dnsValue({ keyAuthorization }: Pick<Challenge, 'keyAuthorization'>): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url')
}
