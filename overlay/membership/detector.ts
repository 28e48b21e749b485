// The detector: one probe a period, with helpers, and the verdict on it (SWIM §3.1, Lifeguard §4.A).
//
// A direct ping that is not answered in time is repeated through helpers, because the fault may lie on one path only.
// The timeout follows the predicted round trip: what is near is missed sooner. When all helpers have said that they
// had no answer either, nothing is left to wait for. A member that enough others accuse already is pinged, so that
// it hears of it, but nobody is asked to help: whatever came of it would change nothing.

import { type Address, sameAddress } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Beliefs } from './beliefs.ts'
import { Errands } from './errands.ts'
import type { Health } from './health.ts'
import type { MembershipOptions, MembershipTuning } from './options.ts'
import { type MembershipEffect, type Outbox, tell } from './outbox.ts'
import type { HelpFrame, Message, ProbeFrame } from './wire.ts'

/** A timeout of this many predicted round trips, and so much for the pauses of two event loops. */
const rttFactor = 2
const rttSlackMs = 30
/** Of its own timeout, when a helper says that it has no answer; as in the paper. */
const nackShare = 0.8

type Probe = {
  readonly id: PeerId
  readonly address: Address
  readonly sequence: number
  readonly sentAt: number
  /** When helpers are asked; `Infinity` once they were. */
  helpAt: number
  helpers: readonly PeerId[]
  readonly nacks: Set<PeerId>
  /** `moot`: not answered, but helpers were not asked and nobody is to blame. */
  state: 'open' | 'answered' | 'failed' | 'moot'
  /** This process paused meanwhile, so the round trip says nothing. */
  isSpoilt: boolean
}

export class Detector {
  readonly #beliefs: Beliefs
  readonly #outbox: Outbox
  readonly #health: Health
  readonly #errands: Errands
  readonly #options: MembershipOptions
  readonly #tuning: MembershipTuning
  #probe: Probe | undefined
  #periodAt: number

  /** The first period begins at a random moment of one interval after `now`, so that peers do not march in step. */
  constructor(options: MembershipOptions, beliefs: Beliefs, outbox: Outbox, health: Health, now: number) {
    this.#options = options
    this.#tuning = options.tuning
    this.#beliefs = beliefs
    this.#outbox = outbox
    this.#health = health
    this.#errands = new Errands(options.tuning.errandsMax)
    this.#periodAt = now + options.random.next() * options.tuning.probeIntervalMs
  }

