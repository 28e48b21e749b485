// Does the client have it already? The preconditions of RFC 9110 §13, in the order of §13.2.2.
//
// Only the tags count: there is no Last-Modified here, so conditions on dates have nothing to compare with
// and are ignored, as §13.1.3 and §13.1.4 ask. If-Range belongs to the next step. A tag of the same CID in
// another form that the client takes is the same content: it has it, whichever edge made that form.

import { emptyResponse, fieldValue } from '../message.ts'
import { page } from '../page.ts'
import { codingOfTag } from '../site/variants.ts'
import { matchesStrongly, matchingTag, tagOf } from '../validator.ts'
import { type ChosenFile, type IngressStep, known } from '../visit.ts'

export function conditional(): IngressStep {
  return (visit, next) => {
    const file = known(visit, 'file')
    if (file.status !== 200) return next(visit)
    const tag = file.variant?.tag ?? tagOf(file.cid)
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
    const held = noneMatch === undefined ? undefined : matchingTag(noneMatch, tag, one => isForm(one, file))
    return held === undefined ? next(visit) : emptyResponse(304, [['ETag', held]])
  }
}

function isForm(tag: string, { cid, accepted = ['identity'] }: ChosenFile): boolean {
  const coding = codingOfTag(tag, cid)
  return coding !== undefined && accepted.includes(coding)
}
