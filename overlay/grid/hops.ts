// Hops: one question to one of several peers, the next when that one is silent or wrong (back-tracking).
//
// Questions travel recursively and answers come back along the same way. Iterating would leave control with the asker,
// but each step would dial a stranger, which on TCP with Noise costs three round trips; the reference tables of
// neighbours are connected already. Answering the asker directly would cost the same dial. A liar on the way is met
// by asking through another first peer (`lookup.ts`), silence by a patience of a few round trips for each hop: then
// the next peer is asked as well, while the first may still answer. Fuel bounds what one question can cause: each
// attempt hands over half of what is left, so all frames together are never more than the asker's fuel.

import type { PeerId } from '../peer.ts'
import { type Ground, type QueryEffect, send, tell } from './ground.ts'
import type { Answer, QueryMessage } from './queries-wire.ts'
import type { Reference } from './view.ts'

/** What somebody wants to know from one of several peers. */
export interface Quest {
  /** The frame for one attempt. */
  frame(leg: { id: number; fuel: number; waitMs: number }): QueryMessage
  /** Hops that are still to go after this peer, about. */
  hopsBeyond(peer: Reference): number
  /** `done`: no other need be asked. `soon`: others that were asked may still answer within the grace. `wait`: another
   *  opinion is wanted, of those already asked if there are any. `more`: this was no use, ask the next. */
  take(answer: Answer, from: PeerId): 'done' | 'soon' | 'wait' | 'more'
  /** Called once, when it is done, when all were asked, or when time is up. */
  end(now: number): QueryEffect[]
}

export type Trip = {
  readonly quest: Quest
  /** Best first. */
  readonly candidates: readonly Reference[]
  /** Asked at once to begin with. */
  readonly width: number
  readonly fuel: number
  readonly endsAt: number
}

type Open = {
  readonly quest: Quest
  readonly left: Reference[]
  fuel: number
  endsAt: number
  attempts: number
  isDone: boolean
}

type Attempt = {
  readonly trip: Open
  readonly peer: PeerId
  readonly sentAt: number
  /** When another is asked as well; `Infinity` once that was done. */
  patientUntil: number
  readonly endsAt: number
}

/** An attempt counts itself and hands on this share of what is left. */
const fuelShare = 1 / 2
/** The asked has a tenth less time, so that what it says at its last moment still comes in time. */
const waitShare = 0.9
/** Doubts are forgotten by then: a peer that was down for a moment is asked again. */
const doubtMs = 60_000

export class Hops {
  readonly #ground: Ground
  readonly #attempts = new Map<number, Attempt>()
  readonly #trips = new Set<Open>()
  /** Peers that let patience pass, and since when. */
  readonly #doubts = new Map<PeerId, number>()
  #nextAt = Number.POSITIVE_INFINITY

  constructor(ground: Ground) {
    this.#ground = ground
  }

