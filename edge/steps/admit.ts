// Is this a request at all, and what for? Target and Host, read once, for everybody after.
//
// Refused here is what two parsers might read differently: several Host fields (RFC 9112 §3.2), a length
// beside chunks, chunks under HTTP/1.0 (§6.1). Node's parser refuses some of it too; this list does not
// depend on that.

import { Fault, isFault } from '../../base/fault.ts'
import { type Authority, parseAuthority } from '../authority.ts'
import { emptyResponse, fieldLines, type IngressRequest, type IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import { parseTarget, type Target } from '../target.ts'
import type { IngressStep } from '../visit.ts'
import { siteMethods } from './method.ts'

export function admit(): IngressStep {
  return (visit, next) => {
    // Tunnels and echoes serve attackers only (RFC 9110 §9.3.6, §9.3.8): no edge is a proxy for any host.
    const { method } = visit.request
    if (method === 'CONNECT' || method === 'TRACE') return unwanted(method)
    let admitted: { target: Target; authority: Authority }
    try {
      admitted = judge(visit.request)
    } catch (error) {
      if (isFault(error)) return refusal(error)
      throw error
    }
    // "OPTIONS *" asks about the server, not about anything on it (RFC 9110 §9.3.7).
    if (admitted.target.form === 'asterisk') return emptyResponse(204, [['Allow', siteMethods.join(', ')]])
    return next({ ...visit, ...admitted })
  }
}

function judge({ method, target: text, version, fields }: IngressRequest): {
  target: Target
  authority: Authority
} {
  const hosts = fieldLines(fields, 'host')
  if (hosts.length !== 1)
    throw new Fault('bytes/malformed', `The request has ${hosts.length} Host fields, not one.`)
  const chunked = fieldLines(fields, 'transfer-encoding').length > 0
  if (chunked && (version === '1.0' || fieldLines(fields, 'content-length').length > 0)) {
    throw new Fault('bytes/malformed', 'The length of the request is given in two ways.')
  }
  const host = parseAuthority(hosts[0]!)
  const target = parseTarget(method, text)
  return { target, authority: target.authority ?? host }
}

function unwanted(method: string): IngressResponse {
  const text = {
    status: 405,
    title: 'That cannot be done here',
    what: `The request is a ${method}.`,
    meaning: 'An edge neither opens tunnels nor sends requests back.',
    hint: 'Use GET.',
  }
  return page(text, [['Allow', siteMethods.join(', ')]])
}

function refusal(fault: Fault): IngressResponse {
  const [what, meaning, hint] = fault.lines()
  const long = fault.code === 'bytes/too-large'
  const title = long ? 'That address is too long' : 'That request cannot be read'
  return page({ status: long ? 414 : 400, title, what, meaning, hint })
}
