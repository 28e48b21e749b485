// A libp2p host: TCP, Noise, Yamux, with the peer's own key; what needs a stream runs on it.
//
// It is told whom to dial and dials nobody else: no discovery, no DHT, no relays, because membership already knows who
// is where. libp2p's own guard of five inbound connections per second and host is off: on one machine every peer has
// nearly the same host, and twenty starting together lost a quarter of their dials to it.

import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { Fault } from '../../base/fault.ts'
import type { Address } from '../address.ts'
import type { Identity } from './identity.ts'

export type Host = { readonly node: Libp2p; readonly address: Address; close(): Promise<void> }

export type HostOptions = Address & { identity: Identity; connectionsMax?: number }

/** Port 0 takes any free one. Fault `net/port-taken` when it cannot listen there. */
export async function openHost(options: HostOptions): Promise<Host> {
  const { identity, host, port, connectionsMax = 1024 } = options
  const node = await createLibp2p({
    privateKey: identity.privateKey,
    start: false,
    addresses: { listen: [`/ip4/${host}/tcp/${port}`] },
    transports: [tcp({ maxConnections: connectionsMax })],
    connectionEncrypters: [components => inOnePiece(noise()(components))],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: connectionsMax,
      inboundConnectionThreshold: Number.POSITIVE_INFINITY,
      maxIncomingPendingConnections: 64,
      dialTimeout: 3000,
      reconnectRetries: 0,
    },
    // Membership knows within seconds who is gone; this is for connections that die while both ends live, and each
    // ping opens a stream: every 10 s they took a fifth of an idle edge's work.
    connectionMonitor: { pingInterval: 30_000 },
    services: { identify: identify(), ping: ping() },
  })
  try {
    await node.start()
  } catch (error) {
    await node.stop()
    throw new Fault('net/port-taken', `TCP ${host}:${port} cannot be opened for libp2p`, { cause: error })
  }
  const listening = node.getMultiaddrs()[0]?.toString() ?? ''
  const bound = Number(/\/tcp\/(\d+)/.exec(listening)?.[1] ?? port)
  return {
    node,
    address: { host, port: bound },
    close: async () => {
      await node.stop()
    },
  }
}

type Encrypter = ReturnType<ReturnType<typeof noise>>
type Plain = Parameters<Encrypter['secureOutbound']>[0]

/**
 * Noise hands on the length and the text of a message apart, and TCP without Nagle's delay sends them so: two packets,
 * which wake the other end twice. Joined they are one of each, for the price of copying what is short as a rule.
 */
function inOnePiece(encrypter: Encrypter): Encrypter {
  const joined = (connection: Plain): Plain => {
    const send = connection.send.bind(connection)
    connection.send = data => send(data.subarray())
    return connection
  }
  const { secureInbound, secureOutbound } = encrypter
  encrypter.secureInbound = (connection, options) =>
    secureInbound.call(encrypter, joined(connection), options)
  encrypter.secureOutbound = (connection, options) =>
    secureOutbound.call(encrypter, joined(connection), options)
  return encrypter
}
