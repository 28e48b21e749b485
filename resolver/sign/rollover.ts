// Keys come and go without a validator ever failing: the states of RFC 7583 and when a key may pass on to the next.
//
// What a resolver remembers may be as old as its TTL: DS, DNSKEY and signatures are remembered each by itself,
// and any mix of them must make a chain. So every step waits until the oldest memory is over. ZSK: pre-publish
// (RFC 6781 §4.1.1.1). KSK and CSK: double signature of the keys (§4.1.2), or double DS for a KSK. A CSK of another
// algorithm signs before it is known and as long as the other is remembered (§4.1.4, the conservative way), because
// a validator may want signatures of each algorithm that it sees in the DNSKEY set. The parent's
// part cannot be waited for by time alone: somebody must see the new DS there.

import { Fault } from '../../base/fault.ts'
import type { Algorithm } from './key.ts'
import type { KeyUse } from './signed-zone.ts'

/** CSK: one key for both. */
export type Role = 'csk' | 'ksk' | 'zsk'
export type Method = 'pre-publish' | 'double-signature' | 'double-ds' | 'algorithm'

/**
 * `generated`: in no version of the zone yet, so nothing has begun. `signing`: signs what nobody can check yet (another
 * algorithm). `announced`: only the parent is to know it
 * (double DS). `published`: known, but perhaps not yet to all. `ready`: known to all, waits for the parent.
 * `active`: in use. `retired`: kept for those who remember. `removed`: gone.
 */
export type State =
  | 'generated'
  | 'signing'
  | 'announced'
  | 'published'
  | 'ready'
  | 'active'
  | 'retired'
  | 'removed'

export interface KeyState {
  readonly tag: number
  readonly role: Role
  readonly method: Method
  readonly state: State
  /** Seconds since the epoch. */
  readonly sinceS: number
  /** When somebody saw its DS at the parent. */
  readonly dsSeenAtS?: number
  /** When it is not that of the key ring. */
  readonly algorithm?: Algorithm
}

/** All in seconds. */
export interface Timing {
  readonly dnskeyTtlS: number
  /** The longest TTL of the zone. */
  readonly zoneTtlMaxS: number
  /** TTL of the DS at the parent. */
  readonly dsTtlS: number
  /** Until every edge serves a new version. */
  readonly propagationS: number
  /** Until every server of the parent has the new DS. */
  readonly parentPropagationS: number
}

/** A day for DS is what most registries have. */
export const usualTiming = { dsTtlS: 86_400, propagationS: 3600, parentPropagationS: 3600 } as const

export type Uses = Omit<KeyUse, 'key'>

/** What a key does now; `others` are all keys of the zone. */
export function usesOf(key: KeyState, others: readonly KeyState[]): Uses {
  const { role, state, method } = key
  const isPublished = state === 'published' || state === 'ready' || state === 'active' || isKeptFor(key)
  const signsApart = method === 'algorithm' && (isPublished || state === 'signing' || state === 'retired')
  const signsZone = role !== 'ksk' && (state === 'active' || signsApart)
  if (role === 'zsk') return { isPublished, signsZone, signsKeys: false, isWanted: false }
  const successorReady = others.some(other => other.role === role && other.state === 'ready')
  const isWanted =
    state === 'announced' ||
    state === 'ready' ||
    (state === 'active' && !successorReady) ||
    (state === 'retired' && method === 'double-ds')
  return { isPublished, signsZone, signsKeys: isPublished, isWanted }
}

/** A retired key stays in the DNSKEY set, but with double DS at the parent, and of another algorithm as signatures. */
function isKeptFor({ state, method }: KeyState): boolean {
  return state === 'retired' && method !== 'double-ds' && method !== 'algorithm'
}

/** When a key will pass on by itself; undefined when nothing, or only somebody's word, moves it. */
export function passesOnAtS(key: KeyState, timing: Timing): number | undefined {
  const { state, role, method, sinceS, dsSeenAtS } = key
  const afterDs = dsSeenAtS === undefined ? undefined : dsSeenAtS + timing.dsTtlS + timing.parentPropagationS
  switch (state) {
    case 'generated':
      return sinceS
    case 'signing':
      return sinceS + timing.zoneTtlMaxS + timing.propagationS
    case 'published':
      return sinceS + timing.dnskeyTtlS + timing.propagationS
    case 'announced':
    case 'ready':
      return afterDs
    case 'retired':
      // Keys remembered under the old DS; keys remembered without signatures; signatures remembered by the old key.
      if (method === 'algorithm') return sinceS + timing.dnskeyTtlS + timing.propagationS
      if (role === 'ksk')
        return sinceS + (method === 'double-ds' ? timing.dnskeyTtlS : 0) + timing.propagationS
      return sinceS + timing.zoneTtlMaxS + timing.propagationS
    default:
      return undefined
  }
}

