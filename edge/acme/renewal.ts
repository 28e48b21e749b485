// When to renew: in the window that the authority proposes (ARI, RFC 9773), else at two thirds of the life.
//
// An authority that must revoke a million certificates moves their windows, and clients that listen are done before
// anybody notices. A moment in the window is drawn once for each certificate, so that a million clients do not come
// in the same second; so is the moment without ARI, within a twentieth of the life.

import type { Random } from '../../base/random.ts'

export interface Window {
  /** Milliseconds since the Unix epoch. */
  readonly start: number
  readonly end: number
}

export interface Life {
  readonly notBefore: number
  readonly notAfter: number
}

/** The window in an answer of renewalInfo; undefined when it is none, or ends before it begins. */
export function readWindow(json: Readonly<Record<string, unknown>>): Window | undefined {
  const { start, end } = (json['suggestedWindow'] ?? {}) as Record<string, unknown>
  const window = { start: Date.parse(`${start}`), end: Date.parse(`${end}`) }
  return window.end >= window.start ? window : undefined
}

/** When to renew, in ms since the epoch; `chance` in [0, 1) is drawn once for a certificate. */
export function renewAt({ notBefore, notAfter }: Life, window: Window | undefined, chance: number): number {
  const life = notAfter - notBefore
  const late = notAfter - life / 20
  const wanted = window
    ? window.start + chance * (window.end - window.start)
    : notBefore + (life * 2) / 3 + (chance * life) / 20
  // A window past the end would leave readers without a certificate.
  return Math.min(wanted, late)
}

/** After `failures` in a row: a minute, doubled up to a day, give or take a quarter. */
export function backOffMs(failures: number, random: Random): number {
  const ms = Math.min(60_000 * 2 ** Math.min(failures - 1, 11), 24 * 3_600_000)
  return ms * (0.75 + random.next() / 2)
}
