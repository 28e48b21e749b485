// `inxt edge --standalone --http …`: an HTTP edge without chain and peers, in front of an origin.
//
// For those who only want a caching reverse proxy, and for every comparison with one. The server is that of an edge,
// the chain behind it that of a site whose record names an origin; nothing else is needed to run it.

import { Fault } from '../base/fault.ts'
import { realClock } from '../base/io/clock.ts'
import { createLog, type Log } from '../base/io/log.ts'
import { createMeter, type Meter } from '../base/meter.ts'
import { assignmentLayer, readLayer } from '../config/io/read.ts'
import type { Settings } from '../config/knobs.ts'
import { settingsFrom } from '../config/settings.ts'
import { createStore } from '../edge/cache/store.ts'
import { createOrigin } from '../edge/io/origin.ts'
import { serveHttp } from '../edge/io/server.ts'
import type { Ingress } from '../edge/message.ts'
import { createProxy } from '../edge/proxy.ts'
import { parsePlace, placeText } from './place.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal } from './terminal.ts'

export interface StandaloneHttpOptions {
  readonly http: readonly string[]
  readonly origin?: string
  readonly logLevel?: string
  readonly config?: string
  readonly set: readonly string[]
}

export async function standaloneHttp(options: StandaloneHttpOptions): Promise<void> {
  if (options.origin === undefined) {
    throw new Fault('input/invalid', '--http needs to know what to serve', {
      hint: 'Such as --origin http://127.0.0.1:3000',
    })
  }
  const layers = options.config === undefined ? [] : [await readLayer(options.config)]
  const settings = settingsFrom([...layers, assignmentLayer(options.set)])
  const log = createLog({ name: 'standalone', level: options.logLevel ?? 'info' })
  const meter = createMeter()
  const stopped = stopSignal()
  await using stack = new AsyncDisposableStack()
  const ingress = proxyFor(options.origin, settings, meter, log, stack)
  const terminal = createTerminal()
  const limits = { connectionsMax: settings['http.connectionsMax'] }
  const places: string[] = []
  for (const text of options.http) {
    const place = parsePlace('--http', text, 8080)
    const server = await serveHttp({ ...place, ingress, limits, log, meter })
    stack.defer(() => server.close(settings['http.drainMs']))
    places.push(`HTTP ${placeText({ ...place, port: server.port })}`)
  }
  terminal.line(`ready: ${places.join(', ')}`)
  log.info({ why: await stopped, counts: meter.read() }, 'the HTTP edge stops')
}

/** What the edge calls itself in Via, CDN-Loop and Cache-Status. */
const proxyName = 'inxt'
/** The longest that an origin is left alone after connections that failed. */
const restMaxMs = 30_000

function proxyFor(
  url: string,
  settings: Settings,
  meter: Meter,
  log: Log,
  stack: AsyncDisposableStack,
): Ingress {
  const origin = createOrigin({
    url,
    connectionsMax: settings['origin.connectionsMax'],
    connectMs: settings['origin.connectMs'],
    headMs: settings['origin.headMs'],
    idleMs: settings['origin.idleMs'],
  })
  stack.defer(() => origin.close())
  const bytesMax = settings['cache.bytesMax']
  return createProxy({
    name: proxyName,
    origin,
    meter,
    now: realClock.now,
    restMs: settings['origin.restMs'],
    restMaxMs,
    store: createStore(bytesMax),
    bodyBytesMax: Math.floor(bytesMax / 8),
    arrivingBytesMax: Math.floor(bytesMax / 2),
    heuristic: {
      share: settings['cache.heuristicPercent'] / 100,
      lifetimeMaxMs: settings['cache.heuristicMaxS'] * 1000,
    },
    staleOnErrorMs: settings['cache.staleOnErrorS'] * 1000,
    onBug: error => log.error({ err: error }, 'a fetch behind an answer met a bug'),
  })
}
