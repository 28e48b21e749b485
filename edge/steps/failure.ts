// The error exit: a Fault that happens before the first byte of an answer becomes a page.
//
// To know that there is a first byte, this step waits for it, but not for that of an origin: the head of a stream of
// events may be all there is for minutes. Afterwards a status line is out and cannot be
// taken back: the rim then cuts the connection, because a short file under a 200 would be a lie that caches
// keep. What is not a Fault is a bug of ours and passes through, to be counted and logged at the rim.

import { type Fault, type FaultCode, isFault } from '../../base/fault.ts'
import { begun } from '../body.ts'
import { type Answer, andThen, type Field, type IngressRequest, type IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import type { IngressStep } from '../visit.ts'

/** Long enough for a holder to be found again, short enough for a person to wait. */
const retryAfterS = 5

export function failure(): IngressStep {
  return (visit, next) => {
    const { request } = visit
    const failed = (error: unknown): IngressResponse => {
      const fault = faultOf(error, request)
      if (fault === undefined) throw error
      return faultPage(fault)
    }
    try {
      const answer = next(visit)
      const checked = andThen(answer, response => firstThere(request, response))
      return checked instanceof Promise ? checked.catch(failed) : checked
    } catch (error) {
      return failed(error)
    }
  }
}

function firstThere({ method }: IngressRequest, response: IngressResponse): Answer {
  const { body, isRelayed } = response
  if (isRelayed || body === undefined || body instanceof Uint8Array || method === 'HEAD') return response
  return begun(body).then(whole => ({ ...response, body: whole }))
}

/** An aborted look-up may throw what it likes; the reason of the abort says what really happened. */
function faultOf(error: unknown, { signal }: IngressRequest): Fault | undefined {
  if (isFault(error)) return error
  return signal.aborted && isFault(signal.reason) ? signal.reason : undefined
}

const overdue: readonly FaultCode[] = ['net/unreachable', 'chain/unreachable', 'publish/timeout']

export function faultPage(fault: Fault): IngressResponse {
  const [what, meaning, hint] = fault.lines()
  const late = overdue.includes(fault.code)
  const title = late ? 'The content did not arrive in time' : 'The content cannot be had right now'
  const retry: Field[] =
    late || fault.code === 'content/missing' ? [['Retry-After', String(retryAfterS)]] : []
  return page({ status: late ? 504 : 502, title, what, meaning, hint }, retry)
}
