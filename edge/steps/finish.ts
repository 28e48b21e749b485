// What every answer has in common, whoever made it: length, date, where its bytes came from, no body for HEAD.
//
// `Cache-Status` (RFC 9211) and `Server-Timing` say the same: the first to programs and caches on the way, the second
// to the tools of a browser. A step that knows more (the shared cache of an origin) has written them itself.
// The outermost step, so that error pages pass it too. It also counts, by class of status: a count for each
// status and path would let clients choose how many names the meter holds.

import type { Meter } from '../../base/meter.ts'
import { type Field, type IngressResponse, type Source, withFields } from '../message.ts'
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
    fields.push(...provenance(response))
    // RFC 9110 §8.6: no Content-Length with 1xx and 204; with 304 it would have to be the length of the 200.
    const bare = response.status < 200 || response.status === 204 || response.status === 304
    if (!bare && response.sizeBytes !== undefined) fields.push(['Content-Length', String(response.sizeBytes)])
    const body = bare || method === 'HEAD' ? undefined : response.body
    const whole = withFields(response, fields)
    // Who passed it on before is told there already.
    return { ...whole, fields: [...whole.fields, ['Via', `1.1 ${edgeName ?? 'inxt'}`]], body }
  }
}

function provenance(response: IngressResponse): Field[] {
  const source = response.isRelayed ? undefined : response.source?.()
  if (source === undefined) return []
  const where = described(source)
  const near = source.from === 'memory' || source.from === 'disk'
  return [
    ['Cache-Status', near ? `INXT; hit; detail=${where}` : `INXT; fwd=miss; detail=${where}`],
    ['Server-Timing', `source;desc=${where}`],
  ]
}

/** A token, or a string in quotes: the same in structured fields (RFC 8941 §3.3) and in Server-Timing. */
function described({ from, which }: Source): string {
  return which === undefined ? from : `"${from} ${which.replace(/[^ !#-[\]-~]/g, '')}"`
}
