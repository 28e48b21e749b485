// What an answer says about the file in it: its type, its form, its version, how long it holds, where it is from;
// and then what the site itself says about it.
//
// A name may lead elsewhere from one block of the chain to the next, so what is found by name is always
// revalidated; since the tag begins with the CID, that costs a 304 and nothing more. `max-age=0, must-revalidate`
// rather than `no-cache`, which some caches take for "do not store". The pages that the edge puts in place of a
// file, such as a 416, describe themselves.

import { andThen, type Field, type IngressResponse, withFields } from '../message.ts'
import { immutable, isHashed, revalidate } from '../site/lasting.ts'
import { formatPath } from '../target.ts'
import { tagOf } from '../validator.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

const ownPages: ReadonlySet<number> = new Set([406, 412, 416])

export function describe(): IngressStep {
  return (visit, next) => andThen(next(visit), response => described(visit, response))
}

function described(visit: Visit, response: IngressResponse): IngressResponse {
  if (ownPages.has(response.status)) return response
  const fields = fieldsOf(visit, response)
  const { changes } = visit
  if (changes === undefined) return withFields(response, fields)
  const kept = fields.filter(([name]) => !changes.without.has(name.toLowerCase()))
  const isUnchanged = response.status === 304
  const said = isUnchanged
    ? changes.set.filter(([name]) => name.toLowerCase() !== 'content-type')
    : changes.set
  return withFields(response, [...kept, ...said])
}

function fieldsOf(visit: Visit, { status: answered }: IngressResponse): Field[] {
  const { segments: asked } = known(visit, 'target')
  const { cid, segments, mediaType, status, accepted, variant } = known(visit, 'file')
  const { label, root, sequence } = known(visit, 'site')
  // Only the address that bears the hash may be kept, not one that a rule leads from.
  const isLasting = status === 200 && isHashed(asked) && segments.join('/') === asked.join('/')
  const fields: Field[] = [
    ['Cache-Control', isLasting ? immutable : revalidate],
    ['X-Ipfs-Path', `/ipfs/${root}${formatPath(segments, false)}`],
    ['X-Ipfs-Roots', root === cid ? root : `${root},${cid}`],
    ['X-Inxt-Site', `${label};sequence=${sequence}`],
  ]
  if (accepted !== undefined) fields.push(['Vary', 'Accept-Encoding'])
  if (status === 200) fields.push(['ETag', variant?.tag ?? tagOf(cid)], ['Accept-Ranges', 'bytes'])
  if (answered === 304) return fields
  fields.push(['Content-Type', mediaType])
  if (variant !== undefined) fields.push(['Content-Encoding', variant.coding])
  return fields
}