  begin({ quest, candidates, width, fuel, endsAt }: Trip, now: number): QueryEffect[] {
    const { tripsMax } = this.#ground.tuning
    if (this.#trips.size >= tripsMax || this.#attempts.size >= 4 * tripsMax) return quest.end(now)
    const sure = candidates.filter(({ peer }) => !this.#isDoubtful(peer, now))
    const doubtful = candidates.filter(({ peer }) => this.#isDoubtful(peer, now))
    const trip: Open = { quest, left: [...sure, ...doubtful], fuel, endsAt, attempts: 0, isDone: false }
    this.#trips.add(trip)
    this.#soonest(endsAt)
    const effects: QueryEffect[] = []
    for (let i = 0; i < width; i++) effects.push(...this.#attempt(trip, now))
    return trip.attempts > 0 ? effects : this.#end(trip, now)
  }

  /** An answer that nobody waits for is left out. */
  answered(answer: Answer, from: PeerId, now: number): QueryEffect[] {
    const attempt = this.#attempts.get(answer.id)
    if (attempt?.peer !== from) return []
    const { trip, sentAt } = attempt
    this.#attempts.delete(answer.id)
    this.#doubts.delete(from)
    this.#ground.view.answered(from, Math.max(0, now - sentAt - answer.heldMs), now)
    if (trip.isDone) return []
    trip.attempts--
    const effects: QueryEffect[] = []
    const verdict = trip.quest.take(answer, from)
    if (verdict === 'done') return this.#end(trip, now)
    if (verdict === 'soon') {
      trip.left.length = 0
      trip.endsAt = Math.min(trip.endsAt, now + this.#ground.tuning.graceMs)
      this.#soonest(trip.endsAt)
    } else if (verdict === 'more' || trip.attempts === 0) effects.push(...this.#attempt(trip, now))
    return trip.attempts > 0 ? effects : [...effects, ...this.#end(trip, now)]
  }

  /** The driver could not deliver to this peer: what was asked of it is asked of the next at once. */
  lost(peer: PeerId, now: number): QueryEffect[] {
    const effects: QueryEffect[] = []
    for (const [id, attempt] of this.#attempts)
      if (attempt.peer === peer) effects.push(...this.#giveUp(id, attempt, now))
    return effects
  }

  wake(now: number): QueryEffect[] {
    if (now < this.#nextAt) return []
    const effects: QueryEffect[] = []
    for (const [id, attempt] of this.#attempts) {
      if (attempt.endsAt <= now) effects.push(...this.#giveUp(id, attempt, now))
      else if (attempt.patientUntil <= now) {
        attempt.patientUntil = Number.POSITIVE_INFINITY
        this.#doubt(attempt.peer, now)
        if (!attempt.trip.isDone) effects.push(...this.#attempt(attempt.trip, now))
      }
    }
    for (const trip of this.#trips) if (trip.endsAt <= now) effects.push(...this.#end(trip, now))
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const { endsAt, patientUntil } of this.#attempts.values())
      this.#soonest(Math.min(endsAt, patientUntil))
    for (const { endsAt } of this.#trips) this.#soonest(endsAt)
    return effects
  }

  wakeAt(): number {
    return this.#nextAt
  }

  #attempt(trip: Open, now: number): QueryEffect[] {
    const { rttMs, tuning } = this.#ground
    const fuel = Math.floor((trip.fuel - 1) * fuelShare)
    const next = trip.left.shift()
    if (next === undefined || trip.fuel < 1) return []
    const wayMs = Math.min(rttMs(next.peer), tuning.rttMsMax)
    const waitMs = Math.floor((trip.endsAt - now) * waitShare - wayMs)
    if (waitMs <= 0) return this.#attempt(trip, now)
    trip.fuel -= 1 + fuel
    trip.attempts++
    const id = this.#ground.newId()
    const patienceMs = tuning.patienceMs + 1.5 * wayMs + trip.quest.hopsBeyond(next) * tuning.hopMs
    const attempt = {
      trip,
      peer: next.peer,
      sentAt: now,
      patientUntil: now + patienceMs,
      endsAt: trip.endsAt,
    }
    this.#attempts.set(id, attempt)
    this.#soonest(attempt.patientUntil)
    return [send(next.peer, trip.quest.frame({ id, fuel, waitMs }))]
  }

  #giveUp(id: number, { peer, trip }: Attempt, now: number): QueryEffect[] {
    this.#attempts.delete(id)
    this.#doubt(peer, now)
    this.#ground.view.silent(peer, now)
    const effects: QueryEffect[] = [tell({ kind: 'silent', peer })]
    if (trip.isDone) return effects
    trip.attempts--
    effects.push(...this.#attempt(trip, now))
    return trip.attempts > 0 ? effects : [...effects, ...this.#end(trip, now)]
  }

  #end(trip: Open, now: number): QueryEffect[] {
    trip.isDone = true
    this.#trips.delete(trip)
    return trip.quest.end(now)
  }

  #doubt(peer: PeerId, now: number): void {
    if (this.#doubts.size >= this.#ground.tuning.tripsMax) this.#doubts.clear()
    this.#doubts.set(peer, now)
  }

  #isDoubtful(peer: PeerId, now: number): boolean {
    const since = this.#doubts.get(peer)
    return since !== undefined && now - since < doubtMs
  }

  #soonest(at: number): void {
    this.#nextAt = Math.min(this.#nextAt, at)
  }
}
