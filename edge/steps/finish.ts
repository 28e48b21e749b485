// What every answer has in common, whoever made it: length, date, where its bytes came from, no body for HEAD.
//
// `Cache-Status` (RFC 9211) and `Server-Timing` say the same: the first to programs and caches on the way, the second
// to the tools of a browser. A step that knows more (the shared cache of an origin) has written them itself.
// Outside the steps that answer, so that error pages pass it too.

import {
  andThen,
  type Field,
  type IngressRequest,
  type IngressResponse,
  type Source,
  withFields,
} from '../message.ts'
import type { IngressStep } from '../visit.ts'

/** `edgeName` goes out as `X-Inxt-Edge`, so that a person can see which edge answered. */
export function finish(edgeName: string | undefined): IngressStep {
  const own: Field[] = edgeName === undefined ? [] : [['X-Inxt-Edge', edgeName]]
  const via: Field = ['Via', `1.1 ${edgeName ?? 'inxt'}`]
  const dateAt = dates()
  const finished = ({ method, receivedAt }: IngressRequest, response: IngressResponse): IngressResponse => {
    const { status, sizeBytes } = response
    const fields: Field[] = [['Date', dateAt(receivedAt)], ...own, ...provenance(response)]
    // RFC 9110 §8.6: no Content-Length with 1xx and 204; with 304 it would have to be the length of the 200.
    const bare = status < 200 || status === 204 || status === 304
    if (!bare && sizeBytes !== undefined) fields.push(['Content-Length', String(sizeBytes)])
    const body = bare || method === 'HEAD' ? undefined : response.body
    const whole = withFields(response, fields)
    // Who passed it on before is told there already.
    return { ...whole, fields: [...whole.fields, via], body }
  }
  return (visit, next) => andThen(next(visit), response => finished(visit.request, response))
}

/** Seconds last for thousands of answers. */
function dates(): (at: number) => string {
  let [second, text] = [Number.NaN, '']
  return at => {
    const now = Math.floor(at / 1000)
    if (now !== second) [second, text] = [now, new Date(at).toUTCString()]
    return text
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
