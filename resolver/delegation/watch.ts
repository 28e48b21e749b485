// Which claimed domains are to be served, and when each is looked up: a machine that is told claims and findings.
//
// A domain that its parent delegated to a claimant is kept: looked up whenever the parent's TTL is over, at its own
// pace, whatever strangers do (schedule.ts). What is kept does not go for one bad
// answer: a parent that cannot be heard, or whose servers contradict each other, leaves things as they are for a
// grace, and one that says otherwise is asked once more before it is believed. The other way round one finding is
// enough, since two servers of the parent had to agree on a token of 128 bits. Time and chance are arguments.
//
// Anybody may claim anything, so what nobody's parent bears out must cost little: of a claim that was not looked at yet
// there is its domain alone, and of a finding that came to nothing its kind, not the servers that it names.

import { toHex } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'
import { changedDomains, claimsTo } from './claims.ts'
import { createSchedule, type Schedule, type ScheduleOptions } from './schedule.ts'
import { type Claim, type Delegation, type Verdict, verdictOf } from './verdict.ts'
import type { Finding } from './walk.ts'

export interface WatchOptions extends Omit<ScheduleOptions, 'isDue'> {
  readonly random: Random
  /** Domains that are kept; more are not served. */
  readonly countMax: number
  /** Bounds of the parent's TTL. */
  readonly restMinMs: number
  readonly restMaxMs: number
  /** Until a doubtful finding is checked. */
  readonly doubtMs: number
  /** How long a kept domain outlives its last clear finding. */
  readonly graceMs: number
}

/** A domain that is served, on whose claim, and by which finding. */
export interface Kept<C extends Claim = Claim> {
  readonly claim: C
  readonly delegation: Delegation
  /** Of the last finding that bore it out, in ms. */
  readonly clearAt: number
}

/** What an earlier run kept: claims are on chain, so of a claim only its owner. */
export interface Remembered extends Omit<Kept, 'claim'> {
  readonly domain: string
  readonly owner: string
}

export interface Standing<C extends Claim = Claim> {
  readonly domain: string
  /** Undefined: not served. */
  readonly kept: Kept<C> | undefined
  /** The newest, which may contradict what is kept; undefined before the first, and of what is not notable. */
  readonly verdict: Verdict<C> | undefined
  /** Of the newest, notable or not. */
  readonly found: Verdict['kind'] | undefined
  readonly checkedAt: number
}

/** What is served of a domain, before and after: another claim, another delegation, or none. */
export interface Change<C extends Claim = Claim> {
  readonly domain: string
  readonly before: Kept<C> | undefined
  readonly after: Kept<C> | undefined
}

export interface Watch<C extends Claim = Claim> {
  /** All claims, sorted by name and then owner; entries that did not change are the same objects. */
  claims(list: readonly C[], now: number): Change<C>[]
  /** What an earlier run kept, after the first `claims`. */
  restore(remembered: readonly Remembered[], now: number): Change<C>[]
  /** Somebody asked for a name (lower case) that may be in a claimed domain; whether that makes a look-up due. */
  asked(name: string, now: number): boolean
  /** The domains that are to be looked up now; `found` is called once for each. */
  take(now: number): string[]
  found(domain: string, finding: Finding, now: number): Change<C>[]
  /** When `take` is next worth calling, in ms; Infinity when only `found` or new claims can change that. */
  wakeAt(): number
  standing(domain: string): Standing<C> | undefined
  /** Of all domains that are kept, or whose parent names a claimant without its being kept. */
  standings(): Standing<C>[]
  /** Whether it is among `standings()`. */
  isNotable(standing: Standing<C>): boolean
}

interface Watched<C extends Claim> extends Standing<C> {
  kept: Kept<C> | undefined
  verdict: Verdict<C> | undefined
  found: Verdict['kind'] | undefined
  checkedAt: number
  /** For when it is planned; 0 for a new claim. */
  dueAt: number
  /** Findings in a row that did not make it one that is kept. */
  failures: number
  /** The last clear finding contradicted what is kept. */
  isDoubted: boolean
}

interface State<C extends Claim> extends WatchOptions {
  list: readonly C[]
  /** All that are claimed; undefined what was not looked at yet. */
  readonly watched: Map<string, Watched<C> | undefined>
  /** Those that `standings` tells. */
  readonly notable: Set<Watched<C>>
  readonly schedule: Schedule
  keptCount: number
}

/** Between two look-ups of a stranger's domain that are made because it is asked for. */
const askedRestMs = 10_000

export function createWatch<C extends Claim>(options: WatchOptions): Watch<C> {
  const watched = new Map<string, Watched<C> | undefined>()
  const isDue: ScheduleOptions['isDue'] = (domain, isKept, dueAt) => {
    const one = watched.get(domain)
    if (one === undefined) return !isKept && !dueAt && watched.has(domain)
    if ((one.kept !== undefined) !== isKept) return false
    return dueAt === undefined || dueAt === one.dueAt
  }
  const schedule = createSchedule({ ...options, isDue })
  const state: State<C> = { ...options, list: [], watched, notable: new Set(), schedule, keptCount: 0 }
  return {
    claims(list, now) {
      const before = state.list
      state.list = list
      return [...changedDomains(before, list)].flatMap(domain => reclaim(state, domain, before, now))
    },
    restore: (remembered, now) => remembered.flatMap(one => restore(state, one, now)),
    asked(name, now) {
      let isDue = false
      for (let at = 0; ; at = name.indexOf('.', at) + 1) {
        const domain = name.slice(at)
        const one = watched.get(domain)
        if (one === undefined ? watched.has(domain) : now - one.checkedAt >= askedRestMs) {
          schedule.ask(domain)
          isDue = true
        }
        if (!name.includes('.', at)) return isDue
      }
    },
    take: schedule.take,
    found(domain, finding, now) {
      schedule.landed(domain)
      const one = ofClaimed(state, domain)
      return one === undefined
        ? []
        : settle(state, one, verdictOf(claimsTo(state.list, domain), finding), now)
    },
    wakeAt: schedule.wakeAt,
    standing: domain => watched.get(domain) ?? (watched.has(domain) ? blank(domain) : undefined),
    standings: () => [...state.notable],
    isNotable,
  }
}

