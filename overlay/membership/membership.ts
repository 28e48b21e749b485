// Membership: who is alive at this moment, by SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips,
// Currey 2018) as a machine.
//
// Each period every member pings one other; who does not answer is asked through helpers; who still does not answer is
// suspected; who does not object in time is dead. Changes ride on those same frames. Load per member does not depend
// on the size of the group, nor does the time to the first detection. This file is the list of what happens to a frame
// and on a wake; beliefs, detector, repairs and outbox do it.
//
// Beyond the papers: sayings are sealed by their subject (`member.ts`), frames speak once (`freshness.ts`), hearsay
// only makes suspect (`beliefs.ts`), flapping members are damped (`damping.ts`), a late wake blames this machine
// first. Who is not known is admitted only when a member speaks for it or when it answers a question of ours.
// Rejected: all-to-all heartbeats (load grows with n²), and a detector over TCP (it would measure retransmissions).

import { sample } from '../../base/random.ts'
import { type Address, sameAddress } from '../address.ts'
import type { Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { Beliefs } from './beliefs.ts'
import { Detector } from './detector.ts'
import type { MembershipEvent, Refusal } from './event.ts'
import { Health } from './health.ts'
import type { Member } from './member.ts'
import type { MembershipOptions, MembershipTuning } from './options.ts'
import { type MembershipEffect, Outbox, tell } from './outbox.ts'
import { Repairs } from './repairs.ts'
import { frameBytes, frameBytesMax, type Message } from './wire.ts'

/** Members of a synced that make room for a bare ping, which is smaller than two. */
const sparedForPing = 2

export class Membership implements Machine<Message, MembershipEvent, Address> {
  readonly #options: MembershipOptions
  readonly #tuning: MembershipTuning
  readonly #health: Health
  readonly #beliefs: Beliefs
  readonly #outbox: Outbox
  readonly #detector: Detector
  readonly #repairs: Repairs
  #isForgiven = false

  constructor(options: MembershipOptions, now: number) {
    const { tuning, random } = options
    this.#options = options
    this.#tuning = tuning
    this.#health = new Health(tuning.healthMax)
    this.#beliefs = new Beliefs(options, this.#health, now)
    this.#outbox = new Outbox(this.#beliefs, options, random)
    this.#detector = new Detector(options, this.#beliefs, this.#outbox, this.#health, now)
    this.#repairs = new Repairs(options, this.#beliefs, this.#outbox, now)
  }

  /** This peer as others see it. */
  self(): Member {
    return this.#beliefs.self
  }

  /** Everybody known but this peer, the dead included for a while. */
  members(): readonly Member[] {
    return this.#beliefs.roster.all()
  }

  /** Those who are alive or suspect, without this peer; the same array until something changes. */
  live(): readonly Member[] {
    return this.#beliefs.roster.live()
  }

  /** Those of `live` on whom a route should be built: without who flaps; the same array until something changes. */
  routable(): readonly Member[] {
    return this.#beliefs.routable()
  }

  /** By how much this peer stretches its timeouts because it doubts itself; 1 is healthy. */
  stretch(): number {
    return this.#health.stretch
  }

  /** Asks these addresses for their members, and again at every `joinRetryMs` until somebody is known. */
  join(addresses: readonly Address[], now: number): MembershipEffect[] {
    this.#outbox.tick(now)
    return this.#repairs.join(addresses, now)
  }

  /** Takes members over that this peer itself wrote down earlier: their seals are not checked again, and they are not
   *  passed on as news. */
  introduce(members: readonly Member[], now: number): void {
    const { roster, probing } = this.#beliefs
    for (const member of members)
      if (member.id !== this.self().id && roster.remember(member)) probing.add(member.id)
    this.#repairs.settle(now)
  }

  /** Says goodbye and falls silent for good. Most of the group hears it at once, the rest within periods. */
  leave(): MembershipEffect[] {
    if (this.#hasLeft()) return []
    this.#beliefs.leave()
    const fanOut = 2 * this.#tuning.rumourFactor * Math.ceil(Math.log(this.#beliefs.size + 1))
    return sample(this.#options.random, this.live(), fanOut).map(to => this.#pingOnce(to))
  }

  /** Evidence from elsewhere, such as a fetch that failed: it has this member probed soon, and counts as this peer's
   *  one accusation when others suspect it already. It never is a verdict. */
  blame(id: PeerId, now: number): MembershipEffect[] {
    const member = this.#beliefs.roster.get(id)
    if (this.#hasLeft() || !member || !this.#beliefs.roster.isLive(id)) return []
    this.#beliefs.probing.hasten(id)
    return member.standing === 'suspect' ? this.#beliefs.accuse(id, now).map(tell) : []
  }

  /** Pings a live member to measure the round trip, which is told as `sampled`; nothing while another such ping is
   *  under way. Silence has no consequence. */
  sample(id: PeerId, now: number): MembershipEffect[] {
    const member = this.#beliefs.roster.get(id)
    if (this.#hasLeft() || !member || !this.#beliefs.roster.isLive(id)) return []
    this.#outbox.tick(now)
    return this.#detector.ping(id, member, 'measure', now)
  }

  wakeAt(): number {
    if (this.#hasLeft()) return Number.POSITIVE_INFINITY
    const { suspicions } = this.#beliefs
    return Math.min(this.#detector.wakeAt(), this.#repairs.wakeAt(), suspicions.nextAt())
  }

  wake(now: number): MembershipEffect[] {
    if (this.#hasLeft()) return []
    this.#outbox.tick(now)
    this.#noteLateness(now)
    const { suspicions } = this.#beliefs
    const effects = this.#detector.wake(now)
    for (const id of suspicions.unheard(now)) effects.push(...this.#askLastWord(id))
    for (const id of suspicions.due(now)) effects.push(...this.#beliefs.condemn(id, now).map(tell))
    effects.push(...this.#repairs.wake(now))
    return effects
  }

  receive(message: Message, from: Address, now: number): MembershipEffect[] {
    const { sender } = message
    if (this.#hasLeft() || sender.id === this.self().id) return []
    this.#outbox.tick(now)
    // Who is heard is where it says it is; else one signed word would turn the group's probes on a third party.
    if (!sameAddress(sender, from)) return refused('source')
    if (!sameAddress(message.to, this.self())) return refused('misdirected')
    const known = this.#beliefs.roster.get(sender.id)
    const isAnswer = this.#detector.expects(message, from) || this.#repairs.expects(message, from)
    // Stamps are remembered of members only: of strangers there may be any number.
    const isOfThisLife = known !== undefined && sender.incarnation >= known.incarnation
    const age = isOfThisLife
      ? this.#beliefs.freshness.judge(sender.id, sender.incarnation, message.stamp)
      : 'old'
    if (age === 'replayed') return refused('replayed')
    if (age === 'old' && !isAnswer) return this.#answerStranger(message, from, now)
    return this.#hearFrame(message, from, now)
  }

  #hearFrame(message: Message, from: Address, now: number): MembershipEffect[] {
    const { sender, kind } = message
    // Before the sender is heard: a new address is not proven, and its reply is bounded by what came from it.
    const bytesMax = this.#beliefs.roster.isProven(sender.id) ? frameBytesMax : frameBytes(message)
    const effects: MembershipEffect[] = this.#beliefs.hear(sender, sender.id, now).map(tell)
    if (effects.some(isRefusal)) return effects
    const teller = kind === 'sync' || kind === 'synced' ? undefined : sender.id
    for (const update of message.updates) {
      const heard = this.#beliefs.hear(update, teller, now).map(tell)
      effects.push(...heard)
      // One forged claim condemns the rest of the frame: each would cost a verification.
      if (heard.some(isRefusal)) break
    }
    if ('accusations' in message)
      for (const accusation of message.accusations)
        effects.push(...this.#beliefs.hearAccusation(accusation, now).map(tell))
    if (sender.standing !== 'left') effects.push(...this.#answer(message, from, bytesMax, now))
    return effects
  }

  #answer(message: Message, from: Address, bytesMax: number, now: number): MembershipEffect[] {
    const { sequence, sender } = message
    switch (message.kind) {
      case 'ping': {
        const ack = this.#outbox.gossip(sender.id, from, { kind: 'ack', sequence }, bytesMax)
        const member = this.#beliefs.roster.get(sender.id)
        const { coordinate } = message
        if (coordinate.length === 0 || !member) return [ack]
        return [ack, tell({ kind: 'placed', member, coordinate })]
      }
      case 'ack':
        return this.#detector.acked(message, from, now)
      case 'ask':
        return this.#detector.help(message, from, bytesMax, now)
      case 'vouch':
      case 'nack':
        return this.#detector.helped(message, now)
      case 'sync':
        return [this.#repairs.answer(message, from)]
      case 'synced':
        return this.#repairs.answered(message, from, now)
    }
  }

  /** Nothing that it says is believed, for it may be a recording. It is told that we are here; a newcomer that asks for
   *  members is asked in turn whether it is there, and is admitted by its answer. */
  #answerStranger(message: Message, from: Address, now: number): MembershipEffect[] {
    const { kind, sequence, sender } = message
    const refusal = refused('stranger')
    if (sender.standing === 'left') return refusal
    if (kind === 'ping') return [...refusal, this.#outbox.bare(from, { kind: 'ack', sequence })]
    if (kind !== 'sync') return refusal
    const ping = message.room < sparedForPing ? [] : this.#detector.ping(sender.id, from, 'admit', now)
    return [...refusal, this.#repairs.answer(message, from, ping.length * sparedForPing), ...ping]
  }

  #pingOnce(to: Member): MembershipEffect {
    return this.#outbox.send(to, { kind: 'ping', sequence: this.#outbox.nextSequence() })
  }

  /** The answer needs no matching: whatever comes from the accused carries its incarnation. */
  #askLastWord(id: PeerId): MembershipEffect[] {
    const accused = this.#tuning.isExtended ? this.#beliefs.roster.get(id) : undefined
    if (!accused) return []
    const body = { kind: 'ping' as const, sequence: this.#outbox.nextSequence() }
    return [this.#outbox.send(accused, body, this.#beliefs.accusationOf(id))]
  }

  /** A frozen process wakes with answers unread in its socket; its timers must not judge before those are read. */
  #noteLateness(now: number): void {
    const lateMs = now - this.wakeAt()
    const isLate = lateMs >= this.#tuning.probeTimeoutMs
    if (isLate) this.#detector.spoil()
    // Never twice in a row: on a machine that is always late, nothing would ever come due.
    this.#isForgiven = this.#tuning.isExtended && isLate && !this.#isForgiven
    if (!this.#isForgiven) return
    const graceMs = lateMs + this.#tuning.probeTimeoutMs
    this.#beliefs.suspicions.postpone(graceMs)
    this.#detector.postpone(graceMs)
  }

  #hasLeft(): boolean {
    return this.self().standing === 'left'
  }
}

function refused(reason: Refusal): MembershipEffect[] {
  return [tell({ kind: 'refused', reason })]
}

function isRefusal(effect: MembershipEffect): boolean {
  return effect.do === 'tell' && effect.event.kind === 'refused'
}
