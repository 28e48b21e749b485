// What no file can take goes to the origin that the site's rules name: POST, PUT, preflights, whatever it may know.
//
// Requests that read come later, in `path`, where a file of that address may go before the rule. A file cannot answer
// the others, so the first rule about the address does, forced or not.

import { fieldValue } from '../message.ts'
import type { Pull } from '../origins.ts'
import { type IngressStep, known } from '../visit.ts'

export function origin(pull: Pull): IngressStep {
  return (visit, next) => {
    const { method, fields } = visit.request
    const { redirects } = known(visit, 'rules')
    if (method === 'GET' || method === 'HEAD' || redirects.origins.length === 0) return next(visit)
    // RFC 9110 §7.6.2: the question is about this hop.
    if (method === 'OPTIONS' && fieldValue(fields, 'max-forwards') === '0') return next(visit)
    const target = known(visit, 'target')
    const found = redirects.find(target, true) ?? redirects.find(target, false)
    return found?.outcome.kind === 'origin' ? pull(visit, found.outcome) : next(visit)
  }
}
