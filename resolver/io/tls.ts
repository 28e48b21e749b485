// DNS over TLS (RFC 7858): the same stream as over TCP, behind a handshake.
//
// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only, and no renegotiation, which lets a
// client buy handshakes for nothing. Places are counted from the bare connection on: whoever never finishes
// a handshake has one like the others, for as long as the idle limit allows. A renewed certificate is used
// from the next handshake on; connections that are open keep theirs.

import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls'
import { Fault } from '../../base/fault.ts'
import { type Connections, createConnections } from './connections.ts'
import { type OnHandshake, timeHandshakes } from './handshake.ts'
import { boundPort, type Listening } from './listen.ts'
import { converse, defaultStreamLimits } from './stream.ts'
import { boundsOf, listening, type ServeTcpOptions } from './tcp.ts'

/** Both as PEM; the chain begins with the server's own certificate. */
export interface Certificate {
  readonly chain: string
  readonly key: string
}

export interface ServeTlsOptions extends ServeTcpOptions {
  readonly certificate: Certificate
  /** Told of how far each client is. */
  readonly onHandshake?: OnHandshake
}

export interface ListeningTls extends Listening {
  /** Throws Fault `config/invalid` for a pair that cannot be used; the old one stays then. */
  renew(certificate: Certificate): void
}

const aead = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']
const ciphers = [
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  ...['ECDHE-ECDSA', 'ECDHE-RSA'].flatMap(exchange => aead.map(cipher => `${exchange}-${cipher}`)),
].join(':')

/** What a handshake with us may come to. Throws Fault `config/invalid` for a pair that cannot be used. */
export function termsOf(certificate: Certificate): SecureContextOptions {
  const terms: SecureContextOptions = {
    cert: certificate.chain,
    key: certificate.key,
    minVersion: 'TLSv1.2',
    ciphers,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  }
  try {
    createSecureContext(terms)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Fault('config/invalid', `The TLS certificate and key cannot be used: ${why}.`, {
      hint: 'Give a PEM chain that begins with the server certificate, and the key that belongs to it.',
      cause: error,
    })
  }
  return terms
}

/** Listens; throws Fault `net/port-taken`, or `config/invalid` for an address or a certificate. */
export async function serveTls(options: ServeTlsOptions): Promise<ListeningTls> {
  const { respond, meter } = options
  const limits = { ...defaultStreamLimits, ...options }
  const connections = createConnections(boundsOf(options), () => meter.count('dns.tls.displaced'))
  const server = createServer({
    ...termsOf(options.certificate),
    // RFC 7858 asks for none; who names one must name this (IANA "TLS ALPN Protocol IDs").
    ALPNProtocols: ['dot'],
    handshakeTimeout: limits.idleTimeoutMs,
    noDelay: true,
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    const used = (): void => connections.used(client)
    converse(socket, { ...limits, client, transport: 'tls', respond, meter, used })
  })
  return openSecurely(server, connections, options, 'tls')
}

/** What DoT and DoH have in common from the moment that their server is made. */
export async function openSecurely(
  server: Server,
  connections: Connections,
  { address, port, meter, log, onHandshake }: ServeTlsOptions,
  what: 'tls' | 'https',
): Promise<ListeningTls> {
  const name = what.toUpperCase()
  server.on('connection', (socket: Socket) => connections.admit(socket))
  if (onHandshake) timeHandshakes(server, onHandshake)
  server.on('tlsClientError', (_, socket) => {
    meter.count(`dns.${what}.handshake.failed`)
    // One that took too long is told, not closed.
    socket.destroy()
  })
  await listening(server, name, address, port)
  server.on('error', error => {
    meter.count(`dns.${what}.error`)
    log.warn({ err: error }, `dns: ${name} server error`)
  })
  return {
    port: boundPort(server, port),
    renew: certificate => server.setSecureContext(termsOf(certificate)),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        connections.close()
      }),
  }
}
