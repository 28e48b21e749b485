// What an answer says about the file in it: its type, its version, how long it holds, where it comes from.
//
// A name may lead elsewhere from one block of the chain to the next, so what is found by name is always
// revalidated; since the tag is the CID, that costs a 304 and nothing more. `max-age=0, must-revalidate`
// rather than `no-cache`, which some caches take for "do not store".

import { type Field, withFields } from '../message.ts'
import { formatPath } from '../target.ts'
import { tagOf } from '../validator.ts'
import { type IngressStep, known } from '../visit.ts'

export const revalidate: Field = ['Cache-Control', 'public, max-age=0, must-revalidate']

export function describe(): IngressStep {
  return async (visit, next) => {
    const response = await next(visit)
    const { cid, segments, mediaType, status } = known(visit, 'file')
    const { label, root, sequence } = known(visit, 'site')
    const fields: Field[] = [
      revalidate,
      ['X-Ipfs-Path', `/ipfs/${root}${formatPath(segments, false)}`],
      ['X-Ipfs-Roots', root === cid ? root : `${root},${cid}`],
      ['X-Inxt-Site', `${label};sequence=${sequence}`],
    ]
    if (status === 200) fields.push(['ETag', tagOf(cid)], ['Accept-Ranges', 'bytes'])
    if (response.status !== 304) fields.push(['Content-Type', mediaType])
    return withFields(response, fields)
  }
}
