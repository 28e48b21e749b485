// One host for each CID: `<cid>.ipfs.<suffix>`, so that no two sites by CID ever share an origin.
//
// Browsers keep storage, service workers and permissions by origin, so the root is part of the host (IPFS "Subdomain
// Gateway" specification). Under `/ipfs/<cid>/` of the edge's own address a page would have the origin of all others;
// who asks for a page there is sent to the host. A CID has one spelling in a host, base32 unless only base36 is short
// enough: two spellings would be two origins for one site, and twice the cache. Cookies follow origins less well: a
// script may set one for `ipfs.<suffix>`, which all see unless the suffix is on the Public Suffix List; nothing here
// reads cookies. From the host on it is the way of every site, but nothing ever changes, so answers hold for good.

import { formatAuthority } from '../authority.ts'
import { andThen, emptyResponse, type Field, type IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import { formatPath } from '../target.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'
import { forever, type GatewayOptions } from './dags.ts'
import { canonicalCid, labelOf } from './names.ts'
import { longCid, noCid } from './refusals.ts'

const namespace = 'ipfs'

/** The label in front of `.ipfs.<suffix>`; undefined for every other host. */
export function labelIn(
  host: string,
  suffixes: readonly string[],
): { label: string; suffix: string } | undefined {
  for (const suffix of suffixes) {
    const end = `.${namespace}.${suffix}`
    if (host.endsWith(end)) return { label: host.slice(0, -end.length), suffix }
  }
  return undefined
}

/** In the place of the step that finds the site by its name: hosts that bear a CID are theirs, others go to `named`. */
export function isolation(
  { isServed, denied }: GatewayOptions,
  suffixes: readonly string[],
  named: IngressStep,
): IngressStep {
  return (visit, next) => {
    const found = isServed && labelIn(known(visit, 'authority').host, suffixes)
    if (found === undefined) return named(visit, next)
    const root = canonicalCid(found.label)
    if (root === undefined) return unreadable()
    const label = labelOf(root)
    const { segments, directory } = known(visit, 'target')
    if (label === undefined) return longCid()
    if (label !== found.label)
      return moved(visit, `${label}.${namespace}.${found.suffix}`, segments, directory)
    const why = denied?.(root)
    if (why !== undefined) return forbidden(why)
    if (!isServed!(root)) return unknown()
    return andThen(next({ ...visit, site: { label, root, sequence: 0 } }), lasting)
  }
}

/** From `/ipfs/<cid>/path` to the same path under the CID's own host. */
export function pageElsewhere(visit: Visit, root: string, suffix: string): IngressResponse {
  const label = labelOf(root)
  if (label === undefined) return longCid()
  const { segments, directory } = known(visit, 'target')
  return moved(visit, `${label}.${namespace}.${suffix}`, segments.slice(2), directory)
}

/** `/ipfs/?uri=ipfs://<cid>/path`, where browsers are sent that let this gateway handle `ipfs:` addresses. */
export function uriElsewhere(query: string): IngressResponse {
  const uri = new URLSearchParams(query).get('uri') ?? ''
  const match = /^ipfs:\/\/(\w+)((?:[/?][\x21-\x7e]*)?)$/.exec(uri)
  const isOne = match !== null && canonicalCid(match[1]!) !== undefined && !match[2]!.includes('\\')
  return isOne ? emptyResponse(301, [['Location', `/${namespace}/${match[1]}${match[2]}`]]) : noCid()
}

function moved(visit: Visit, host: string, segments: readonly string[], directory: boolean): IngressResponse {
  const { port } = known(visit, 'authority')
  const scheme = visit.request.secure ? 'https' : 'http'
  const path = formatPath(segments, directory) + known(visit, 'target').query
  const fields: Field[] = [['Location', `${scheme}://${formatAuthority({ host, port })}${path}`]]
  return emptyResponse(301, [...fields, ['Vary', 'Accept']])
}

const byName = /^(?:cache-control|x-inxt-site)$/i

/** Says for ever where the site's steps said until the next look: what they found by name is fixed here. */
function lasting(response: IngressResponse): IngressResponse {
  const own: Field[] = [['Origin-Agent-Cluster', '?1']]
  const isFixed = response.status === 200 || response.status === 206 || response.status === 304
  if (!isFixed) return { ...response, fields: [...response.fields, ...own] }
  const kept = response.fields.filter(([name]) => !byName.test(name))
  return { ...response, fields: [...kept, ...own, ['Cache-Control', forever]] }
}

function unreadable(): IngressResponse {
  return page({
    status: 400,
    title: 'That name bears no CID',
    what: 'Before “.ipfs” the name of the host has to be a content identifier.',
    meaning: 'What stands there is none, or is of version 0, whose case a host name loses.',
    hint: 'Open /ipfs/<cid>/ at the address of the edge: it leads to the right name.',
  })
}

function unknown(): IngressResponse {
  return page({
    status: 404,
    title: 'This edge does not serve that content',
    what: 'No site of this network points at it, and it is not held here.',
    meaning: 'An edge fetches for sites that have a name only; it is no relay for everything else.',
    hint: 'Open the site by its name, or ask an edge that holds the content.',
  })
}

function forbidden(why: 'gone' | 'legal'): IngressResponse {
  return page({
    status: why === 'legal' ? 451 : 410,
    title: 'This edge does not give that content',
    what: 'It stands on a list that the operator of this edge follows.',
    meaning: why === 'legal' ? 'The law forbids it here.' : 'The operator has decided so.',
    hint: 'The operator can say which list it is.',
  })
}
