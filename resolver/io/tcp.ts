// DNS over TCP (RFC 7766): many queries on one connection, answered in order, because each answer is ready
// at once.
//
// Three bounds keep strangers from holding what they do not use. Connections: when all are taken, a
// newcomer displaces the one that was idle longest. Time: the idle clock is reset by a whole query or by
// answers taken, not by octets, so sending one octet now and then gains nothing. Memory: who does not take
// its answers is not read from.

import { createServer, type Server, type Socket } from 'node:net'
import { createFramer, type Framer, frame } from '../wire/frame.ts'
import { bindFault, type Listening } from './listen.ts'
import type { ServeOptions } from './udp.ts'

export interface ServeTcpOptions extends ServeOptions {
  readonly connectionsMax?: number
  /** RFC 7766 §6.2.3 wants "a few seconds"; resolvers that keep connections open reconnect without harm. */
  readonly idleTimeoutMs?: number
  /** Answers that may wait in a connection before its queries must. */
  readonly pendingBytesMax?: number
}

/** Listens; throws Fault `net/port-taken`, or `config/invalid` for an address that is not ours. */
export async function serveTcp(options: ServeTcpOptions): Promise<Listening> {
  const { address, port, meter, log, connectionsMax = 256, pendingBytesMax = 256 * 1024 } = options
  /** Ordered by their last use: the first was idle longest. */
  const connections = new Set<Socket>()
  const server = createServer({ noDelay: true, highWaterMark: pendingBytesMax }, socket => {
    if (connections.size >= connectionsMax) {
      const [idlest] = connections
      idlest?.destroy()
      meter.count('dns.tcp.displaced')
    }
    const used = (): void => {
      connections.delete(socket)
      connections.add(socket)
    }
    used()
    socket.on('close', () => connections.delete(socket))
    converse(socket, options, used)
  })
  await listening(server, address, port)
  server.on('error', error => {
    meter.count('dns.tcp.error')
    log.warn({ err: error }, 'dns: TCP server error')
  })
  const bound = server.address()
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      }),
  }
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(bindFault(error, 'TCP', address, port))
    server.once('error', fail)
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function converse(socket: Socket, options: ServeTcpOptions, used: () => void): void {
  const { meter, idleTimeoutMs = 10_000 } = options
  const framer = createFramer()
  const idle = setTimeout(() => socket.destroy(), idleTimeoutMs)
  const client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  const proceed = (): void => {
    const outcome = answerAll(socket, framer, packet => {
      idle.refresh()
      used()
      return options.respond(packet, client, 'tcp')
    })
    if (outcome === 'full') socket.pause()
    else if (outcome === 'nonsense') socket.destroy()
    else socket.resume()
  }
  socket.on('data', chunk => {
    framer.push(chunk)
    proceed()
  })
  socket.on('drain', () => {
    idle.refresh()
    proceed()
  })
  // Resets are the other side's way to say goodbye; 'close' follows.
  socket.on('error', () => meter.count('dns.tcp.reset'))
  socket.on('close', () => clearTimeout(idle))
}

/**
 * Answers the whole messages that wait, until there are none (`'done'`) or too many answers wait to be
 * taken (`'full'`). On a stream silence is `'nonsense'`: who sends what is no query has lost its place in
 * the stream.
 */
function answerAll(
  socket: Socket,
  framer: Framer,
  respond: (packet: Uint8Array) => Uint8Array | undefined,
): 'done' | 'full' | 'nonsense' {
  socket.cork()
  try {
    while (!socket.writableNeedDrain) {
      const packet = framer.next()
      if (packet === undefined) return 'done'
      const answer = respond(packet)
      if (answer === undefined) return 'nonsense'
      socket.write(frame(answer))
    }
    return 'full'
  } finally {
    socket.uncork()
  }
}
