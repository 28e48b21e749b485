// How an edge asks the origins that sites name: one shared memory, one guard, one client for each site and origin.

import { realClock } from '../../base/io/clock.ts'
import type { Settings } from '../../config/knobs.ts'
import { createStore } from '../../edge/cache/store.ts'
import { createStores } from '../../edge/cache/stores.ts'
import { FairShare } from '../../edge/fair-share.ts'
import { createOrigin, type OriginOptions } from '../../edge/io/origin.ts'
import { createGuard } from '../../edge/io/public-address.ts'
import type { Ingress } from '../../edge/message.ts'
import { createPull, type Pull } from '../../edge/origins.ts'
import { createProxy } from '../../edge/proxy.ts'
import type { Ground } from './ground.ts'

/** What the edge calls itself in Via, CDN-Loop and Cache-Status. */
const proxyName = 'inxt'
/** The longest that an origin is left alone after connections that failed. */
const restMaxMs = 30_000

type Part = Omit<Ground, 'folder'>

/** A proxy before one origin that the operator chose: anywhere, and with all of the cache. */
export function openProxy(url: string, ground: Part): Ingress {
  const origin = createOrigin({ url, ...clientOptions(ground.settings) })
  ground.stack.defer(() => origin.close())
  const store = createStore(ground.settings['cache.bytesMax'])
  const { arrivingBytesMax, ...options } = proxyOptions(ground)
  return createProxy({ ...options, arriving: new FairShare(arrivingBytesMax).of(url), origin, store })
}

export interface Surroundings {
  /** Of this network: no origin lies under it. */
  readonly suffix: string
  /** Whether a host is the domain of one of its sites. */
  readonly isSite: (host: string) => boolean
  /** Whether an address is that of one of its edges. */
  readonly isOurs: (address: string) => boolean
}

/** Undefined where the operator wants none. Throws Fault 'config/invalid' for networks and ports that are none. */
export function openOrigins(ground: Part, { suffix, isSite, isOurs }: Surroundings): Pull | undefined {
  const { settings, stack } = ground
  if (settings['origin.proxy'] === 'off') return undefined
  const guard = createGuard({ allowed: listed(settings['origin.privateNetworks']), isOurs })
  const spans = listed(settings['origin.ports']).map(span => span.split('-').map(Number))
  const isOpen = (port: number): boolean => spans.some(([from, to = from]) => from! <= port && port <= to!)
  const options = clientOptions(settings)
  const left = new AbortController()
  stack.defer(() => left.abort())
  return createPull({
    ...proxyOptions(ground),
    storeOf: createStores(settings['cache.bytesMax']),
    requestsPerSiteMax: settings['origin.requestsPerSiteMax'],
    refuses(text) {
      const { hostname, port, protocol } = new URL(text)
      const host = hostname.replace(/\.$/, '')
      if (host === suffix || host.endsWith(`.${suffix}`) || isSite(host))
        return 'this network serves it itself'
      return isOpen(Number(port) || (protocol === 'https:' ? 443 : 80))
        ? undefined
        : 'its port is not one of the open ones'
    },
    open(url) {
      const origin = createOrigin({ url, ...options, guard })
      left.signal.addEventListener('abort', () => void origin.close(), { once: true })
      return origin
    },
  })
}

function listed(text: string): string[] {
  return text === '' ? [] : text.split(',')
}

function clientOptions(settings: Settings): Omit<OriginOptions, 'url'> {
  return {
    connectionsMax: settings['origin.connectionsMax'],
    connectMs: settings['origin.connectMs'],
    headMs: settings['origin.headMs'],
    idleMs: settings['origin.idleMs'],
  }
}

function proxyOptions({ settings, meter, log }: Part) {
  const bytesMax = settings['cache.bytesMax']
  return {
    name: proxyName,
    meter,
    now: realClock.now,
    restMs: settings['origin.restMs'],
    restMaxMs,
    bodyBytesMax: Math.floor(bytesMax / 8),
    /** Of all sites together. */
    arrivingBytesMax: Math.floor(bytesMax / 2),
    heuristic: {
      share: settings['cache.heuristicPercent'] / 100,
      lifetimeMaxMs: settings['cache.heuristicMaxS'] * 1000,
    },
    staleOnErrorMs: settings['cache.staleOnErrorS'] * 1000,
    onBug: (error: unknown) => log.error({ err: error }, 'a fetch behind an answer met a bug'),
  }
}
