// What a proxy asks of an origin, and how requests and answers change on their way through (RFC 9110 §7.6).
//
// An origin is fixed by configuration, or by a site's rules: nothing in a request can lead it elsewhere. Its Host is
// its own; which one the client used is told in Forwarded (RFC 7239) and the older X-Forwarded fields. What clients say
// in those fields themselves is dropped: an edge is the first to know whom it talks to, and an origin that believes a
// forged one may answer for another site. What concerns one connection stays on it.

import { Fault } from '../base/fault.ts'
import { type Authority, formatAuthority, parseAuthority } from './authority.ts'
import { type Field, fieldLines, fieldValue, type IngressRequest, type Tunnel } from './message.ts'
import { targetLengthMax } from './target.ts'

export interface OriginRequest {
  readonly method: string
  /** Absolute path with query, or '*'. */
  readonly path: string
  readonly fields: readonly Field[]
  readonly body: AsyncIterable<Uint8Array> | undefined
  /** The protocol that the client wants instead, such as 'websocket'. */
  readonly upgrade: string | undefined
  readonly signal: AbortSignal
  /** Told of each interim answer but 100 and 101, as it came. */
  readonly interim?: (status: number, fields: readonly Field[]) => void
}

export interface OriginAnswer {
  readonly status: number
  readonly fields: readonly Field[]
  /** To be read to its end, or returned from; throws Fault 'net/unreachable' when it breaks off. */
  readonly body: AsyncIterable<Uint8Array>
  /** Empty until the body was read to its end. */
  readonly trailers: () => readonly Field[]
  /** With status 101. */
  readonly tunnel?: Tunnel
  /** Resolves when nothing of it is under way any more, read or not. */
  readonly ended: Promise<void>
}

/**
 * 'down': there was no connection, so nothing was sent; 'silent': no answer in time; 'broken': the answer ended
 * before it began; 'malformed': what came is no HTTP answer, or has two lengths; 'refused': it lies where this edge
 * asks nobody; 'busy': the site has too many requests under way. Of the last two the origin heard nothing.
 */
export interface OriginFailure {
  readonly failure: 'down' | 'silent' | 'broken' | 'malformed' | 'refused' | 'busy'
  readonly what: string
}

export interface Origin {
  /** As people call it: scheme, host, port. */
  readonly name: string
  /** Rejects only with the reason of `signal`. */
  ask(request: OriginRequest): Promise<OriginAnswer | OriginFailure>
}

/**
 * The authority a request is for, and its path with query, as sent. Throws Fault 'bytes/malformed' and
 * 'bytes/too-large'.
 */
export function destination({ method, target, fields, version }: IngressRequest): {
  authority: Authority
  path: string
} {
  const hosts = fieldLines(fields, 'host')
  if (hosts.length !== 1) throw malformed(`The request has ${hosts.length} Host fields, not one.`)
  const chunked = fieldLines(fields, 'transfer-encoding').length > 0
  if (chunked && (version === '1.0' || fieldLines(fields, 'content-length').length > 0))
    throw malformed('The length of the request is given in two ways.')
  if (target.length > targetLengthMax)
    throw new Fault('bytes/too-large', `The address has ${target.length} characters.`)
  const path = pathOf(target)
  if (path === undefined && !(target === '*' && method === 'OPTIONS'))
    throw malformed('The address is neither a path nor an http address.')
  const absolute = /^https?:\/\/([^/?]+)/i.exec(target)?.[1]
  const host = parseAuthority(hosts[0]!)
  return { authority: absolute === undefined ? host : parseAuthority(absolute), path: path ?? '*' }
}

/** Of a request-target in origin or absolute form; undefined for any other. */
export function pathOf(target: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(target) || target.includes('#')) return undefined
  if (target.startsWith('/')) return target
  const rest = /^https?:\/\/[^/?]+(.*)$/i.exec(target)?.[1]
  return rest === undefined || rest.startsWith('/') ? rest : `/${rest}`
}

/** Of one connection, whatever Connection lists beside them (RFC 9110 §7.6.1). */
const connectionFields = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization', 'http2-settings'],
])

export function endToEnd(fields: readonly Field[]): Field[] {
  const listed = (fieldValue(fields, 'connection') ?? '').split(',').map(name => name.trim().toLowerCase())
  const dropped = new Set([...listed, ...connectionFields])
  return fields.filter(([name]) => !dropped.has(name.toLowerCase()))
}

const ownRequestFields = /^(host|expect|max-forwards|forwarded|x-forwarded-.*|x-real-ip)$/i

/** What goes to the origin. `name` is what this proxy calls itself in Via. */
export function requestFields(
  { fields, client, secure, version }: IngressRequest,
  authority: Authority,
  name: string,
): Field[] {
  const scheme = secure ? 'https' : 'http'
  const host = formatAuthority(authority)
  const node = client.includes(':') ? `"[${client}]"` : client
  const kept = endToEnd(fields).filter(([key]) => !ownRequestFields.test(key))
  const trailers = fieldLines(fields, 'te').some(value => /\btrailers\b/i.test(value))
  return [
    ...kept,
    ...(trailers ? ([['TE', 'trailers']] as const) : []),
    ['Forwarded', `for=${node};host="${host}";proto=${scheme}`],
    ['X-Forwarded-For', client],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Proto', scheme],
    ['Via', `${version} ${name}`],
    ['CDN-Loop', name],
  ]
}

/** Whether a head announces content (RFC 9112 §6.3); undefined when only the stream's end tells (RFC 9113 §8.1). */
export function announcesContent({ fields, version }: IngressRequest): boolean | undefined {
  if (fieldLines(fields, 'transfer-encoding').length > 0) return true
  const length = fieldLines(fields, 'content-length')[0]
  return length === undefined && version === '2' ? undefined : Number(length ?? 0) > 0
}

/** The content, or undefined when there is none. */
export async function contentOf(request: IngressRequest): Promise<AsyncIterable<Uint8Array> | undefined> {
  const announced = announcesContent(request)
  if (announced !== undefined) return announced ? request.body : undefined
  const rest = request.body[Symbol.asyncIterator]()
  const first = await rest.next()
  if (first.done) return undefined
  return (async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => rest }
  })()
}

/** How many proxies of one name a request may pass: an edge before an edge is no loop, this many are (RFC 8586). */
const passesMax = 4

export function loops(fields: readonly Field[], name: string): boolean {
  const passes = (fieldValue(fields, 'cdn-loop') ?? '').split(',').map(text => text.split(';')[0]!.trim())
  return passes.filter(pass => pass === name).length >= passesMax
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', what, { hint: 'Check the link that led here.' })
}
