// Does the client have it already? The preconditions of RFC 9110 §13, in the order of §13.2.2.
//
// Only the tags count: there is no Last-Modified here, so conditions on dates have nothing to compare with
// and are ignored, as §13.1.3 and §13.1.4 ask. If-Range belongs to the next step.

import { emptyResponse, fieldValue } from '../message.ts'
import { page } from '../page.ts'
import { matchesStrongly, matchesWeakly, tagOf } from '../validator.ts'
import { type IngressStep, known } from '../visit.ts'

export function conditional(): IngressStep {
  return async (visit, next) => {
    const { cid, status } = known(visit, 'file')
    if (status !== 200) return next(visit)
    const tag = tagOf(cid)
    const match = fieldValue(visit.request.fields, 'if-match')
    if (match !== undefined && !matchesStrongly(match, tag)) {
      return page({
        status: 412,
        title: 'The site has changed since',
        what: 'The request was for a version of this file that is not the present one.',
        meaning: 'Its owner has published again.',
        hint: 'Start the download anew.',
      })
    }
    const noneMatch = fieldValue(visit.request.fields, 'if-none-match')
    if (noneMatch !== undefined && matchesWeakly(noneMatch, tag)) return emptyResponse(304, [])
    return next(visit)
  }
}
