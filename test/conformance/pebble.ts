// Pebble, the small authority for testing ACME clients, on loopback; our own DNS tells it where to look.
//
// It refuses nonces at random and shuffles what it may (its way of finding clients that only work by luck). The ports
// that it validates at are ours to choose, so no privilege is needed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMeter } from '../../base/meter.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { ran, until } from '../e2e/devnet.ts'

export interface Pebble {
  readonly directoryUrl: string
  /** PEM of who vouches for its own address. */
  readonly authorities: string
  /** With what it, or who stands before it, serves its own address. */
  readonly own: { readonly certificateFile: string; readonly keyFile: string }
  /** Where it looks for HTTP-01 and TLS-ALPN-01, at 127.0.0.1. */
  readonly httpPort: number
  readonly tlsPort: number
  /** What our DNS says at `_acme-challenge.<host>`. */
  readonly txt: Map<string, string>
  /** Ends it, as a failed machine would. */
  stop(): Promise<void>
}

export interface PebbleOptions {
  /** Nonces refused, in percent. */
  readonly badNonces: number
  /** Of each certificate. */
  readonly validityS?: number
}

/** The names of `example.test` and all below are at 127.0.0.1. */
export async function startPebble(options: PebbleOptions, stack: AsyncDisposableStack): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-pebble-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const [listen, manage, httpPort, tlsPort] = (await freePorts(4)) as [number, number, number, number]
  const { certificate, key } = await selfSigned(folder)
  const txt = new Map<string, string>()
  const dnsPort = await serveNames(txt, stack)
  const config = {
    ...{ listenAddress: `127.0.0.1:${listen}`, managementListenAddress: `127.0.0.1:${manage}` },
    ...{ certificate: certificate.file, privateKey: key, httpPort, tlsPort },
    ...{ externalAccountBindingRequired: false, certificateValidityPeriod: options.validityS ?? 7_776_000 },
  }
  const file = join(folder, 'pebble.json')
  await writeFile(file, JSON.stringify({ pebble: config }))
  const env = {
    ...{ ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: `${options.badNonces}` },
    // Each order is validated, a renewal too.
    PEBBLE_AUTHZREUSE: '0',
  }
  const words = ['-config', file, '-strict', '-dnsserver', `127.0.0.1:${dnsPort}`]
  const child = spawn('pebble', words, { env, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  stack.defer(stop)
  const directoryUrl = `https://127.0.0.1:${listen}/dir`
  await until('pebble answers', 10_000, async () => {
    const { code } = await ran('curl', ['-sS', '--cacert', certificate.file, directoryUrl])
    return code === 0 || undefined
  })
  const own = { certificateFile: certificate.file, keyFile: key }
  return { directoryUrl, authorities: certificate.text, own, httpPort, tlsPort, txt, stop }
}

/** A responder of ours with a zone that is made anew for each version of the challenges. */
async function serveNames(txt: Map<string, string>, stack: AsyncDisposableStack): Promise<number> {
  const apex = parseName('example.test')
  const zones = () => {
    const challenges = [...txt].map(([host, value]) => `_acme-challenge.${host}. 0 TXT "${value}"`)
    const text = [
      '$ORIGIN example.test.',
      '@ 0 SOA ns hostmaster 1 3600 600 86400 0',
      '@ 0 NS ns',
      'ns 0 A 127.0.0.1',
      '@ 0 A 127.0.0.1',
      '*  0 A 127.0.0.1',
      ...challenges,
      '',
    ].join('\n')
    const { records } = readZone(text, apex)
    return [createZone(records, apex)]
  }
  const respond = createResponder({
    ...{ suffixes: [], zones, names: { site: () => undefined, serial: () => 0 } },
    ...{ places: { near: () => [], servers: () => [] }, meter: createMeter() },
  })
  const log = { info() {}, warn() {}, error() {}, debug() {} } as never
  const listening = await serveUdp({ address: '127.0.0.1', port: 0, respond, meter: createMeter(), log })
  stack.defer(() => listening.close())
  return listening.port
}

async function selfSigned(
  folder: string,
): Promise<{ certificate: { file: string; text: string }; key: string }> {
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1']
  const { code, stderr } = await ran('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...[...subject, '-keyout', key, '-out', file],
  ])
  if (code !== 0) throw new Error(`openssl: ${stderr}`)
  return { certificate: { file, text: await readFile(file, 'utf8') }, key }
}

/** Free now; whoever comes in between would be told by pebble's failing. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.push((server.address() as { port: number }).port)
  }
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
