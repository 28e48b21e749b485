// The sockets of the ingress: HTTP/1 and HTTP/2, bare or behind TLS, strict and bounded.
//
// Both versions are machines of our own over a socket (http1/, http2/). Node's parsers let pass what they should not
// (two Hosts; DATA on a closed stream) and hide the frames that a bound must count. What is spoken is said by ALPN, and
// on a bare connection by the first octets (RFC 9113 §3.3).

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Fault } from '../../base/fault.ts'
import { type Clock, realClock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { preface } from '../http2/frames.ts'
import type { Ingress } from '../message.ts'
import { Connections } from './connections.ts'
import { type Context, type Conversation, createContext } from './exchange.ts'
import { Http1Conversation } from './http1.ts'
import { Http2Conversation } from './http2.ts'
import { defaultLimits, type HttpLimits } from './limits.ts'
import { Doorman, type SecureOptions } from './secure.ts'

export interface ServeOptions {
  readonly address: string
  /** 0 for any free one. */
  readonly port: number
  readonly ingress: Ingress
  readonly log: Log
  readonly meter: Meter
  readonly limits?: Partial<HttpLimits>
  readonly clock?: Clock
  /** With it the port speaks TLS and nothing else. */
  readonly secure?: SecureOptions
}

export interface HttpServer {
  readonly port: number
  /** Takes no more connections, lets answers under way finish, cuts what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

/** Throws Fault 'net/port-taken', and 'config/invalid' for an address that is not this machine's. */
export async function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { ingress, log, meter, secure } = options
  const limits = { ...defaultLimits, ...options.limits }
  const context = createContext({ ingress, log, meter, limits, clock: options.clock ?? realClock })
  const sockets = new Set<Socket>()
  /** Those of them that have said nothing, or are shaking hands. */
  const silent = new Set<Socket>()
  const conversations = new Set<Conversation>()
  const connections = new Connections(limits, () => meter.count('http.refused'))
  const doorman = secure && new Doorman(context, secure)
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: 64 * 1024 })
  connections.bound(server)
  const sweeping = sweepOften(context, conversations)
  const keep = (socket: Socket, conversation: Conversation): void => {
    conversations.add(conversation)
    sweeping.begin()
    socket.once('close', () => conversations.delete(conversation))
  }
  server.on('connection', socket => {
    socket.on('error', () => {}) // 'close' follows, and says enough
    if (!connections.admit(socket)) return
    sockets.add(socket)
    silent.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      silent.delete(socket)
    })
    if (doorman === undefined) {
      socket.once('data', () => silent.delete(socket))
      converse(context, socket, keep)
    } else {
      doorman.admit(socket, secured => {
        silent.delete(socket)
        const isHttp2 = secured.alpnProtocol === 'h2'
        keep(secured, new (isHttp2 ? Http2Conversation : Http1Conversation)(context, secured, true))
      })
    }
  })
  await listen(server, options)
  server.on('error', error => log.error({ error }, 'http server'))
  const { port } = server.address() as AddressInfo
  return {
    port,
    close: deadlineMs => close(context, server, { sockets, silent, conversations, deadlineMs }),
  }
}

/** A bare connection: HTTP/2 when it begins like it, HTTP/1 otherwise. */
function converse(
  context: Context,
  socket: Socket,
  keep: (socket: Socket, conversation: Conversation) => void,
): void {
  const { clock, limits } = context
  const cancel = clock.after(limits.headTimeoutMs, () => socket.destroy())
  socket.once('close', cancel)
  socket.once('data', (first: Buffer) => {
    cancel()
    const isHttp2 = first.subarray(0, 4).equals(preface.subarray(0, 4))
    keep(socket, new (isHttp2 ? Http2Conversation : Http1Conversation)(context, socket, false))
    socket.emit('data', first)
  })
}

/** While there are any: an edge that nobody asks is not woken. */
function sweepOften(context: Context, conversations: ReadonlySet<Conversation>): { begin(): void } {
  const { clock, limits } = context
  const { headTimeoutMs, keepAliveMs, idleTimeoutMs, answerTimeoutMs, lingerMs } = limits
  const shortest = Math.min(headTimeoutMs, keepAliveMs, idleTimeoutMs, answerTimeoutMs, lingerMs)
  const everyMs = Math.max(20, Math.min(1_000, shortest / 4))
  let isArmed = false
  const begin = (): void => {
    if (isArmed || conversations.size === 0) return
    isArmed = true
    clock.after(everyMs, sweep)
  }
  const sweep = (): void => {
    isArmed = false
    const now = clock.now()
    for (const conversation of conversations) conversation.sweep(now)
    begin()
  }
  return { begin }
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

interface Open {
  readonly sockets: ReadonlySet<Socket>
  readonly silent: ReadonlySet<Socket>
  readonly conversations: ReadonlySet<Conversation>
  readonly deadlineMs: number
}

async function close(context: Context, server: Server, open: Open): Promise<void> {
  context.closing = true
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  const cut = (sockets: ReadonlySet<Socket>): void => {
    for (const socket of sockets) socket.destroy()
  }
  cut(open.deadlineMs <= 0 ? open.sockets : open.silent)
  for (const conversation of open.conversations) conversation.drain()
  const cancel = context.clock.after(open.deadlineMs, () => cut(open.sockets))
  await closed
  cancel()
}
