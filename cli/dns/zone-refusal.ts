// What becomes of a version of an owner's zone that is not served: why, and when it is tried again.

import type { Fault } from '../../base/fault.ts'
import type { JudgedZone, Refusal } from '../../resolver/sign/publication.ts'
import { isLaterSerial } from '../../resolver/zone/serial.ts'
import { freshnessOf } from './zone-freshness.ts'

const retryMs = 10_000
const retryMsMax = 600_000
const slowRetryMsMax = 86_400_000

/** Until it is tried again, after `failures` of the same version; what stays as it is is not. */
export function pauseMs(refusal: Refusal, failures: number): number {
  switch (refusal) {
    case 'broken':
    case 'older':
    case 'foreign':
      return Number.POSITIVE_INFINITY
    case 'missing':
      return Math.min(retryMs * 2 ** failures, retryMsMax)
    case 'too slow':
      return Math.min(retryMsMax * 2 ** failures, slowRetryMsMax)
    default:
      return retryMsMax
  }
}

/** What a fault on the way to it means. */
export function refusalOf({ code }: Fault): Refusal {
  if (code === 'bytes/too-large') return 'too large'
  return code === 'content/missing' || code === 'net/unreachable' || code === 'store/full'
    ? 'missing'
    : 'broken'
}

interface Version {
  readonly owner: string
  readonly sequence: number
}

/** Why a version does not take the place of the one that is served; undefined when it does. */
export function isBehind(
  { serial }: JudgedZone,
  { owner, sequence }: Version,
  served: (Version & { readonly judged: JudgedZone }) | undefined,
  nowS: number,
): string | undefined {
  if (served === undefined || served.owner !== owner) return undefined
  if (freshnessOf(served.judged.spans, nowS).freshness === 'expired') return undefined
  const last = served.judged.serial
  if (isLaterSerial(serial, last) || (serial === last && sequence > served.sequence)) return undefined
  return `serial ${serial} is not later than ${last}, which is served`
}
