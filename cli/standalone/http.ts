// `inxt edge --standalone --http …`: an edge without chain and peers, before an origin, over a folder or CAR files.
//
// For those who only want a caching reverse proxy, a server of files or a trustless gateway, and for every comparison
// with one. The server is that of an edge, and so are the chains behind it: that of a site whose record names an
// origin, that of a site that is content, and that of the edge's own address.

import { Fault } from '../../base/fault.ts'
import { createLog, type Log } from '../../base/io/log.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { assignmentLayer, readLayer } from '../../config/io/read.ts'
import type { Settings } from '../../config/knobs.ts'
import { settingsFrom } from '../../config/settings.ts'
import type { SecureOptions } from '../../edge/io/secure.ts'
import { serveHttp } from '../../edge/io/server.ts'
import type { Ingress } from '../../edge/message.ts'
import type { Certificate } from '../../edge/tls/certificates.ts'
import { followCertificate, readCertificate } from '../daemon/certificate.ts'
import { parsePlace, placeText } from '../daemon/place.ts'
import { stopSignal } from '../daemon/stop-signal.ts'
import { limitsOf } from '../parts/http.ts'
import { openProxy } from '../parts/origins.ts'
import { createTerminal } from '../terminal.ts'
import { carsFor } from './car.ts'
import { siteFor } from './site.ts'

export interface StandaloneHttpOptions {
  readonly http: readonly string[]
  readonly https: readonly string[]
  readonly origin?: string
  readonly site?: string
  readonly car: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly logLevel?: string
  readonly config?: string
  readonly set: readonly string[]
}

export async function standaloneHttp(options: StandaloneHttpOptions): Promise<void> {
  const layers = options.config === undefined ? [] : [await readLayer(options.config)]
  const settings = settingsFrom([...layers, assignmentLayer(options.set)])
  const log = createLog({ name: 'standalone', level: options.logLevel ?? 'info' })
  const meter = createMeter()
  const stopped = stopSignal()
  await using stack = new AsyncDisposableStack()
  const ground = { settings, meter, log, stack }
  const ingress = await ingressFor(options, ground)
  const secure = await secureFor(options, ground)
  const limits = limitsOf(settings)
  const http = options.http.length + options.https.length > 0 ? options.http : ['127.0.0.1']
  const ports = [
    ...http.map(text => ({ text, flag: '--http', standard: 8080, word: 'HTTP', more: {} })),
    ...options.https.map(text => ({
      text,
      flag: '--https',
      standard: 8443,
      word: 'HTTPS',
      more: { secure: secure! },
    })),
  ]
  const places: string[] = []
  for (const { text, flag, standard, word, more } of ports) {
    const place = parsePlace(flag, text, standard)
    const server = await serveHttp({ ...place, ...more, ingress, limits, log, meter })
    stack.defer(() => server.close(settings['http.drainMs']))
    places.push(`${word} ${placeText({ ...place, port: server.port })}`)
  }
  createTerminal().line(`ready: ${places.join(', ')}`)
  log.info({ why: await stopped, counts: meter.read() }, 'the HTTP edge stops')
}

interface Ground {
  readonly settings: Settings
  readonly meter: Meter
  readonly log: Log
  readonly stack: AsyncDisposableStack
}

function ingressFor(
  { origin, site, car }: StandaloneHttpOptions,
  ground: Ground,
): Promise<Ingress> | Ingress {
  const whats = Number(origin !== undefined) + Number(site !== undefined) + Number(car.length > 0)
  if (whats !== 1) {
    throw new Fault('input/invalid', 'there has to be one thing to serve, and one only', {
      hint: 'Such as --origin http://127.0.0.1:3000, --site ./folder, or --car file.car',
    })
  }
  if (origin !== undefined) return openProxy(origin, ground)
  return site !== undefined ? siteFor({ folder: site, ...ground }) : carsFor({ files: car, ...ground })
}

/** One certificate for whatever name a client sends; read again when its files change. */
async function secureFor(
  { https, tlsCert, tlsKey }: StandaloneHttpOptions,
  { log, stack }: Ground,
): Promise<SecureOptions | undefined> {
  if (https.length === 0) return undefined
  if (tlsCert === undefined || tlsKey === undefined)
    throw new Fault('input/invalid', '--https needs --tls-cert and --tls-key')
  const files = { chainFile: tlsCert, keyFile: tlsKey }
  let certificate: Certificate = await readCertificate(files)
  const renew = (next: Certificate): void => {
    certificate = next
  }
  stack.use(await followCertificate(files, [{ renew }], log))
  return { certificates: { find: () => certificate } }
}