  wakeAt(): number {
    const helpAt = this.#probe?.helpAt ?? Number.POSITIVE_INFINITY
    return Math.min(this.#periodAt, helpAt, this.#errands.nextAt())
  }

  wake(now: number): MembershipEffect[] {
    const effects: MembershipEffect[] = []
    for (const { asker, askerSequence, target } of this.#errands.unanswered(now))
      effects.push(this.#outbox.send(asker, { kind: 'nack', sequence: askerSequence, target }))
    if (this.#probe && this.#probe.helpAt <= now) effects.push(...this.#askHelpers(this.#probe))
    if (this.#periodAt <= now) effects.push(...this.#period(now))
    return effects
  }

  /** This process paused: what was measured meanwhile is void. */
  spoil(): void {
    if (this.#probe) this.#probe.isSpoilt = true
    this.#errands.spoilMeasures()
  }

  postpone(byMs: number): void {
    this.#periodAt += byMs
    if (this.#probe) this.#probe.helpAt += byMs
  }

  /** Whether this frame answers a question of ours, which makes it fresh whatever its stamp says. */
  expects({ kind, sequence, sender }: Message, from: Address): boolean {
    if (kind !== 'ack') return false
    return (
      this.#isProbed(sequence, sender.id, from) || this.#errands.find(sequence, sender.id, from) !== undefined
    )
  }

  acked(message: ProbeFrame, from: Address, now: number): MembershipEffect[] {
    const { sequence, sender, coordinate } = message
    const { roster } = this.#beliefs
    const probe = this.#probe
    let sentAt = Number.NaN
    const effects: MembershipEffect[] = []
    if (probe && this.#isProbed(sequence, sender.id, from)) {
      if (!probe.isSpoilt) sentAt = probe.sentAt
      this.#succeed(probe)
      roster.prove(sender.id)
      // A second copy measures nothing.
      probe.isSpoilt = true
    }
    const errand = this.#errands.find(sequence, sender.id, from)
    if (errand) {
      this.#errands.end(sequence)
      roster.prove(sender.id)
      if (errand.purpose === 'measure') sentAt = errand.sentAt
      if (errand.purpose === 'help') {
        const body = { kind: 'vouch' as const, sequence: errand.askerSequence, target: errand.target }
        effects.push(this.#outbox.send(errand.asker, body))
      }
    }
    const member = roster.get(sender.id)
    if (member && !Number.isNaN(sentAt))
      effects.push(tell({ kind: 'sampled', member, rttMs: now - sentAt, coordinate }))
    return effects
  }

  /** A helper says what came of it. */
  helped(message: HelpFrame, now: number): MembershipEffect[] {
    const probe = this.#probe
    const { kind, sequence, sender, target } = message
    if (probe?.sequence !== sequence || probe.id !== target || !probe.helpers.includes(sender.id)) return []
    if (kind === 'vouch') {
      this.#succeed(probe)
      return []
    }
    probe.nacks.add(sender.id)
    const isHopeless = this.#tuning.isExtended && probe.nacks.size === probe.helpers.length
    return isHopeless ? this.#judge(probe, now) : []
  }

  /** Pings the target of an `ask`, in frames of no more than `bytesMax`. */
  help(ask: HelpFrame, asker: Address, bytesMax: number, now: number): MembershipEffect[] {
    const { target, sequence: askerSequence } = ask
    const address = this.#beliefs.roster.get(target)
    if (!address || !this.#beliefs.roster.isLive(target)) return []
    const sequence = this.#outbox.nextSequence()
    const nacks = this.#tuning.healthMax > 0
    const nackAt = nacks ? now + nackShare * this.#timeoutMs(target) : Number.POSITIVE_INFINITY
    const span = { sentAt: now, endsAt: now + this.#tuning.probeIntervalMs, nackAt }
    const errand = { purpose: 'help' as const, target, address, asker, askerSequence, ...span }
    if (!this.#errands.begin(sequence, errand)) return []
    return [this.#outbox.gossip(target, address, { kind: 'ping', sequence }, bytesMax)]
  }

  /** Pings somebody for another purpose than the round, unless as many such pings are under way as there may be. */
  ping(id: PeerId, to: Address, purpose: 'admit' | 'measure', now: number): MembershipEffect[] {
    if (purpose === 'measure' && this.#errands.isMeasuring(now)) return []
    const sequence = this.#outbox.nextSequence()
    const span = { sentAt: now, endsAt: now + this.#tuning.probeIntervalMs }
    if (!this.#errands.begin(sequence, { purpose, target: id, address: to, ...span })) return []
    const body = { kind: 'ping' as const, sequence }
    return [purpose === 'admit' ? this.#outbox.bare(to, body) : this.#outbox.gossip(id, to, body)]
  }

  #isProbed(sequence: number, id: PeerId, from: Address): boolean {
    const probe = this.#probe
    return probe?.sequence === sequence && probe.id === id && sameAddress(probe.address, from)
  }

  #succeed(probe: Probe): void {
    probe.helpAt = Number.POSITIVE_INFINITY
    if (probe.state !== 'open') return
    probe.state = 'answered'
    this.#health.better()
  }

  /** The end of a period is the verdict on its probe and the beginning of the next. */
  #period(now: number): MembershipEffect[] {
    const effects = this.#probe ? this.#judge(this.#probe, now) : []
    this.#probe = undefined
    this.#errands.expire(now)
    effects.push(...this.#beliefs.age(now).map(tell))
    const lengthMs = this.#tuning.probeIntervalMs * this.#health.stretch
    this.#periodAt = now - this.#periodAt < lengthMs ? this.#periodAt + lengthMs : now + lengthMs
    const { roster, probing } = this.#beliefs
    const id = probing.next(peer => roster.isLive(peer))
    const address = id === undefined ? undefined : roster.get(id)
    if (id === undefined || address === undefined) return effects
    const sequence = this.#outbox.nextSequence()
    this.#probe = {
      ...{ id, address, sequence, sentAt: now, helpAt: now + this.#timeoutMs(id) * this.#health.stretch },
      ...{ helpers: [], nacks: new Set<PeerId>(), state: 'open', isSpoilt: false },
    }
    effects.push(this.#outbox.gossip(id, address, { kind: 'ping', sequence }))
    return effects
  }

  #judge(probe: Probe, now: number): MembershipEffect[] {
    if (probe.state !== 'open') return []
    probe.state = 'failed'
    // When all helpers were heard the line is sound, and the fault is the other's; as memberlist counts, not the paper.
    this.#health.worse(probe.helpers.length === 0 ? 1 : probe.helpers.length - probe.nacks.size)
    // Each helper that had no answer has found out for itself, as far as it could.
    const witnesses = this.#tuning.isExtended ? probe.nacks : []
    return this.#beliefs.accuse(probe.id, now, witnesses).map(tell)
  }

  #askHelpers(probe: Probe): MembershipEffect[] {
    probe.helpAt = Number.POSITIVE_INFINITY
    if (probe.state !== 'open') return []
    const { probing, roster, suspicions } = this.#beliefs
    if (suspicions.isConfirmed(probe.id)) {
      probe.state = 'moot'
      return []
    }
    const mayHelp = (id: PeerId): boolean => id !== probe.id && roster.get(id)?.standing === 'alive'
    probe.helpers = probing.pick(this.#tuning.helpersMax, mayHelp)
    const body = { kind: 'ask' as const, sequence: probe.sequence, target: probe.id }
    return probe.helpers.map(id => this.#outbox.gossip(id, roster.get(id)!, body))
  }

  #timeoutMs(id: PeerId): number {
    const { probeTimeoutMs, probeTimeoutMinMs } = this.#tuning
    const rttMs = this.#options.predictRttMs?.(id)
    if (rttMs === undefined) return probeTimeoutMs
    return Math.min(probeTimeoutMs, Math.max(probeTimeoutMinMs, rttFactor * rttMs + rttSlackMs))
  }
}
