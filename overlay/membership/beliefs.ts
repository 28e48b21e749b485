// Beliefs: what this peer holds true of itself and of others, and how a saying changes it.
//
// Every saying goes through `hear`, whoever says it, this peer's own verdicts included: so there is one order of
// precedence (`member.ts`), one place that starts and ends suspicions, and one that decides what becomes a rumour.
// A death by hearsay is taken as a suspicion: a liar then costs a refutation and not a member.

import type { PeerId } from '../peer.ts'
import { type Accusation, hasGoodAccuser, sealAccusation } from './accusation.ts'
import { Damping } from './damping.ts'
import type { MembershipEvent, Refusal } from './event.ts'
import { Freshness } from './freshness.ts'
import type { Health } from './health.ts'
import {
  accusersMax,
  hasGoodSeal,
  incarnationMax,
  isLive,
  type Member,
  overrides,
  sealMember,
  tagOf,
  type Update,
} from './member.ts'
import type { MembershipOptions, MembershipTuning } from './options.ts'
import { Probing } from './probing.ts'
import { Roster } from './roster.ts'
import { Rumours } from './rumours.ts'
import { Suspicions } from './suspicion.ts'
import { accusationBytes } from './wire.ts'

/** An accused may object so often while word of it travels; what is older is a recording. */
const objectionsMeanwhile = 2
const noSeal = new Uint8Array(0)

export class Beliefs {
  readonly roster: Roster
  readonly suspicions: Suspicions
  readonly probing: Probing
  readonly freshness: Freshness
  readonly #damping: Damping
  readonly #rumours: Rumours<Update>
  readonly #accusations: Rumours<Accusation>
  readonly #health: Health
  readonly #options: MembershipOptions
  readonly #tuning: MembershipTuning
  readonly #ownTag: number
  #self: Member
  #routable: readonly Member[] | undefined

