// The HTTP side of an edge: sites for readers, blocks for other edges, uploads for publishers.

import { Fault } from '../../base/fault.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import type { Settings } from '../../config/knobs.ts'
import { createIngress } from '../../edge/ingress.ts'
import type { HttpLimits } from '../../edge/io/limits.ts'
import { type HttpServer, serveHttp } from '../../edge/io/server.ts'
import { ownText } from '../../edge/own-text.ts'
import type { Sites } from '../../edge/questions.ts'
import {
  askEdge,
  type EdgeStatus,
  type HoldersAnswer,
  holdPath,
  type RecordsAnswer,
} from '../edge-interface.ts'
import { dagsOver } from '../http/dags.ts'
import { createRoutes } from '../http/routes.ts'
import { variantsFrom } from '../http/variants.ts'
import type { ServingEdge } from '../serving.ts'
import type { CertificatePart } from './certificates.ts'
import { type ContentPart, contentFor } from './content.ts'
import { addressesOf, type Ground } from './ground.ts'
import type { Network } from './network.ts'
import { openOrigins } from './origins.ts'
import type { Pages } from './pages.ts'

export interface HttpSources {
  readonly network: Network
  readonly content: ContentPart
  readonly status: () => EdgeStatus
  /** The site that a domain is bound to. */
  readonly labelOf: (host: string) => string | undefined
  /** Roots that are served under hosts of their own; without it none are. */
  readonly pages: Pages | undefined
  /** Without them there is no HTTPS. */
  readonly certificates: CertificatePart | undefined
  /** Told of each round trip to a client that was seen. */
  readonly sighted: (client: string, rttMs: number) => void
}

/** Throws Fault `net/port-taken`. */
export async function openHttp(ground: Ground, sources: HttpSources): Promise<void> {
  const { network, content, certificates, pages } = sources
  const { settings, meter, log, stack } = ground
  const address = settings['edge.address']
  const sites = sitesOf(network, sources.labelOf)
  const routes = createRoutes({
    status: sources.status,
    holders: cid => holdersAnswer(network, cid),
    records: key => recordsAnswer(network, key),
    ownerOf: label => network.name(label)?.owner.toLowerCase(),
    ...content,
    certificate: async (host, question) => {
      if (certificates !== undefined) return certificates.letterFor(host, question)
      throw new Fault('certificate/refused', 'this edge orders no certificates')
    },
    invite: (root, authorization) => invite(ground, network, root, authorization),
    siteBytesMax: settings['content.siteBytesMax'],
    graceMs: settings['content.graceMs'],
    now: Date.now,
    steadyNow: realClock.now,
  })
  const ingress = createIngress({
    suffixes: [settings['edge.suffix']],
    ownHosts: addressesOf(settings),
    sites,
    pull: openOrigins(ground, {
      suffix: settings['edge.suffix'],
      isOurs: address => network.serving().some(edge => edge.address === address || edge.ipv6 === address),
      isSite: host => sources.labelOf(host) !== undefined,
    }),
    content: contentFor(ground, content),
    routes,
    gateway: { dags: dagsOver(content.blocks.local), ...(pages && { isServed: pages.isServed }) },
    meter,
    ...(certificates && { challenges: certificates.shown }),
    variants: variantsFrom(ground),
    hstsS: settings['site.hstsS'],
    edgeName: address,
  })
  const limits = limitsOf(settings)
  const where = { ingress, limits, log, meter }
  const servers: HttpServer[] = []
  stack.defer(async () => {
    await Promise.all(servers.map(server => server.close(settings['http.drainMs'])))
  })
  const secure = certificates && { certificates, onHandshake: sources.sighted }
  for (const address of addressesOf(settings)) {
    servers.push(await serveHttp({ ...where, address, port: settings['http.port'] }))
    if (secure === undefined || settings['http.tlsPort'] === 0) continue
    servers.push(await serveHttp({ ...where, address, port: settings['http.tlsPort'], secure }))
  }
}

/** Which root a name has: worked out once while nothing changes, and once a second, since names expire by the clock. */
function sitesOf(network: Network, bound: Sites['bound']): Sites {
  const known = new Map<string, { root: string; sequence: number }>()
  let second = 0
  network.onChange(() => known.clear())
  return {
    ...(bound && { bound }),
    find(label) {
      const now = Math.floor(realClock.now() / 1000)
      if (now !== second) known.clear()
      second = now
      const before = known.get(label)
      if (before !== undefined) return before
      const name = network.name(label)
      if (name === undefined) return 'unknown'
      const root = network.rootOf(name)
      if (root === undefined) return 'empty'
      const site = { root, sequence: name.sequence }
      known.set(ownText(label), site)
      return site
    },
  }
}

/** The bounds of the HTTP server that an operator may set. */
export function limitsOf(settings: Settings): Partial<HttpLimits> {
  const [requests, handshakes] = [
    settings['http.requestsPerClientPerS'],
    settings['http.handshakesPerClientPerS'],
  ]
  return {
    connectionsMax: settings['http.connectionsMax'],
    connectionsPerClientMax: settings['http.connectionsPerClientMax'],
    requestsPerClientPerS: requests,
    requestsPerClientBurst: requests * 5,
    handshakesPerClientPerS: handshakes,
    handshakesPerClientBurst: handshakes * 5,
    answersMax: settings['http.answersMax'],
    headBytesMax: settings['http.headBytesMax'],
    rateMinBytesPerS: settings['http.rateMinBytesPerS'],
  }
}

async function holdersAnswer(network: Network, cid: string): Promise<HoldersAnswer['holders']> {
  return (await network.holders(cid)).map(({ peer, address }) => ({ peer, address }))
}

async function recordsAnswer({ overlay }: Network, key: string): Promise<RecordsAnswer['records']> {
  return (await overlay.records.get(key)).map(({ publisher, sequence, expiresAt, value }) => ({
    ...{ publisher, sequence, expiresAt },
    value: Buffer.from(value).toString('base64url'),
  }))
}

/** Between two tries to invite a home, and how many: it may not have seen the block that registered the name yet. */
const invitationPauseMs = 300
const invitationsMax = 20

/** The homes of a root that was just uploaded are told, with the owner's grant as their warrant. */
function invite(ground: Ground, network: Network, root: string, authorization: string): void {
  for (const home of network.homes(root, ground.settings['content.replicas'])) {
    if (home.peer !== network.overlay.peer) void inviteHome(ground, home, authorization)
  }
}

/** Never rejects: a home that cannot be told now will find its duty when the name points at the root. */
async function inviteHome({ log }: Ground, home: ServingEdge, authorization: string): Promise<void> {
  let fault: unknown
  for (let attempt = 0; attempt < invitationsMax; attempt++) {
    try {
      await askEdge(home, holdPath, { body: '', authorization, timeoutMs: 2000 })
      return
    } catch (error) {
      fault = error
      await delay(invitationPauseMs)
    }
  }
  log.warn({ home: home.address, what: String(fault) }, 'an invitation to hold was not taken')
}
