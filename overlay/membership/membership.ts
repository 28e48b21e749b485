// Membership: who is alive at this moment, by SWIM (Das, Gupta, Motivala, DSN 2002) as a machine.
//
// Each period every member pings one other; who does not answer is asked through k helpers; who still does not
// answer is suspected; who does not object in time is dead. Changes ride on those same frames. Load per member does
// not depend on the size of the group, nor does the time to the first detection. Compared with the paper: sayings
// are sealed by their subject (`member.ts`), hearsay only makes suspect (`suspicion.ts`), joining and repair walk the
// roster in slices (`walks.ts`), and a wake that comes late blames this machine before it blames others.
// Rejected: all-to-all heartbeats (load grows with n²), and a detector over TCP (it would measure retransmissions).

import { integerBelow, sample } from '../../base/random.ts'
import { type Address, sameAddress } from '../address.ts'
import type { Effect, Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { hasGoodSeal, incarnationMax, isLive, type Member, overrides, sealMember } from './member.ts'
import type { MembershipOptions, MembershipTuning } from './options.ts'
import { Errands, type Probe } from './probe.ts'
import { Probing } from './probing.ts'
import { Roster } from './roster.ts'
import { Rumours } from './rumours.ts'
import { Suspicions, suspicionPeriods } from './suspicion.ts'
import { Walks } from './walks.ts'
import { type Message, membersPerFrameMax } from './wire.ts'

/** `refreshed`: alive again or at another address. `refuted`: this peer itself was accused and objected.
 *  `refused`: a frame or claim was ignored, and why. */
export type MembershipEvent =
  | { kind: 'joined' | 'suspected' | 'failed' | 'left' | 'refreshed' | 'refuted'; member: Member }
  | { kind: 'refused'; reason: 'forged' | 'full' | 'source' }

export type MembershipEffect = Effect<Message, MembershipEvent, Address>
type Effects = MembershipEffect[]

type Body = Message extends infer M ? (M extends Message ? Omit<M, 'sender' | 'updates'> : never) : never

export class Membership implements Machine<Message, MembershipEvent, Address> {
  #self: Member
  readonly #options: MembershipOptions
  readonly #tuning: MembershipTuning
  readonly #roster: Roster
  readonly #rumours: Rumours
  readonly #probing: Probing
  readonly #suspicions = new Suspicions()
  readonly #errands: Errands
  readonly #walks = new Walks()
  #bootstraps: Address[] = []
  #probe: Probe | undefined
  #sequence: number
  #periodAt: number
  #syncAt: number
  /** Until the next repair; doubles from `joinRetryMs` to `syncIntervalMs`, for most is learnt early. */
  #syncGapMs: number
  #forgiven = false

  /** The first period begins at a random moment of one interval after `now`, so that peers do not march in step. */
  constructor(options: MembershipOptions, now: number) {
    const { tuning, random } = options
    this.#options = options
    this.#tuning = tuning
    this.#self = sealMember({ ...options.self, standing: 'alive' }, options.sign)
    this.#roster = new Roster(tuning.membersMax, options.verify)
    this.#rumours = new Rumours(tuning.rumourFactor)
    this.#probing = new Probing(random)
    this.#errands = new Errands(tuning.errandsMax)
    this.#sequence = integerBelow(random, 2 ** 32) // so that nobody off the path guesses what an answer must repeat
    this.#periodAt = now + random.next() * tuning.probeIntervalMs
    this.#syncGapMs = tuning.joinRetryMs
    this.#syncAt = now + tuning.joinRetryMs
  }

  /** This peer as others see it. */
  self(): Member {
    return this.#self
  }

  /** Everybody known but this peer, the dead included for a while. */
  members(): readonly Member[] {
    return this.#roster.all()
  }

  /** Those to be counted on, alive or suspect, without this peer; the same array until something changes. */
  live(): readonly Member[] {
    return this.#roster.live()
  }

  /** Asks these addresses for their members, and again at every `joinRetryMs` until somebody is known. */
  join(addresses: readonly Address[], now: number): MembershipEffect[] {
    this.#bootstraps = addresses
      .filter(address => !sameAddress(address, this.#self))
      .slice(0, this.#tuning.bootstrapsMax)
    return this.#bootstraps.map(address => this.#walk(address, '', this.#slicesMax(), now))
  }

  /** Says goodbye and falls silent for good. Most of the group hears it at once, the rest within periods. */
  leave(): MembershipEffect[] {
    if (this.#self.standing === 'left') return []
    this.#self = sealMember({ ...this.#self, standing: 'left' }, this.#options.sign)
    const fanOut = 2 * this.#tuning.rumourFactor * Math.ceil(Math.log(this.#size() + 1))
    const told = sample(this.#options.random, this.live(), fanOut)
    return told.map(to => this.#send(to, { kind: 'ping', sequence: this.#nextSequence() }, []))
  }

  wakeAt(): number {
    if (this.#self.standing === 'left') return Number.POSITIVE_INFINITY
    const helpAt = this.#probe?.helpAt ?? Number.POSITIVE_INFINITY
    return Math.min(this.#periodAt, this.#syncAt, helpAt, this.#suspicions.nextAt())
  }

  wake(now: number): MembershipEffect[] {
    if (this.#self.standing === 'left') return []
    this.#forgiveLateness(now)
    const effects: Effects = []
    if (this.#probe && this.#probe.helpAt <= now) effects.push(...this.#askHelpers(this.#probe))
    if (this.#periodAt <= now) effects.push(...this.#period(now))
    for (const id of this.#suspicions.unheard(now)) effects.push(...this.#askLastWord(id))
    for (const id of this.#suspicions.due(now)) effects.push(...this.#accuse(id, 'dead', now))
    if (this.#syncAt <= now) effects.push(...this.#repair(now))
    return effects
  }

  receive(message: Message, from: Address, now: number): MembershipEffect[] {
    if (this.#self.standing === 'left' || message.sender.id === this.#self.id) return []
    const { sender } = message
    // Who is heard is where it says it is; else one signed word would turn the group's probes on a third party.
    if (!sameAddress(sender, from)) return [refused('source')]
    // Before the sender is admitted: a stranger's reply is bounded by what it sent.
    const room = this.#roster.isProven(sender.id) ? this.#tuning.updatesPerFrameMax : message.updates.length
    const effects = this.#hear(sender, now)
    if (effects.some(effect => effect.do === 'tell' && effect.event.kind === 'refused')) return effects
    const bySync = message.kind === 'sync' || message.kind === 'synced'
    for (const claim of message.updates) {
      const heard = this.#hear(this.#soften(claim, bySync), now)
      effects.push(...heard)
      // One forged claim condemns the rest of the frame: each would cost a verification.
      if (heard.some(effect => effect.do === 'tell' && effect.event.kind === 'refused')) break
    }
    if (sender.standing !== 'left') effects.push(...this.#answer(message, from, room, now))
    return effects
  }

  #answer(message: Message, from: Address, room: number, now: number): Effects {
    const { sequence, sender } = message
    switch (message.kind) {
      case 'ping':
        return [this.#send(from, { kind: 'ack', sequence }, this.#updates(sender.id, room))]
      case 'ack':
        return this.#acked(sequence, sender.id, from)
      case 'ask':
        return this.#runErrand(message.target, from, sequence, room, now)
      case 'vouch':
        if (this.#probe?.sequence === sequence && this.#probe.id === message.target)
          this.#probe.answered ||= this.#probe.helpers.includes(sender.id)
        return []
      case 'sync': {
        const first = this.#accusation(sender.id).slice(0, message.room)
        const { members, more } = this.#roster.slice(message.after, message.room - first.length)
        return [this.#send(from, { kind: 'synced', sequence, more }, [...first, ...members])]
      }
      case 'synced': {
        const walk = this.#walks.answered(sequence, from)
        if (!walk) return []
        this.#roster.prove(sender.id)
        const last = message.updates.at(-1)?.id
        if (!message.more || last === undefined || walk.slicesLeft <= 1) return []
        return [this.#walk(from, last, walk.slicesLeft - 1, now)]
      }
    }
  }

  /** The end of a period is the verdict on its probe and the beginning of the next. */
  #period(now: number): Effects {
    const { probeIntervalMs, probeTimeoutMs, suspicionFactor, updatesPerFrameMax } = this.#tuning
    const effects: Effects = []
    if (this.#probe && !this.#probe.answered)
      effects.push(...this.#accuse(this.#probe.id, suspicionFactor === 0 ? 'dead' : 'suspect', now))
    this.#probe = undefined
    this.#periodAt =
      now - this.#periodAt < probeIntervalMs ? this.#periodAt + probeIntervalMs : now + probeIntervalMs
    this.#errands.expire(now)
    this.#walks.expire(now)
    for (const id of this.#roster.forget(now - this.#tuning.forgetMs)) this.#rumours.forget(id)
    const id = this.#probing.next(peer => this.#roster.isLive(peer))
    const target = id === undefined ? undefined : this.#roster.get(id)
    if (id === undefined || target === undefined) return effects
    const sequence = this.#nextSequence()
    this.#probe = {
      id,
      address: target,
      sequence,
      helpAt: now + probeTimeoutMs,
      helpers: [],
      answered: false,
    }
    effects.push(this.#send(target, { kind: 'ping', sequence }, this.#updates(id, updatesPerFrameMax)))
    return effects
  }

  #askHelpers(probe: Probe): Effects {
    probe.helpAt = Number.POSITIVE_INFINITY
    if (probe.answered) return []
    const others = this.live().filter(member => member.id !== probe.id)
    const helpers = sample(this.#options.random, others, this.#tuning.helpersMax)
    probe.helpers = helpers.map(helper => helper.id)
    const ask = { kind: 'ask' as const, sequence: probe.sequence, target: probe.id }
    return helpers.map(to => this.#send(to, ask, this.#updates(to.id, this.#tuning.updatesPerFrameMax)))
  }

  #runErrand(target: PeerId, asker: Address, askerSequence: number, room: number, now: number): Effects {
    const address = this.#roster.isLive(target) ? this.#roster.get(target) : undefined
    if (address === undefined) return []
    const sequence = this.#nextSequence()
    const endsAt = now + this.#tuning.probeIntervalMs
    if (!this.#errands.begin(sequence, { target, address, asker, askerSequence, endsAt })) return []
    return [this.#send(address, { kind: 'ping', sequence }, this.#updates(target, room))]
  }

  #acked(sequence: number, id: PeerId, from: Address): Effects {
    const probe = this.#probe
    if (probe?.sequence === sequence && probe.id === id && sameAddress(probe.address, from)) {
      probe.answered = true
      probe.helpAt = Number.POSITIVE_INFINITY
      this.#roster.prove(id)
    }
    const errand = this.#errands.complete(sequence, id, from)
    if (!errand) return []
    this.#roster.prove(id)
    return [this.#send(errand.asker, { kind: 'vouch', sequence: errand.askerSequence, target: id }, [])]
  }

  /** Now and then with somebody lost, because the two sides of a partition each believe the other dead. */
  #repair(now: number): Effects {
    const { random } = this.#options
    const { syncIntervalMs, syncLostShare, joinRetryMs } = this.#tuning
    const live = this.live()
    const isNew = this.#syncGapMs < syncIntervalMs
    this.#syncGapMs = live.length === 0 ? joinRetryMs : Math.min(2 * this.#syncGapMs, syncIntervalMs)
    this.#syncAt = now + this.#syncGapMs * (0.75 + random.next() / 2)
    if (live.length === 0) return this.#bootstraps.map(to => this.#walk(to, '', this.#slicesMax(), now))
    const known = (a: Address): boolean => live.some(member => sameAddress(member, a))
    const dead = this.#roster.all().filter(member => member.standing === 'dead')
    const lost = [...dead, ...this.#bootstraps.filter(address => !known(address))]
    const pool: readonly Address[] = lost.length > 0 && random.next() < syncLostShare ? lost : live
    const after = isNew ? '' : this.#roster.randomStart(membersPerFrameMax, random.next())
    const slices = isNew ? this.#slicesMax() : 1
    return sample(random, pool, 1).map(to => this.#walk(to, after, slices, now))
  }

  #walk(address: Address, after: PeerId | '', slicesLeft: number, now: number): MembershipEffect {
    const sequence = this.#nextSequence()
    const endsAt = now + Math.max(this.#tuning.joinRetryMs, this.#tuning.probeIntervalMs)
    this.#walks.begin(sequence, { address, slicesLeft, endsAt })
    const dead = this.#roster.all().find(m => m.standing === 'dead' && sameAddress(m, address))
    const first = dead ? [dead] : []
    const { members } = this.#roster.slice(after, membersPerFrameMax - first.length)
    const body = { kind: 'sync' as const, sequence, after, room: membersPerFrameMax }
    return this.#send(address, body, [...first, ...members])
  }

  #accuse(id: PeerId, standing: 'suspect' | 'dead', now: number): Effects {
    const member = this.#roster.get(id)
    return member && isLive(member) ? this.#hear({ ...member, standing }, now) : []
  }

  /** The answer needs no matching: whatever comes from the accused carries its incarnation. */
  #askLastWord(id: PeerId): Effects {
    const accused = this.#roster.get(id)
    if (!accused) return []
    return [this.#send(accused, { kind: 'ping', sequence: this.#nextSequence() }, this.#accusation(id))]
  }

  /** A death by hearsay is taken as a suspicion. A repair also brings old news from the far side of a partition. */
  #soften(claim: Member, bySync: boolean): Member {
    const trusting = this.#tuning.suspicionFactor === 0 && !bySync
    if (claim.standing !== 'dead' || trusting || !this.#roster.isLive(claim.id)) return claim
    return { ...claim, standing: 'suspect' }
  }

  #hear(claim: Member, now: number): Effects {
    if (claim.id === this.#self.id) return this.#refute(claim)
    const heard = this.#roster.hear(claim, now)
    if (heard === 'known') return []
    if (typeof heard === 'string') return [refused(heard)]
    const { before, member } = heard
    this.#rumours.add(member)
    if (isLive(member)) this.#probing.add(member.id)
    if (member.standing === 'suspect') {
      const { probeIntervalMs, suspicionFactor } = this.#tuning
      const endsAt = now + suspicionPeriods(suspicionFactor, this.#size()) * probeIntervalMs
      this.#suspicions.begin(member.id, Math.max(now, endsAt - probeIntervalMs), endsAt)
    } else this.#suspicions.end(member.id)
    const joined: Effects =
      before && isLive(before)
        ? []
        : isLive(member)
          ? [{ do: 'tell', event: { kind: 'joined', member } }]
          : []
    const kind = ({ suspect: 'suspected', dead: 'failed', left: 'left', alive: 'refreshed' } as const)[
      member.standing
    ]
    if (kind === 'refreshed') return joined.length ? joined : [{ do: 'tell', event: { kind, member } }]
    return before?.standing === member.standing
      ? joined
      : [...joined, { do: 'tell', event: { kind, member } }]
  }

  /** Anything worse than what this peer says of itself, or its own word of an earlier life, is outbid. */
  #refute(claim: Member): Effects {
    if (!overrides(claim, this.#self)) return []
    const own = this.#self.incarnation
    if (claim.incarnation > own && !hasGoodSeal(claim, this.#options.verify)) return [refused('forged')]
    if (claim.incarnation >= incarnationMax) return []
    this.#self = sealMember({ ...this.#self, incarnation: claim.incarnation + 1 }, this.#options.sign)
    this.#rumours.add(this.#self)
    return [{ do: 'tell', event: { kind: 'refuted', member: this.#self } }]
  }

  /** What rides on a frame to `to`: first what is held against it (Lifeguard's buddy rule), then the rumours. */
  #updates(to: PeerId, countMax: number): Member[] {
    if (countMax <= 0) return []
    const first = this.#accusation(to)
    const rest = this.#rumours.take(countMax - first.length, this.#size())
    return [...first, ...rest.filter(member => member.id !== first[0]?.id)]
  }

  #accusation(of: PeerId): Member[] {
    const member = this.#roster.get(of)
    return member && member.standing !== 'alive' ? [member] : []
  }

  /** A frozen process wakes with answers unread in its socket; its timers must not judge before those are read. */
  #forgiveLateness(now: number): void {
    const lateMs = now - this.wakeAt()
    // Never twice in a row: on a machine that is always late, nothing would ever come due.
    this.#forgiven = lateMs >= this.#tuning.probeTimeoutMs && !this.#forgiven
    if (!this.#forgiven) return
    const graceMs = lateMs + this.#tuning.probeTimeoutMs
    this.#suspicions.postpone(graceMs)
    this.#periodAt += graceMs
    if (this.#probe) this.#probe.helpAt += graceMs
  }

  #send(to: Address, body: Body, updates: readonly Member[]): MembershipEffect {
    const { host, port } = to
    return { do: 'send', to: { host, port }, message: { ...body, sender: this.#self, updates } as Message }
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0
    return this.#sequence
  }

  #slicesMax(): number {
    return Math.ceil(this.#tuning.membersMax / membersPerFrameMax)
  }

  #size(): number {
    return this.live().length + 1
  }
}

function refused(reason: 'forged' | 'full' | 'source'): MembershipEffect {
  return { do: 'tell', event: { kind: 'refused', reason } }
}
