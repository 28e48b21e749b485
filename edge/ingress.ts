// HTTP ingress: the order of a request, in one list. The chain knows no sockets; io/server.ts feeds it.
//
//   count ─ ready ─ finish ─ failure ─ admit ─ challenge ─┬─ own ── gateway ─ routes ─ welcome      its own address
//      ┌───────────────────────────────────────────────────┘
//      └─ site ─ rules ─ origin ─ method ─ path ─┬─ encode ─ describe ─ conditional ─ range ─ whole
//                                                └─ cache ─ forward      what a site's origin answers
//
// Each step feels what stands below it: `describe` sees the 304 as well as the 206, `finish` and `failure` see every
// answer, and `ready` has those given before at hand. Which form is sent is settled before its tag is compared, and
// RFC 9110 §13.2.2 puts preconditions before ranges; so does the list.

import { chain } from '../base/chain.ts'
import type { Meter } from '../base/meter.ts'
import { canonicalHost } from './authority.ts'
import type { GatewayOptions } from './gateway/dags.ts'
import { gateway } from './gateway/gateway.ts'
import { isolation, labelIn } from './gateway/isolation.ts'
import type { Answer, Ingress, IngressResponse } from './message.ts'
import { type Pull, pullByName } from './origins.ts'
import type { Content, Routes, Sites } from './questions.ts'
import { rememberPaths } from './site/remembered.ts'
import { createRuleBook } from './site/rules.ts'
import type { Variants } from './site/variants.ts'
import { admit } from './steps/admit.ts'
import { type Challenges, challenge } from './steps/challenge.ts'
import { conditional } from './steps/conditional.ts'
import { count } from './steps/count.ts'
import { describe } from './steps/describe.ts'
import { encode } from './steps/encode.ts'
import { failure } from './steps/failure.ts'
import { finish } from './steps/finish.ts'
import { method } from './steps/method.ts'
import { origin } from './steps/origin.ts'
import { type Hosts, own } from './steps/own.ts'
import { path } from './steps/path.ts'
import { range } from './steps/range.ts'
import { ready } from './steps/ready.ts'
import { routes } from './steps/routes.ts'
import { rules } from './steps/rules.ts'
import { site } from './steps/site.ts'
import { welcome } from './steps/welcome.ts'
import { readPart, whole } from './steps/whole.ts'
import type { Visit } from './visit.ts'

export interface IngressOptions {
  /** Names under which every label is a site, such as 'inxt'; at least one. */
  readonly suffixes: readonly [string, ...string[]]
  /** Names and addresses of the edge itself, without port; or all but those that bear a CID. */
  readonly ownHosts: readonly string[] | 'others'
  readonly sites: Sites
  readonly content: Content
  readonly routes: Routes
  readonly gateway?: GatewayOptions
  /** For sites whose rules name an origin; without it none is asked. */
  readonly pull?: Pull | undefined
  readonly meter: Meter
  /** What certificate authorities ask for; without it there is nothing to show. */
  readonly challenges?: Challenges
  /** Compressed forms of files; without them all are sent as they are. */
  readonly variants?: Variants
  /** How long a browser that came with TLS insists on it; 0, the default, for not at all. */
  readonly hstsS?: number
  /** Shown as `X-Inxt-Edge`; printable ASCII. */
  readonly edgeName?: string
  /** What is said at the edge's own addresses where nothing else is. */
  readonly welcome?: (visit: Visit) => Promise<IngressResponse>
}

/** Throws Fault 'bytes/malformed' for a suffix or own host that is none. The result rejects only on bugs. */
export function createIngress(options: IngressOptions): Ingress {
  const { sites, meter } = options
  const content = rememberPaths(options.content)
  const suffixes = options.suffixes.map(canonicalHost)
  const hosts = ownHosts(options, suffixes)
  const read = readPart(content)
  const book = createRuleBook(content, () => meter.count('http.rulesIgnored'))
  const pull = pullByName(options.pull, host => labelIn(host, suffixes) !== undefined)
  const ownChain = chain<Visit, Answer>(
    [gateway(content, suffixes[0]!, options.gateway), routes(options.routes, hosts)],
    options.welcome ?? welcome(suffixes[0]!),
  )
  const visit = chain<Visit, Answer>(
    [
      count(meter),
      ready(sites, suffixes),
      finish(options.edgeName),
      failure(),
      admit(),
      challenge(options.challenges ?? (async () => undefined)),
      own(hosts, ownChain),
      isolation(options.gateway ?? {}, suffixes, site(sites, suffixes)),
      rules(content, book, options.hstsS ?? 0),
      origin(pull),
      method(),
      path(content, pull),
      encode(content, options.variants),
      describe(),
      conditional(),
      range(read),
    ],
    whole(read),
  )
  return request => visit({ request })
}

function ownHosts({ ownHosts: hosts }: IngressOptions, suffixes: readonly string[]): Hosts {
  if (hosts === 'others') return { has: host => labelIn(host, suffixes) === undefined }
  return new Set(hosts.map(canonicalHost))
}
