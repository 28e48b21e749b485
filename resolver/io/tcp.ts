// DNS over TCP (RFC 7766): the listening socket; connections.ts says who may stay, stream.ts what is said.
//
// No thread, no queue: an answer is ready within the turn of the event loop that brought its query.

import { createServer, type Server } from 'node:net'
import { createConnections } from './connections.ts'
import { bindFault, boundPort, type Listening } from './listen.ts'
import { converse, defaultStreamLimits, type StreamLimits, type Transfer } from './stream.ts'
import type { ServeOptions } from './udp.ts'

export interface ServeTcpOptions extends ServeOptions, Partial<StreamLimits> {
  readonly connectionsMax?: number
  /** Connections from one /24 or /56; a quarter of all without it. */
  readonly connectionsPerPrefixMax?: number
  /** Answers that may wait in a connection before its queries must. */
  readonly pendingBytesMax?: number
  /** Answers of several messages; over TLS there are none. */
  readonly transfer?: Transfer
}

export const defaultConnectionsMax = 256

/** Listens; throws Fault `net/port-taken`, or `config/invalid` for an address that is not ours. */
export async function serveTcp(options: ServeTcpOptions): Promise<Listening> {
  const { address, port, respond, transfer, meter, log, pendingBytesMax = 256 * 1024 } = options
  const limits = { ...defaultStreamLimits, ...options }
  const connections = createConnections(boundsOf(options), () => meter.count('dns.tcp.displaced'))
  const server = createServer({ noDelay: true, highWaterMark: pendingBytesMax }, socket => {
    connections.admit(socket)
    const client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    const used = (): void => connections.used(client)
    converse(socket, {
      ...limits,
      client,
      transport: 'tcp',
      respond,
      ...(transfer && { transfer }),
      meter,
      used,
    })
  })
  await listening(server, 'TCP', address, port)
  server.on('error', error => {
    meter.count('dns.tcp.error')
    log.warn({ err: error }, 'dns: TCP server error')
  })
  return {
    port: boundPort(server, port),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        connections.close()
      }),
  }
}

export function boundsOf(options: {
  readonly connectionsMax?: number
  readonly connectionsPerPrefixMax?: number
}): { connectionsMax: number; connectionsPerPrefixMax: number } {
  const { connectionsMax = defaultConnectionsMax } = options
  const { connectionsPerPrefixMax = Math.ceil(connectionsMax / 4) } = options
  return { connectionsMax, connectionsPerPrefixMax }
}

export function listening(server: Server, protocol: string, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(bindFault(error, protocol, address, port))
    server.once('error', fail)
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}