/**
 * For each new version: every key that may pass on at `nowS` does, and takes its predecessor's place when it
 * becomes active.
 */
export function advance(keys: readonly KeyState[], timing: Timing, nowS: number): KeyState[] {
  let next = [...keys]
  for (const key of keys) {
    const dueAtS = passesOnAtS(key, timing)
    if (dueAtS === undefined || nowS < dueAtS) continue
    const state = following(key)
    if (state === 'active') {
      const { role, method } = key
      next = next.map(other =>
        other.role === role && other.state === 'active'
          ? { ...other, method, state: 'retired', sinceS: nowS }
          : other,
      )
    }
    next = next.map(other => (other === key ? { ...key, state, sinceS: nowS } : other))
  }
  return next
}

function following({ state, role, method }: KeyState): State {
  if (state === 'generated' && method === 'algorithm') return 'signing'
  if (state === 'generated') return method === 'double-ds' ? 'announced' : 'published'
  if (state === 'signing') return 'published'
  if (state === 'retired') return 'removed'
  return state === 'published' && role !== 'zsk' ? 'ready' : 'active'
}

/** The first keys of a zone: active at once, as nobody remembers anything yet. */
export function firstKey(tag: number, role: Role, nowS: number): KeyState {
  return { tag, role, method: usualMethod(role), state: 'active', sinceS: nowS }
}

export function usualMethod(role: Role): Method {
  return role === 'zsk' ? 'pre-publish' : 'double-signature'
}

/** Whether a roll of `role` is under way. */
export function isRolling(keys: readonly KeyState[], role: Role): boolean {
  return keys.some(key => key.role === role && key.state !== 'active' && key.state !== 'removed')
}

/** Throws Fault `input/invalid` where `rollTo` would; asked before a key is made. */
export function requireRollable(keys: readonly KeyState[], role: Role, method: Method): void {
  if (!keys.some(key => key.role === role && key.state === 'active')) {
    throw new Fault('input/invalid', `the zone has no ${role} to roll`, {
      hint: '`inxt zone keys` lists its keys.',
    })
  }
  if (isRolling(keys, role)) {
    throw new Fault('input/invalid', `a roll of the ${role} is under way`, {
      hint: 'Finish it first: `inxt zone keys`.',
    })
  }
  const possible: Record<Role, readonly Method[]> = {
    zsk: ['pre-publish'],
    ksk: ['double-signature', 'double-ds'],
    // Signatures in caches need the old key beside the new one, which double DS does without.
    csk: ['double-signature', 'algorithm'],
  }
  if (!possible[role].includes(method)) {
    throw new Fault('input/invalid', `a ${role} is not rolled by ${method}`, {
      hint: `Use ${possible[role].join(' or ')}.`,
    })
  }
}

/** Begins a roll to the key `tag`; waiting begins with the version of the zone that first knows it. */
export function rollTo(
  keys: readonly KeyState[],
  tag: number,
  role: Role,
  method: Method,
  nowS: number,
  algorithm?: Algorithm,
): KeyState[] {
  requireRollable(keys, role, method)
  return [...keys, { tag, role, method, state: 'generated', sinceS: nowS, ...(algorithm && { algorithm }) }]
}

/** Somebody saw the new DS at the parent. Throws Fault `input/invalid` when no key waits for that. */
export function dsSeen(keys: readonly KeyState[], nowS: number): KeyState[] {
  const waits = (key: KeyState): boolean =>
    (key.state === 'ready' || key.state === 'announced') && key.dsSeenAtS === undefined
  if (!keys.some(waits)) {
    throw new Fault('input/invalid', 'no key waits for the parent', {
      hint: '`inxt zone keys` says what each waits for.',
    })
  }
  return keys.map(key => (waits(key) ? { ...key, dsSeenAtS: nowS } : key))
}

/** In words, for people. */
export function waitsFor(key: KeyState): string {
  const isSeen = key.dsSeenAtS !== undefined
  switch (key.state) {
    case 'announced':
    case 'ready':
      return isSeen
        ? 'the old DS to be forgotten'
        : 'its DS at the parent: publish it there, then `inxt zone roll --ds-seen`'
    case 'generated':
      return 'the zone to be signed'
    case 'signing':
      return 'its signatures to be known everywhere'
    case 'published':
      return 'the new DNSKEY set to be known everywhere'
    case 'retired':
      return 'what it signed to be forgotten'
    default:
      return ''
  }
}