/** Undefined for what nobody claims. */
function ofClaimed<C extends Claim>({ watched }: State<C>, domain: string): Watched<C> | undefined {
  if (!watched.has(domain)) return undefined
  const one = watched.get(domain) ?? blank<C>(domain)
  watched.set(domain, one)
  return one
}

/** Up to a tenth sooner, so that edges that heard of a claim at once do not ask at once for ever. */
function jittered({ random }: WatchOptions, ms: number): number {
  return ms * (1 - random.next() / 10)
}

function plan<C extends Claim>({ schedule }: State<C>, one: Watched<C>, dueAt: number): void {
  one.dueAt = dueAt
  schedule.plan(one.domain, one.kept !== undefined, dueAt)
}

function settle<C extends Claim>(
  state: State<C>,
  one: Watched<C>,
  verdict: Verdict<C>,
  now: number,
): Change<C>[] {
  const { countMax, restMinMs, restMaxMs, doubtMs, graceMs } = state
  const { kept } = one
  one.verdict = verdict
  one.found = verdict.kind
  one.checkedAt = now
  const hasRoom = kept === undefined ? state.keptCount < countMax : one.isDoubted
  if (verdict.kind === 'served' && (hasRoom || kept?.claim === verdict.claim)) {
    const { claim, delegation } = verdict
    const changes = keep(state, one, { claim, delegation, clearAt: now })
    const restMs = Math.min(restMaxMs, Math.max(restMinMs, 1000 * delegation.ttlS))
    plan(state, one, now + jittered(state, restMs))
    return changes
  }
  const isContrary = verdict.kind !== 'unclear'
  if (kept !== undefined && (isContrary ? !one.isDoubted : now - kept.clearAt < graceMs)) {
    one.isDoubted ||= isContrary
    plan(state, one, now + jittered(state, doubtMs))
    return []
  }
  const changes = keep(state, one, undefined)
  if (!isNotable(one)) one.verdict = undefined
  plan(state, one, now + jittered(state, Math.min(restMaxMs, doubtMs * 2 ** one.failures)))
  one.failures = Math.min(one.failures + 1, 20)
  return changes
}

/** The claims to a domain are others than in the list `before`. */
function reclaim<C extends Claim>(
  state: State<C>,
  domain: string,
  before: readonly C[],
  now: number,
): Change<C>[] {
  const { watched, notable } = state
  const claims = claimsTo(state.list, domain)
  const one = watched.get(domain)
  const { kept } = one ?? {}
  const own = claims.find(({ owner }) => owner === kept?.claim.owner)
  if (one !== undefined && kept !== undefined && own !== undefined) {
    if (verdictOf(claims, kept.delegation).kind === 'contested') plan(state, one, now)
    return keep(state, one, { ...kept, claim: own })
  }
  const changes = one === undefined ? [] : keep(state, one, undefined)
  if (one !== undefined) notable.delete(one)
  if (claims.length === 0) {
    watched.delete(domain)
    return changes
  }
  watched.set(domain, undefined)
  // Where one was taken back, the others have their turn anew: it may have been what contested them.
  const known = claimsTo(before, domain)
  const isFewer = claims.length < known.length
  for (const claim of claims) {
    if (isFewer || !known.includes(claim)) state.schedule.claim(domain, claim.owner)
  }
  return changes
}

function blank<C extends Claim>(domain: string): Watched<C> {
  const never = Number.NEGATIVE_INFINITY
  const nothing = {
    kept: undefined,
    verdict: undefined,
    found: undefined,
    checkedAt: never,
    isDoubted: false,
  }
  return { domain, ...nothing, dueAt: 0, failures: 0 }
}

function restore<C extends Claim>(state: State<C>, remembered: Remembered, now: number): Change<C>[] {
  const { domain, owner, delegation, clearAt } = remembered
  const verdict = verdictOf(claimsTo(state.list, domain), delegation)
  if (verdict.kind !== 'served' || verdict.claim.owner !== owner) return []
  const one = ofClaimed(state, domain)
  if (one === undefined || one.kept !== undefined || state.keptCount >= state.countMax) return []
  const changes = keep(state, one, { claim: verdict.claim, delegation, clearAt: Math.min(clearAt, now) })
  plan(state, one, now + state.random.next() * state.doubtMs)
  return changes
}

/** Says what changed. */
function keep<C extends Claim>(state: State<C>, one: Watched<C>, after: Kept<C> | undefined): Change<C>[] {
  const before = one.kept
  state.keptCount += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
  one.kept = after
  one.isDoubted = false
  if (after !== undefined) one.failures = 0
  if (isNotable(one)) state.notable.add(one)
  else state.notable.delete(one)
  const isSame = before?.claim === after?.claim && spelled(before) === spelled(after)
  return isSame ? [] : [{ domain: one.domain, before, after }]
}

function isNotable({ kept, verdict }: Standing): boolean {
  return kept !== undefined || verdict?.kind === 'served' || verdict?.kind === 'contested'
}

/** What of a delegation matters to those who serve by it. */
function spelled(kept: Kept | undefined): string {
  if (kept === undefined) return ''
  const { hosts, ds, ttlS } = kept.delegation
  return JSON.stringify([ttlS, hosts, ds?.map(toHex)])
}
