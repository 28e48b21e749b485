// DNS over HTTPS (RFC 8484) for HTTP/2 and HTTP/1.1 on one port: GET, POST, and the JSON view.
//
// Node's own HTTP/2 server, asked by ALPN, with a bound for all that a client may pile up: places
// (connections.ts), streams and resets of them, fields, body, memory of a session, time and queries (sessions.ts).
// An answer is ready before the request has been taken apart, so nothing waits here and nothing needs to be cancelled.

import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { Readable } from 'node:stream'
import { createConnections } from './connections.ts'
import { freshnessS, isRefusal, mediaOf, messageMedia, packetFromGet, type Refusal } from './doh.ts'
import { jsonMedia, jsonView, packetFromWords } from './json-view.ts'
import { createSessions } from './sessions.ts'
import { defaultStreamLimits, type StreamLimits } from './stream.ts'
import { boundsOf } from './tcp.ts'
import { type ListeningTls, openSecurely, type ServeTlsOptions, termsOf } from './tls.ts'

export interface ServeHttpsOptions extends ServeTlsOptions {
  readonly path?: string
}

/** The path that RFC 8484 uses in its examples and that everybody's clients presume. */
export const defaultDohPath = '/dns-query'
/** GET carries its message in a field of the head: a whole query with padding fits easily. */
const headBytesMax = 8 * 1024
const bodyBytesMax = 65_535
const nonsense: Refusal = { status: 400, why: 'that is no DNS query' }

/** Listens; throws Fault `net/port-taken`, or `config/invalid` for an address or a certificate. */
export async function serveHttps(options: ServeHttpsOptions): Promise<ListeningTls> {
  const { meter } = options
  const limits = { ...defaultStreamLimits, ...options }
  const connections = createConnections(boundsOf(options), () => meter.count('dns.https.displaced'))
  const sessions = createSessions(limits)
  const server = createSecureServer(serverOptions(options, limits))
  server.on('sessionError', () => meter.count('dns.https.reset'))
  server.on('session', sessions.began)
  server.on('request', (request, response) => {
    const { remoteAddress = '', remotePort = 0 } = request.socket
    const client = { address: remoteAddress, port: remotePort }
    sessions.asked(request, response)
    // A stream that is reset in mid-body is the client's to regret.
    request.on('error', () => meter.count('dns.https.reset'))
    response.on('error', () => meter.count('dns.https.reset'))
    const ready = ({ packet, wants }: Asked): void => {
      connections.used(client)
      sessions.used(request)
      const answer = isRefusal(packet) ? packet : (options.respond(packet, client, 'https') ?? nonsense)
      reply(request, response, answer, wants)
    }
    const asked = askedByHead(request, options.path ?? defaultDohPath)
    if (asked === undefined) askedByBody(request, ready)
    else ready(asked)
  })
  return openSecurely(server, connections, options, 'https')
}

function serverOptions({ certificate }: ServeHttpsOptions, limits: StreamLimits) {
  return {
    ...termsOf(certificate),
    allowHTTP1: true,
    handshakeTimeout: limits.idleTimeoutMs,
    noDelay: true,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: headBytesMax, enablePush: false },
    maxHeaderListPairs: 64,
    // MB: a hundred streams with answers of the usual size are a tenth of it.
    maxSessionMemory: 2,
    maxSettings: 32,
    // Streams that are begun and reset at once (CVE-2023-44487) cost us an answer each, and a client nothing.
    streamResetBurst: 200,
    streamResetRate: 20,
    maxHeaderSize: headBytesMax,
    headersTimeout: limits.idleTimeoutMs,
    requestTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: 1000,
  }
}

interface Asked {
  readonly packet: Uint8Array | Refusal
  readonly wants: typeof messageMedia | typeof jsonMedia
}

/** What the head asks by itself; undefined when the query is in the body. */
function askedByHead(request: Http2ServerRequest, path: string): Asked | undefined {
  const { method, url } = request
  const query = url.indexOf('?')
  const parameters = new URLSearchParams(query < 0 ? '' : url.slice(query + 1))
  if ((query < 0 ? url : url.slice(0, query)) !== path) return refusal(404, `ask at ${path}`)
  if (method === 'GET' || method === 'HEAD') {
    return parameters.has('dns')
      ? { packet: packetFromGet(parameters), wants: messageMedia }
      : { packet: packetFromWords(parameters), wants: jsonMedia }
  }
  if (method !== 'POST') return refusal(405, 'GET or POST')
  if (mediaOf(request.headers['content-type']) !== messageMedia) return refusal(415, `send ${messageMedia}`)
  return undefined
}

function refusal(status: Refusal['status'], why: string): Asked {
  return { packet: { status, why }, wants: messageMedia }
}

/** Tells `ready` once what the body asks, when it has come to its end. */
function askedByBody(body: Readable, ready: (asked: Asked) => void): void {
  const chunks: Uint8Array[] = []
  let bytes = 0
  body.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    // A little more is read and forgotten: a reply in mid-body is a reset to many clients.
    if (bytes <= bodyBytesMax) chunks.push(chunk)
    else if (bytes > 2 * bodyBytesMax) body.destroy()
  })
  body.on('end', () => {
    if (bytes > bodyBytesMax) ready(refusal(413, `a message has ${bodyBytesMax} octets at most`))
    else ready({ packet: Buffer.concat(chunks), wants: messageMedia })
  })
}

function reply(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  answer: Uint8Array | Refusal,
  wants: Asked['wants'],
): void {
  const isBare = request.method === 'HEAD'
  if (isRefusal(answer)) {
    if (answer.status === 405) response.setHeader('allow', 'GET, HEAD, POST')
    response.writeHead(answer.status, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(isBare ? '' : `${answer.why}\n`)
    return
  }
  const body = wants === jsonMedia ? Buffer.from(jsonView(answer)) : answer
  response.writeHead(200, {
    'content-type': wants,
    'content-length': body.length,
    'cache-control': `max-age=${freshnessS(answer)}`,
    // What a name server tells everybody, a page may read too.
    'access-control-allow-origin': '*',
  })
  response.end(isBare ? '' : body)
}
