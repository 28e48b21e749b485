// When to renew: in the window that the authority proposes (ARI, RFC 9773), else at two thirds of the life.
//
// An authority that must revoke a million certificates moves their windows, and clients that listen are done before
// anybody notices. A moment in the window is drawn once for each certificate, so that a million clients do not come
// in the same second; so is the moment without ARI, within a twentieth of the life. What an authority proposes may move
// the moment and no more: one that says "now" of every certificate gets an order each fiftieth of a life, which is less
// often than authorities count as too often (five of a name in a week).

import { isFault } from '../../base/fault.ts'
import type { Random } from '../../base/random.ts'
import { retryAfterMs, type Session } from './session.ts'

export interface Window {
  /** Milliseconds since the Unix epoch. */
  readonly start: number
  readonly end: number
}

export interface Life {
  readonly notBefore: number
  readonly notAfter: number
}

/** What the authority says of a certificate. */
export interface Proposal {
  readonly window: Window
  /** From now until it wants to be asked again; undefined when it does not say. */
  readonly lookMs: number | undefined
}

/** The window in an answer of renewalInfo; undefined when it is none, or ends before it begins. */
export function readWindow(json: Readonly<Record<string, unknown>>): Window | undefined {
  const { start, end } = (json['suggestedWindow'] ?? {}) as Record<string, unknown>
  if (typeof start !== 'string' || typeof end !== 'string') return undefined
  const window = { start: Date.parse(start), end: Date.parse(end) }
  return window.end >= window.start ? window : undefined
}

/** When to renew, in ms since the epoch; `chance` in [0, 1) is drawn once for a certificate. */
export function renewAt({ notBefore, notAfter }: Life, window: Window | undefined, chance: number): number {
  const life = notAfter - notBefore
  const wanted = window
    ? window.start + chance * (window.end - window.start)
    : notBefore + (life * 2) / 3 + (chance * life) / 20
  // A window past the end would leave readers without a certificate.
  return Math.min(Math.max(wanted, notBefore + life / 50), notAfter - life / 20)
}

/** Of one authority; undefined when it cannot be asked, or says nothing that makes sense. */
export async function proposalFrom(
  session: Session,
  certId: string | undefined,
  now: () => number,
): Promise<Proposal | undefined> {
  try {
    const url = certId && (await session.resource('renewalInfo'))
    if (!url) return undefined
    const { reply, json } = await session.get(`${url}/${certId}`)
    const window = readWindow(json)
    return window && { window, lookMs: retryAfterMs(reply, now(), dayMs) }
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const lookMs = 6 * 3_600_000

/** Until the authority is asked again (RFC 9773 §4.3.2, §4.3.3): as it wants, but for a minute to a day. */
export function pauseMs(wantedMs: number | undefined): number {
  return Math.min(Math.max(wantedMs ?? lookMs, minuteMs), dayMs)
}

/** Before who orders is asked again: no authority had any work, and what stood in the way may be over in seconds. */
const askMs = 5000

/**
 * After `failures` in a row: a minute when the last one began an order and a twelfth of it when it did not, doubled
 * each time, up to a day, give or take a quarter.
 */
export function backOffMs(failures: number, hasBegun: boolean, random: Random): number {
  const ms = Math.min((hasBegun ? minuteMs : askMs) * 2 ** Math.min(failures - 1, 15), dayMs)
  return ms * (0.75 + random.next() / 2)
}
