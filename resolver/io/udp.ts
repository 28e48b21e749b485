// DNS over UDP: one socket, each datagram answered within the turn of the event loop that brought it.
//
// There is no queue of our own: the kernel's receive buffer is the bound, and what it drops was never
// started.

import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import type { Respond } from '../responder.ts'
import { bindFault, type Listening } from './listen.ts'

export interface ServeOptions {
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly respond: Respond
  readonly meter: Meter
  readonly log: Log
}

/** For bursts: the kernel charges about 1 KiB for a small datagram, so some 4,096 of them may wait. */
const receiveBufferBytes = 4 * 1024 * 1024

/** Listens; throws Fault `net/port-taken`, or `config/invalid` for an address that is not ours. */
export async function serveUdp(options: ServeOptions): Promise<Listening> {
  const { address, port, meter, log } = options
  const socket = createSocket({
    ...(isIPv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
    // Answers go to addresses that the kernel gave us: looking them up would cost a turn of the event loop
    // each.
    lookup: (host, _options, callback) => callback(null, host, isIPv6(host) ? 6 : 4),
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', error => reject(bindFault(error, 'UDP', address, port)))
    socket.bind({ address, port, exclusive: true }, resolve)
  })
  socket.removeAllListeners('error')
  socket.on('error', error => {
    meter.count('dns.udp.error')
    log.warn({ err: error }, 'dns: UDP socket error')
  })
  enlarge(socket, log)
  answerOn(socket, options)
  return {
    port: socket.address().port,
    close: () => new Promise(resolve => socket.close(() => resolve())),
  }
}

function answerOn(socket: Socket, { respond, meter }: ServeOptions): void {
  // The asker may be gone or unroutable: its loss, and no reason for a line in the log.
  const sent = (error: Error | null): void => {
    if (error !== null) meter.count('dns.udp.unsent')
  }
  socket.on('message', (packet, client) => {
    // Port 0 is no place to answer to; only a forger sends from it.
    if (client.port === 0) return
    const answer = respond(packet, client, 'udp')
    if (answer !== undefined) socket.send(answer, client.port, client.address, sent)
  })
}

/** Systems cap the buffer (net.core.rmem_max) and a few refuse to be asked; either is no reason to stop. */
function enlarge(socket: Socket, log: Log): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes)
  } catch (error) {
    log.debug({ err: error }, 'dns: receive buffer left as it is')
  }
}
