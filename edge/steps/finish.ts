// What every answer has in common, whoever made it: length, date, no body for HEAD.
//
// The outermost step, so that error pages pass it too. It also counts, by class of status: a count for each
// status and path would let clients choose how many names the meter holds.

import type { Meter } from '../../base/meter.ts'
import { type Field, withFields } from '../message.ts'
import type { IngressStep } from '../visit.ts'

/** `edgeName` goes out as `X-Inxt-Edge`, so that a person can see which edge answered. */
export function finish(options: { meter: Meter; edgeName: string | undefined }): IngressStep {
  const { meter, edgeName } = options
  return async (visit, next) => {
    const { method, receivedAt } = visit.request
    meter.count('http.requests')
    const response = await next(visit)
    meter.count(`http.answers.${Math.floor(response.status / 100)}xx`)
    const fields: Field[] = [['Date', new Date(receivedAt).toUTCString()]]
    if (edgeName !== undefined) fields.push(['X-Inxt-Edge', edgeName])
    // RFC 9110 §8.6: no Content-Length with 1xx and 204; with 304 it would have to be the length of the 200.
    const bare = response.status < 200 || response.status === 204 || response.status === 304
    if (!bare && response.sizeBytes !== undefined) fields.push(['Content-Length', String(response.sizeBytes)])
    const body = bare || method === 'HEAD' ? undefined : response.body
    return { ...withFields(response, fields), body }
  }
}
