// A UDP socket that is bound before anything runs on it, because a peer's own address is part of what it signs.

import { createSocket, type Socket } from 'node:dgram'
import { Fault } from '../../base/fault.ts'
import type { Address } from '../address.ts'

export type UdpSocket = { readonly socket: Socket; readonly address: Address }

/** Port 0 takes any free one. Fault `net/port-taken`, or `net/unreachable` for an address that is not ours. */
export function openSocket(at: Address): Promise<UdpSocket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      const code = error.code === 'EADDRINUSE' ? 'net/port-taken' : 'net/unreachable'
      reject(
        new Fault(code, `UDP ${at.host}:${at.port} cannot be opened: ${error.message}`, { cause: error }),
      )
    })
    socket.bind({ address: at.host, port: at.port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve({ socket, address: { host: at.host, port: socket.address().port } })
    })
  })
}
