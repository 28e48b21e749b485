// What holds for every answer of a proxy, whoever made it: it may be relayed, it has a date, and says who relayed it.
//
// The outermost step of a proxy, as `finish` is of an edge that serves sites. It adds none of the fields that protect
// a site's readers: an origin's answers are its own. Nor does it wait for the first byte, since the head of a stream
// of events may be all there is for minutes.

import { isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import { type Field, fieldValue, withFields } from '../message.ts'
import { destination } from '../origin.ts'
import { page } from '../page.ts'
import type { IngressStep, Visit } from '../visit.ts'
import { faultPage } from './failure.ts'

export function relay({ meter, name }: { readonly meter: Meter; readonly name: string }): IngressStep {
  const judged = judge()
  return async (visit, next) => {
    const { method, receivedAt } = visit.request
    meter.count('http.requests')
    const response = await judged(visit, next)
    meter.count(`http.answers.${Math.floor(response.status / 100)}xx`)
    const { status, sizeBytes } = response
    const fields: Field[] = [['Date', new Date(receivedAt).toUTCString()]]
    // RFC 9110 §8.6: no Content-Length with 1xx and 204; with 304 it would have to be the length of the 200.
    const bare = status < 200 || status === 204 || status === 304
    if (!bare && sizeBytes !== undefined) fields.push(['Content-Length', String(sizeBytes)])
    const whole = withFields(response, fields)
    return {
      ...whole,
      fields: [...whole.fields, ['Via', `1.1 ${name}`]],
      body: bare || method === 'HEAD' ? undefined : response.body,
    }
  }
}

/** Faults before the answer become pages; those in the middle of it cut the connection. */
function judge(): IngressStep {
  return async (visit, next) => {
    const { request } = visit
    let admitted: Visit
    try {
      const { authority, path } = destination(request)
      if (/^(TRACE|CONNECT)$/.test(request.method)) return page(notRelayed(request.method))
      // RFC 9110 §7.6.2, §9.3.7: a question about the proxy itself.
      if (
        request.method === 'OPTIONS' &&
        (path === '*' || fieldValue(request.fields, 'max-forwards') === '0')
      )
        return { status: 204, fields: [], body: undefined, sizeBytes: 0 }
      admitted = { ...visit, authority }
    } catch (error) {
      if (!isFault(error)) throw error
      const [what, meaning, hint] = error.lines()
      const status = error.code === 'bytes/too-large' ? 414 : 400
      return page({ status, title: 'That request cannot be read', what, meaning, hint })
    }
    try {
      return await next(admitted)
    } catch (error) {
      const { signal } = request
      const fault = isFault(error)
        ? error
        : signal.aborted && isFault(signal.reason)
          ? signal.reason
          : undefined
      if (fault === undefined) throw error
      return faultPage(fault)
    }
  }
}

const notRelayed = (method: string) => ({
  status: 405,
  title: 'That is not relayed',
  what: `The request has the method ${method}.`,
  meaning: 'It would show an origin’s view of the request, or open a way into its network.',
  hint: 'Nothing: it stays so.',
})