  constructor(options: MembershipOptions, health: Health, now: number) {
    const { tuning } = options
    this.#options = options
    this.#tuning = tuning
    this.#health = health
    this.#self = sealMember({ ...options.self, standing: 'alive' }, options.sign)
    this.#ownTag = tagOf(options.self.id)
    this.roster = new Roster(tuning.membersMax, options.verify, id => this.#forget(id))
    this.freshness = new Freshness(now - tuning.forgetMs)
    this.suspicions = new Suspicions(tuning)
    this.probing = new Probing(options.random)
    this.#damping = new Damping(tuning)
    this.#rumours = new Rumours(tuning.rumourFactor)
    this.#accusations = new Rumours(tuning.rumourFactor)
  }

  get self(): Member {
    return this.#self
  }

  /** Of the group, self included. */
  get size(): number {
    return this.roster.liveCount + 1
  }

  routable(): readonly Member[] {
    return (this.#routable ??= this.roster.live().filter(member => !this.#damping.isDamped(member.id)))
  }

  leave(): void {
    this.#self = sealMember({ ...this.#self, standing: 'left' }, this.#options.sign)
  }

  /** `teller` sent the frame; undefined when it comes out of a repair, which also brings old news. */
  hear(update: Update, teller: PeerId | undefined, now: number): MembershipEvent[] {
    if (update.id === this.#self.id) return this.#refute(update)
    const claim = this.#soften(update, teller)
    const heard = this.roster.hear(claim, now)
    if (heard === 'known') {
      this.#confirm(claim, update, teller)
      return []
    }
    if (typeof heard === 'string') return refused(heard)
    const { before, member } = heard
    this.#routable = undefined
    this.#rumours.add(member)
    if (isLive(member)) this.probing.add(member.id)
    if (member.standing !== 'suspect') this.suspicions.end(member.id)
    const events = eventsOf(before, member)
    if (member.standing !== 'suspect') return events
    this.suspicions.begin(member.id, this.size, now)
    this.#confirm(claim, update, teller)
    return events
  }

  /** A member's word about another, by whichever way it came. */
  hearAccusation(accusation: Accusation, now: number): MembershipEvent[] {
    const { id, accuser, incarnation } = accusation
    const accused = this.roster.get(id)
    if (!accused || !this.roster.isLive(accuser) || id === accuser) return []
    const isOfNow = Math.abs(accused.incarnation - incarnation) <= objectionsMeanwhile
    if (!isOfNow || !this.#damping.isNews(accusation)) return []
    if (!hasGoodAccuser(accusation, this.#options.verify)) return refused('forged')
    return this.#count(accusation, now)
  }

  /** This peer's own finding, and who told it so at first hand. */
  accuse(id: PeerId, now: number, witnesses: Iterable<PeerId> = []): MembershipEvent[] {
    const member = this.roster.get(id)
    if (!member || !isLive(member)) return []
    if (this.#tuning.suspicionAlpha === 0) return this.condemn(id, now)
    const own = this.#self.id
    const accusers = [this.#ownTag, ...Array.from(witnesses, tagOf)].slice(0, accusersMax)
    const events = this.hear({ ...member, standing: 'suspect', accusers }, own, now)
    if (this.#tuning.dampingHigh === Number.POSITIVE_INFINITY) return events
    const said = { id, incarnation: member.incarnation, accuser: own }
    const isNews = this.#damping.isNews({ ...said, seal: noSeal })
    return isNews ? [...events, ...this.#count(sealAccusation(said, this.#options.sign), now)] : events
  }

  /** The verdict, when the time of suspicion is over. */
  condemn(id: PeerId, now: number): MembershipEvent[] {
    const member = this.roster.get(id)
    return member && isLive(member) ? this.hear({ ...member, standing: 'dead' }, this.#self.id, now) : []
  }

  /** What rides on a frame to `to`: first what is held against it (Lifeguard's buddy rule), then the rumours. */
  updatesFor(to: PeerId, countMax: number, bytesMax: number, bytesOf: (u: Update) => number): Update[] {
    const first = this.#tuning.tellsAccused ? this.accusationOf(to) : []
    for (const update of first) bytesMax -= bytesOf(update)
    if (bytesMax < 0) return []
    const rest = this.#rumours.take(countMax - first.length, bytesMax, bytesOf, this.size, first[0]?.id)
    return first.length > 0 ? [...first, ...rest] : rest
  }

  /** Accusations for the room that updates left on a frame. */
  accusations(countMax: number, bytesMax: number): Accusation[] {
    return this.#accusations.take(countMax, bytesMax, () => accusationBytes, this.size)
  }

  accusationOf(id: PeerId): Member[] {
    const member = this.roster.get(id)
    return member && member.standing !== 'alive' ? [member] : []
  }

  /** To be called once a period: what time alone changes. */
  age(now: number): MembershipEvent[] {
    this.roster.forget(now - this.#tuning.forgetMs)
    return this.#damping.restored(now).flatMap(id => this.#routeAgain(id, 'restored'))
  }

  #soften(claim: Update, teller: PeerId | undefined): Update {
    if (claim.standing !== 'dead' || teller === this.#self.id || !this.roster.isLive(claim.id)) return claim
    const isTrusting = !this.#tuning.isExtended && teller !== undefined
    return isTrusting ? claim : { ...claim, standing: 'suspect' }
  }

  /** Counts its accusers; who tells of a death speaks for itself alone. */
  #confirm(claim: Update, told: Update, teller: PeerId | undefined): void {
    const member = this.roster.get(claim.id)
    if (claim.standing !== 'suspect' || member?.standing !== 'suspect') return
    if (claim.incarnation !== member.incarnation || this.#tuning.confirmationsMax === 0) return
    const isVerdict = told.standing === 'dead' && teller !== undefined
    const accusers = this.suspicions.confirm(claim.id, isVerdict ? [tagOf(teller)] : (told.accusers ?? []))
    if (accusers) this.#rumours.add({ ...member, accusers })
  }

  #count(accusation: Accusation, now: number): MembershipEvent[] {
    this.#accusations.add(accusation)
    return this.#damping.accuse(accusation, now) ? this.#routeAgain(accusation.id, 'damped') : []
  }

  #routeAgain(id: PeerId, kind: 'damped' | 'restored'): MembershipEvent[] {
    const member = this.roster.get(id)
    this.#routable = undefined
    return member ? [{ kind, member }] : []
  }

  #forget(id: PeerId): void {
    this.#rumours.forget(id)
    this.#accusations.forget(id)
    this.#damping.forget(id)
    this.freshness.forget(id)
  }

  /** Anything worse than what this peer says of itself, or its own word of an earlier life, is outbid. */
  #refute(claim: Member): MembershipEvent[] {
    if (!overrides(claim, this.#self)) return []
    const own = this.#self.incarnation
    if (claim.incarnation > own && !hasGoodSeal(claim, this.#options.verify)) return refused('forged')
    if (claim.incarnation >= incarnationMax) return []
    this.#self = sealMember({ ...this.#self, incarnation: claim.incarnation + 1 }, this.#options.sign)
    this.#rumours.add(this.#self)
    this.#health.worse(1)
    return [{ kind: 'refuted', member: this.#self }]
  }
}

function eventsOf(before: Member | undefined, member: Member): MembershipEvent[] {
  const isNew = isLive(member) && !(before && isLive(before))
  const events: MembershipEvent[] = isNew ? [{ kind: 'joined', member }] : []
  if (member.standing === 'alive') return isNew ? events : [{ kind: 'refreshed', member }]
  if (member.standing === before?.standing) return events
  const kind = ({ suspect: 'suspected', dead: 'failed', left: 'left' } as const)[member.standing]
  return [...events, { kind, member }]
}

function refused(reason: Refusal): MembershipEvent[] {
  return [{ kind: 'refused', reason }]
}
