// The transports of an edge: UDP and TCP on one port, and TLS and HTTPS where the operator has a certificate.
//
// All of them ask the same responder, so that a name has one answer. The encrypted ones are off without a port: a
// certificate must be that of the name under which clients know the edge, and only the operator can get one.

import { Fault } from '../../base/fault.ts'
import type { OnHandshake } from '../../resolver/io/handshake.ts'
import { serveHttps } from '../../resolver/io/https.ts'
import type { Listening } from '../../resolver/io/listen.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { serveTls } from '../../resolver/io/tls.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import type { Respond } from '../../resolver/responder.ts'
import { type CertificateFiles, followCertificate, readCertificate } from '../daemon/certificate.ts'
import { addressesOf, type Ground } from './ground.ts'

type Serving = Pick<Ground, 'settings' | 'meter' | 'log' | 'stack'>

/** Throws Fault `net/port-taken`; `config/invalid` or `config/unreadable` for the certificate. */
export async function openTransports(
  ground: Serving,
  respond: Respond,
  onHandshake?: OnHandshake,
): Promise<void> {
  const { settings, meter, log, stack } = ground
  const kept = <T extends Listening>(listening: T): T => {
    stack.defer(() => listening.close())
    return listening
  }
  const bounds = {
    connectionsMax: settings['dns.tcpConnectionsMax'],
    idleTimeoutMs: settings['dns.tcpIdleMs'],
  }
  const places = addressesOf(settings).map(address => ({ address, respond, meter, log, ...bounds }))
  const encrypted = [
    { port: settings['dns.tlsPort'], serve: serveTls },
    { port: settings['dns.httpsPort'], serve: serveHttps },
  ].filter(({ port }) => port !== 0)
  const files = encrypted.length === 0 ? undefined : certificateFiles(ground)
  const certificate = files && (await readCertificate(files))

  for (const where of places) {
    const { port } = kept(await serveUdp({ ...where, port: settings['dns.port'] }))
    kept(await serveTcp({ ...where, port }))
  }
  if (files === undefined || certificate === undefined) return
  const listening = []
  for (const where of places) {
    for (const { port, serve } of encrypted)
      listening.push(kept(await serve({ ...where, port, certificate, ...(onHandshake && { onHandshake }) })))
  }
  stack.use(await followCertificate(files, listening, log))
}

function certificateFiles({ settings }: Serving): CertificateFiles {
  for (const knob of ['dns.certificateFile', 'dns.keyFile'] as const) {
    if (settings[knob] !== '') continue
    throw new Fault('config/invalid', `${knob} names no file, and dns.tlsPort or dns.httpsPort is set`, {
      hint: 'Set dns.certificateFile and dns.keyFile to PEM files, or both ports to 0.',
    })
  }
  return { chainFile: settings['dns.certificateFile'], keyFile: settings['dns.keyFile'] }
}
