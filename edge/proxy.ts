// A caching reverse proxy: the order of a request to a site that an origin serves.
//
//   relay ─ cache ─ forward
//
// The same shape as the ingress of an edge (`ingress.ts`), and another list: here the origin decides what there is,
// and the edge only what it may remember of it.

import { chain } from '../base/chain.ts'
import type { Answer, Ingress } from './message.ts'
import { type CacheOptions, cache } from './steps/cache.ts'
import { type ForwardOptions, forward } from './steps/forward.ts'
import { relay } from './steps/relay.ts'
import type { Visit } from './visit.ts'

export type ProxyOptions = CacheOptions & ForwardOptions

/** The result rejects on bugs, and when the client has gone. */
export function createProxy(options: ProxyOptions): Ingress {
  const visit = chain<Visit, Answer>([relay(options), cache(options)], forward(options))
  return request => visit({ request })
}
