// HTTP ingress: the order of a request, in one list. The chain knows no sockets; io/server.ts feeds it.
//
//   finish ─ failure ─ admit ─┬─ own ── gateway ─ routes ─ welcome      the edge's own address
//                             └─ method ─ site ─ rules ─ path ─ encode ─ describe ─ conditional ─ range ─ whole
//
// Each step feels what stands below it: `finish` and `failure` see every answer, `describe` sees the 304 as
// well as the 206. Which form is sent is settled before its tag is compared, and RFC 9110 §13.2.2 puts
// preconditions before ranges; so does the list.

import { chain } from '../base/chain.ts'
import type { Meter } from '../base/meter.ts'
import { canonicalHost } from './authority.ts'
import type { Ingress, IngressResponse } from './message.ts'
import type { Content, Routes, Sites } from './questions.ts'
import { rememberPaths } from './site/remembered.ts'
import { createRuleBook } from './site/rules.ts'
import type { Variants } from './site/variants.ts'
import { admit } from './steps/admit.ts'
import { conditional } from './steps/conditional.ts'
import { describe } from './steps/describe.ts'
import { encode } from './steps/encode.ts'
import { failure } from './steps/failure.ts'
import { finish } from './steps/finish.ts'
import { gateway } from './steps/gateway.ts'
import { method } from './steps/method.ts'
import { own } from './steps/own.ts'
import { path } from './steps/path.ts'
import { range } from './steps/range.ts'
import { routes } from './steps/routes.ts'
import { rules } from './steps/rules.ts'
import { site } from './steps/site.ts'
import { welcome } from './steps/welcome.ts'
import { readPart, whole } from './steps/whole.ts'
import type { Visit } from './visit.ts'

export interface IngressOptions {
  /** Names under which every label is a site, such as 'inxt'; at least one. */
  readonly suffixes: readonly [string, ...string[]]
  /** Names and addresses of the edge itself, without port. */
  readonly ownHosts: readonly string[]
  readonly sites: Sites
  readonly content: Content
  readonly routes: Routes
  readonly meter: Meter
  /** Compressed forms of files; without them all are sent as they are. */
  readonly variants?: Variants
  /** How long a browser that came with TLS insists on it; 0, the default, for not at all. */
  readonly hstsS?: number
  /** Shown as `X-Inxt-Edge`; printable ASCII. */
  readonly edgeName?: string
}

/** Throws Fault 'bytes/malformed' for a suffix or own host that is none. The result rejects only on bugs. */
export function createIngress(options: IngressOptions): Ingress {
  const { sites, meter } = options
  const content = rememberPaths(options.content)
  const hosts = new Set(options.ownHosts.map(canonicalHost))
  const suffixes = options.suffixes.map(canonicalHost)
  const read = readPart(content)
  const book = createRuleBook(content, () => meter.count('http.rulesIgnored'))
  const ownChain = chain<Visit, Promise<IngressResponse>>(
    [gateway(content), routes(options.routes, hosts)],
    welcome(suffixes[0]!),
  )
  const visit = chain<Visit, Promise<IngressResponse>>(
    [
      finish({ meter, edgeName: options.edgeName }),
      failure(),
      admit(),
      own(hosts, ownChain),
      method(),
      site(sites, suffixes),
      rules(content, book, options.hstsS ?? 0),
      path(content),
      encode(content, options.variants),
      describe(),
      conditional(),
      range(read),
    ],
    whole(read),
  )
  return request => visit({ request })
}
