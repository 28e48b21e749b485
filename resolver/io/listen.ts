// A server that listens, and what can go wrong when it binds its port, in words for the person who started it.
//
// Each server binds one explicit address: with a wildcard the answer to a datagram could leave from another
// address than the one that was asked, for Node does not tell which that was (no IP_PKTINFO).

import type { Server } from 'node:net'
import { Fault } from '../../base/fault.ts'

export interface Listening {
  /** The port that was bound: the one asked for, or the system's choice for 0. */
  readonly port: number
  /** Resolves when nothing is open any more. */
  close(): Promise<void>
}

/** The port that `server` was given. */
export function boundPort(server: Server, asked: number): number {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : asked
}

/** The Fault for an error of `bind` or `listen`; `protocol` is UDP or TCP. */
export function bindFault(error: Error, protocol: string, address: string, port: number): Fault {
  const place = `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new Fault('net/port-taken', `DNS cannot listen on ${place}: the port is taken.`, { cause: error })
  }
  const hint =
    code === 'EACCES'
      ? 'Ports below 1024 need privileges: choose another port, or grant CAP_NET_BIND_SERVICE.'
      : 'Use an address of this machine.'
  return new Fault('config/invalid', `DNS cannot listen on ${place}: ${error.message}.`, {
    hint,
    cause: error,
  })
}
