// How the signatures of a zone stand against the clock: what an edge tells of a zone that it serves, once for each
// step.

import type { Validity } from '../../resolver/sign/rrsig.ts'
import { type Freshness, lifeOf } from '../../resolver/sign/verdict.ts'

/** `early`: its signatures begin in the future, so the clock or the signer's was wrong. */
export type ZoneFreshness = Freshness | 'early'

export const freshnessTexts: Record<Exclude<ZoneFreshness, 'fresh'>, string> = {
  warning: 'a third of the life of the signatures of a zone is left',
  alarm: 'a tenth of the life of the signatures of a zone is left',
  expired: 'signatures of a zone have ended: validating resolvers refuse it',
  early: 'signatures of a zone begin in the future: is the clock right?',
}

/** `fresh` without signatures; `endsAt` in ms since the epoch, undefined then. */
export function freshnessOf(
  spans: readonly Validity[],
  nowS: number,
): { freshness: ZoneFreshness; endsAt: number | undefined } {
  if (spans.length === 0) return { freshness: 'fresh', endsAt: undefined }
  const { freshness, endsAtS } = lifeOf(spans, nowS)
  const isEarly = spans.some(({ inceptionAtS }) => ((inceptionAtS - nowS) | 0) > 0)
  return { freshness: isEarly ? 'early' : freshness, endsAt: endsAtS * 1000 }
}
