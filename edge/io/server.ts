// The sockets of the ingress: node:http, strict and bounded, with one promise: no request can take the
// process down.
//
// Node's parser refuses a length beside chunks, bare line feeds and stray bytes; what it lets pass (two
// Hosts) the chain refuses, from the raw list of fields. Requests that are pipelined on one connection are
// answered one after the other: in parallel they would let one packet start hundreds of fetches. A strict
// parser of our own would be faster (about twice), and may come when a measurement asks for it.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Fault, isFault } from '../../base/fault.ts'
import { type Clock, realClock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { type Ingress, type IngressResponse, withFields } from '../message.ts'
import { page } from '../page.ts'
import { bound } from './connections.ts'
import { defaultLimits, type HttpLimits } from './limits.ts'
import { type Received, receive } from './receive.ts'
import { gone, send } from './send.ts'

export interface ServeOptions {
  readonly address: string
  /** 0 for any free one. */
  readonly port: number
  readonly ingress: Ingress
  readonly log: Log
  readonly meter: Meter
  readonly limits?: Partial<HttpLimits>
  readonly clock?: Clock
}

export interface HttpServer {
  readonly port: number
  /** Takes no more connections, lets answers under way finish, cuts what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

interface Context extends ServeOptions {
  readonly limits: HttpLimits
  readonly clock: Clock
  closing: boolean
}

/** Throws Fault 'net/port-taken', and 'config/invalid' for an address that is not this machine's. */
export async function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const limits = { ...defaultLimits, ...options.limits }
  const context: Context = { ...options, limits, clock: options.clock ?? realClock, closing: false }
  const server = strictServer(limits)
  const turns = new WeakMap<Socket, Promise<void>>()
  const inTurn = (message: IncomingMessage, to: ServerResponse): void => {
    const before = turns.get(message.socket) ?? Promise.resolve()
    turns.set(
      message.socket,
      before.then(() => answer(context, message, to)),
    )
  }
  server.on('request', inTurn)
  server.on('checkContinue', inTurn)
  server.on('connect', (_message, socket) => refuse(socket, '405 Method Not Allowed'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => onClientError(context, error, socket))
  bound(server, limits, () => options.meter.count('http.refused'))
  await listen(server, options)
  server.on('error', error => options.log.error({ error }, 'http server'))
  const { port } = server.address() as AddressInfo
  return { port, close: deadlineMs => close(context, server, deadlineMs) }
}

function strictServer(limits: HttpLimits): Server {
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // How often the two timeouts above are looked at; Node's 30 s would triple the shorter one.
    connectionsCheckingInterval: Math.max(50, Math.min(1_000, limits.headTimeoutMs / 4)),
    noDelay: true,
  })
  // Past maxHeadersCount Node drops fields in silence, perhaps the second Host; `answer` counts them instead.
  server.maxHeadersCount = 0
  server.maxRequestsPerSocket = limits.requestsPerConnectionMax
  server.timeout = limits.idleTimeoutMs
  return server
}

/** Never rejects: what goes wrong is answered, or the connection is cut, and it is counted. */
async function answer(context: Context, message: IncomingMessage, to: ServerResponse): Promise<void> {
  const { limits, log, meter } = context
  // A pipelined request has no socket of its own yet, so the connection is asked too.
  if (gone(to) || message.socket.destroyed) return
  const received = receive(message, to, { clock: context.clock, answerTimeoutMs: limits.answerTimeoutMs })
  const response = await decide(context, message, received)
  received.answered()
  try {
    // A body that nobody read would be taken for the next request, or read to its end for nothing.
    const last = context.closing || received.bodyLeft()
    await send(last ? withFields(response, [['Connection', 'close']]) : response, to, received.linger)
    if (last || context.closing) message.socket.destroySoon()
  } catch (error) {
    const left = received.request.signal.aborted && isFault(received.request.signal.reason)
    meter.count(left ? 'http.left' : 'http.cut')
    if (!left) log.warn({ err: error, target: message.url }, 'an answer was cut')
    to.destroy()
  }
}

async function decide(
  context: Context,
  message: IncomingMessage,
  received: Received,
): Promise<IngressResponse> {
  const { ingress, limits, log, meter } = context
  if (message.rawHeaders.length / 2 > limits.fieldsMax) return tooManyFields(limits.fieldsMax)
  try {
    return await ingress(received.request)
  } catch (error) {
    // When the client has gone, what its aborted fetch throws is no bug.
    if (!received.request.signal.aborted) {
      meter.count('http.bugs')
      log.error({ err: error, target: message.url }, 'a request met a bug')
    }
    return sorry()
  }
}

function tooManyFields(fieldsMax: number): IngressResponse {
  const what = `The request has more than ${fieldsMax} header fields.`
  const meaning = 'No browser sends that many.'
  return framed(
    page({ status: 431, title: 'That request cannot be read', what, meaning, hint: 'Send fewer.' }),
  )
}

function sorry(): IngressResponse {
  return framed(
    page({
      status: 500,
      title: 'The edge made a mistake',
      what: 'The request met an error in the edge’s own program.',
      meaning: 'It is not your fault, nor that of the site; it has been noted.',
      hint: 'Try again: another edge may answer.',
    }),
  )
}

/** Answers made here have not passed the chain's `finish`. */
function framed(response: IngressResponse): IngressResponse {
  const length = ['Content-Length', String(response.sizeBytes ?? 0)] as const
  return withFields(response, [length, ['X-Content-Type-Options', 'nosniff']])
}

const statusOfError: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function onClientError({ meter }: Context, error: NodeJS.ErrnoException, socket: Duplex): void {
  meter.count('http.malformed')
  refuse(socket, statusOfError[error.code ?? ''] ?? '400 Bad Request')
}

/** Words of our own on a bare socket; only where no answer is under way that they would land in. */
function refuse(socket: Duplex, status: string): void {
  const underWay = (socket as { _httpMessage?: ServerResponse | null })._httpMessage
  if (!socket.writable || underWay) {
    socket.destroy()
    return
  }
  socket.on('error', () => {}) // the client may be gone before it hears this
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

async function listen(server: Server, { address, port }: ServeOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenFault(error, address, port))
    server.once('error', failed)
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

function listenFault(error: NodeJS.ErrnoException, address: string, port: number): Error {
  const where = `${address}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new Fault('net/port-taken', `${where} (HTTP) is already in use.`, { cause: error })
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES' || error.code === 'ENOTFOUND') {
    const why = error.code === 'EACCES' ? 'needs more rights' : 'is not an address of this machine'
    return new Fault('config/invalid', `Cannot listen on ${where}: it ${why}.`, { cause: error })
  }
  return error
}

async function close(context: Context, server: Server, deadlineMs: number): Promise<void> {
  context.closing = true
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeIdleConnections()
  const cancel = context.clock.after(deadlineMs, () => server.closeAllConnections())
  await closed
  cancel()
}
