// The origins that sites name in their rules: each site's requests go to its own, through a cache of its own.
//
// Whoever publishes chooses the origin, so nothing here is shared between two sites that name the same one: not
// connections, which one of them could hold, nor copies, nor the word that it is down. What is stored belongs to the
// address at the origin, not to the version of the site: publishing again forgets nothing, unless it names another
// origin. All of it is forgotten site by site, the one that was asked for longest ago first.

import { LRUCache } from 'lru-cache'
import { chain } from '../base/chain.ts'
import type { Store } from './cache/store.ts'
import { FairShare } from './fair-share.ts'
import type { Answer, Field, IngressResponse } from './message.ts'
import type { Origin, OriginAnswer, OriginFailure, OriginRequest } from './origin.ts'
import type { ProxyOptions } from './proxy.ts'
import type { OriginPlace } from './site/redirects.ts'
import { cache } from './steps/cache.ts'
import { failed, forward } from './steps/forward.ts'
import { known, type Visit } from './visit.ts'

export interface OriginsOptions extends Omit<ProxyOptions, 'origin' | 'store' | 'arriving'> {
  readonly storeOf: (site: string) => Store
  /** Of all bodies that are on their way and meant to be kept, whatever site they are for. */
  readonly arrivingBytesMax: number
  /** Of one site's, until the last byte of the answer; streams of events and tunnels hold theirs. */
  readonly requestsPerSiteMax: number
  /** Why this edge does not ask there, in words that follow "the site is to come from …:". */
  readonly refuses: (origin: string) => string | undefined
  readonly open: (origin: string) => Origin
}

/** The answer of a site's origin, as it is for the client. Rejects only with the reason of the request's signal. */
export type Pull = (visit: Visit, place: OriginPlace) => Promise<IngressResponse>

/**
 * Only sites with a name have origins: what is asked for by its hash never changes, and whoever likes could make one
 * up, for nothing. Without `pull` none has.
 */
export function pullByName(pull: Pull | undefined, isByHash: (host: string) => boolean): Pull {
  return async (visit, place) => {
    if (pull === undefined) return unasked(place, 'this edge asks no origins')
    if (isByHash(known(visit, 'authority').host)) return unasked(place, 'it was asked for by its hash')
    return pull(visit, place)
  }
}

function unasked({ origin }: OriginPlace, what: string): IngressResponse {
  return failed(origin, { failure: 'refused', what })
}

interface Slots {
  used: number
  readonly max: number
}

type Ask = (visit: Visit) => Answer

const sitesMax = 1000
/** More than one version may name, so that two may be served at once. */
const originsPerSiteMax = 16

export function createPull(options: OriginsOptions): Pull {
  const sites = new LRUCache<string, (origin: string) => Ask>({ max: sitesMax })
  const arriving = new FairShare(options.arrivingBytesMax)
  return async (visit, place) => {
    const { origin, path } = place
    const { label } = known(visit, 'site')
    const why = options.refuses(origin)
    if (why !== undefined) return unasked(place, why)
    let site = sites.get(label)
    if (site === undefined) sites.set(label, (site = originsOf(label, options, arriving)))
    return relayed(await site(origin)({ ...visit, request: { ...visit.request, target: path } }))
  }
}

function originsOf(label: string, options: OriginsOptions, share: FairShare): (origin: string) => Ask {
  const store = options.storeOf(label)
  const slots = { used: 0, max: options.requestsPerSiteMax }
  const chains = new LRUCache<string, Ask>({ max: originsPerSiteMax })
  return name => {
    const before = chains.get(name)
    if (before !== undefined) return before
    const all = { ...options, store, arriving: share.of(label), origin: bounded(options.open(name), slots) }
    const ask = chain([cache(all)], forward(all))
    chains.set(name, ask)
    return ask
  }
}

function bounded(origin: Origin, slots: Slots): Origin {
  const ask = async (request: OriginRequest): Promise<OriginAnswer | OriginFailure> => {
    if (slots.used >= slots.max)
      return { failure: 'busy', what: `${slots.max} requests of this site are under way` }
    slots.used++
    const leave = (): void => void slots.used--
    try {
      const outcome = await origin.ask(request)
      if ('failure' in outcome) leave()
      else void outcome.ended.then(leave)
      return outcome
    } catch (error) {
      leave()
      throw error
    }
  }
  return { name: origin.name, ask }
}

/** Of the edge's own to say, or about the origin's own host and ports. */
const notTheirs = /^(alt-svc|x-inxt-.*|x-ipfs-.*)$/i

/** A cookie for a whole domain would reach other sites of the suffix; without Domain it is this host's. */
function relayed(response: IngressResponse): IngressResponse {
  const fields = response.fields
    .filter(([name]) => !notTheirs.test(name))
    .map(
      ([name, value]): Field => [
        name,
        /^set-cookie$/i.test(name) ? value.replace(/;\s*domain\s*=[^;]*/gi, '') : value,
      ],
    )
  return { ...response, fields, isRelayed: true }
}
