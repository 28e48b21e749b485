// The structure of the grid: where in the trie this peer stands, and whom it knows on the other side of each bit
// (P-Grid, Aberer 2001; data-driven, VLDB 2005), as a machine.
//
// Nobody plans the trie. Peers meet at random, tell each other whom they know and decide their places (`exchange.ts`);
// out of many meetings grows a tree whose leaves have about as many records and at least so many peers. A newcomer
// clones a peer that it meets; so does one that moves to where peers are lacking (`balance.ts`). Records follow their
// places (`shipping.ts`), and what died out is taken over (`absence.ts`). A meeting is one request and one answer, and
// whoever waits for an answer decides nothing else meanwhile, so the two sides cannot decide on different grounds.
// Rejected: a ring of hashes (no ranges), and computing all places from the members (moves half of all records when
// two peers differ about who is alive).

import { integerBelow, sample } from '../../base/random.ts'
import type { Effect, Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { Absence, isThin } from './absence.ts'
import { Balance } from './balance.ts'
import { Cloning } from './cloning.ts'
import { byData, decide, descend, type Meeter, peersAfter, type Rule } from './exchange.ts'
import {
  asMeeter,
  counts,
  isNeededBy,
  type Meet,
  type Meeting,
  type Met,
  partnerOf,
  standingAt,
} from './meeting.ts'
import { Members } from './members.ts'
import { Pace } from './pace.ts'
import { commonBits, type Path, pathBitsMax, sibling } from './path.ts'
import { keepNearer, pageOf, Shipping } from './shipping.ts'
import type { StructureOptions, StructureTuning } from './structure-options.ts'
import { knownMax, type StructureMessage } from './structure-wire.ts'
import { nearest, Table } from './table.ts'
import type { GridView, Reference } from './view.ts'

/** `placed`: it has a place and answers for it, after a start or a move. `refused`: a frame was ignored, and why. */
export type StructureEvent =
  | { kind: 'placed' | 'moved'; before: Path; after: Path }
  | { kind: 'refused'; reason: 'forged' | 'unasked' }

export type StructureEffect = Effect<StructureMessage, StructureEvent>
type Effects = StructureEffect[]
type Pulled = Extract<StructureMessage, { kind: 'pulled' }>
type Body = StructureMessage extends infer M ? (M extends StructureMessage ? Omit<M, 'self'> : never) : never

/** Newcomers that a newcomer asks before it takes it that there is no grid yet. */
const foundersAskedMax = 3
/** Peers that are asked for the way before there is a place. */
const guidesMax = 8
/** Who is told at once when this peer moves; all others hear it from them or when they next meet it. */
const announcedMax = 32
/** The share of a level that has to be silent for it to be repaired (correction on failure, Aberer 2004). */
const staleShareMax = 0.7

export class Structure implements Machine<StructureMessage, StructureEvent>, GridView {
  #self: Reference
  #peers = 1
  #isPlaced = false
  readonly #options: StructureOptions
  readonly #tuning: StructureTuning
  readonly #table: Table
  readonly #balance = new Balance()
  readonly #absence = new Absence()
  readonly #shipping: Shipping
  readonly #cloning: Cloning
  readonly #rule: Rule
  #meeting: Meeting | undefined
  #foundersAsked = new Set<PeerId>()
  readonly #members: Members
  readonly #pace: Pace
  #balanceAt: number
  #shipAt: number

  constructor(options: StructureOptions, now: number) {
    const { tuning, self, random, leaf } = options
    this.#options = options
    this.#members = new Members(options.members)
    this.#tuning = tuning
    this.#self = { peer: self.peer, host: self.host, port: self.port, path: '', revision: Math.floor(now) }
    this.#table = new Table(self.peer, tuning, options.rttMs ?? (() => undefined))
    this.#shipping = new Shipping(leaf)
    this.#cloning = new Cloning(leaf, random, tuning.answerTimeoutMs)
    this.#rule = byData({ ...tuning, bitsMax: pathBitsMax })
    this.#pace = new Pace(tuning.exchangeIntervalMs, tuning.restIntervalMs, random, now)
    this.#balanceAt = now + (0.5 + random.next()) * tuning.balanceIntervalMs
    this.#shipAt = now + tuning.restIntervalMs
  }

  /** False while this peer has not got what its place holds; then others answer better. */
  isPlaced(): boolean {
    return this.#isPlaced || this.#members.count === 0
  }

  guides(): readonly Reference[] {
    return this.#members.some(guidesMax, peer => this.#table.get(peer), this.#options.random)
  }

  self(): Reference {
    return this.#self
  }

  references(level: number): readonly Reference[] {
    return this.#table.references(level)
  }

  replicas(): readonly Reference[] {
    return this.#table.replicas()
  }

  answered(peer: PeerId, tookMs: number, _now: number): void {
    this.#table.answered(peer, tookMs)
  }

  silent(peer: PeerId, now: number): void {
    const reference = this.#table.get(peer)
    if (!reference) return
    this.#table.silent(peer)
    const level = commonBits(this.#self.path, reference.path) + 1
    if (this.#table.staleShare(level) >= staleShareMax) this.#pace.hurry(now)
  }

  /** Membership changed: the dead are forgotten, newcomers are met soon. Call `wakeAt` afterwards. */
  membersChanged(now: number): StructureEffect[] {
    const isPoorer = this.#forget(now)
    const isSmall = this.#members.count <= this.#tuning.replicasMax
    if (isPoorer || (isSmall && this.#members.all.some(({ id }) => !this.#table.get(id))))
      this.#pace.hurry(now)
    return []
  }

  wakeAt(): number {
    const { answerTimeoutMs, abandonMs } = this.#tuning
    const shipAt = this.#shipping.isWaiting ? this.#shipping.endsAt : this.#shipAt
    if (this.#cloning.isUnderWay) return Math.min(this.#cloning.endsAt, shipAt)
    if (this.#meeting) return Math.min(this.#meeting.beganAt + answerTimeoutMs, shipAt)
    return Math.min(this.#pace.dueAt, this.#absence.dueAt(abandonMs), this.#balanceAt, shipAt)
  }

  wake(now: number): StructureEffect[] {
    const effects: Effects = []
    if (this.#meeting && this.#meeting.beganAt + this.#tuning.answerTimeoutMs <= now) {
      this.silent(this.#meeting.peer, now)
      this.#meeting = undefined
    }
    for (const silent of [this.#cloning.silent(now), this.#shipping.silent(now)])
      if (silent !== undefined) this.silent(silent, now)
    if (!this.#meeting && !this.#cloning.isUnderWay) effects.push(...this.#begin(now))
    if (this.#shipAt <= now) effects.push(...this.#ship(now))
    return effects
  }

  receive(message: StructureMessage, from: PeerId, now: number): StructureEffect[] {
    if (message.self.peer !== from || from === this.#self.peer) return [refused('forged')]
    this.#table.hear(message.self, true, now)
    if (message.kind === 'meet' || message.kind === 'met')
      for (const other of message.known)
        if (this.#members.has(other.peer)) this.#table.hear(other, false, now)
    switch (message.kind) {
      case 'meet':
        return this.#meet(message, now)
      case 'met':
        return this.#met(message, now)
      case 'moved': {
        const { path } = this.#self
        if (message.self.path.startsWith(path) && message.self.path !== path) this.#pace.hurry(now)
        return []
      }
      case 'ship': {
        const names = keepNearer(this.#options.leaf, this.#self.path, message, now)
        if (this.#shipping.isAnythingAstray(this.#self.path)) this.#shipAt = Math.min(this.#shipAt, now)
        return [this.#send(from, { kind: 'kept', call: message.call, names })]
      }
      case 'kept':
        return this.#kept(message, now)
      case 'pull': {
        if (!this.#isPlaced) return [] // it has not got everything; others have
        const { records, next, isLast } = pageOf(this.#options.leaf, message.path, message, now)
        return [this.#send(from, { kind: 'pulled', call: message.call, records, isLast, ...next })]
      }
      case 'pulled':
        return this.#pulled(message, now)
    }
  }

  /** What is due and leads to a meeting, or to another place. */
  #begin(now: number): Effects {
    const { random } = this.#options
    const effects: Effects = []
    const { path } = this.#self
    const { abandonMs, nMin } = this.#tuning
    const isEmpty = (level: number): boolean =>
      level === path.length ? isThin(path, this.#table, nMin) : this.references(level).length === 0
    const next = this.#absence.judge(path, isEmpty, this.replicas().length + 1, { abandonMs, random }, now)
    if (next !== undefined && next.length < path.length) return this.#join(next, now)
    if (next !== undefined) effects.push(...this.#moveTo(next, this.replicas().length + 1, now))
    else if (this.#absence.isAny) this.#pace.stayBusy()
    if (this.#balanceAt <= now) {
      this.#balanceAt = now + (0.5 + random.next()) * this.#tuning.balanceIntervalMs
      const level = this.replicas().length >= this.#tuning.nMin ? this.#balance.choose(random) : 0
      const there = level > 0 ? sample(random, this.references(level), 1)[0] : undefined
      if (there) return [...effects, this.#ask(there.peer, { wantsPlace: true }, now)]
    }
    if (this.#pace.dueAt > now) return effects
    this.#forget(now)
    const { isForming } = this.#pace
    this.#pace.begun(now)
    const strangers = this.#members.all.filter(({ id }) => !this.#foundersAsked.has(id))
    const partner = partnerOf(this.#table, strangers, { wantsPlace: !this.#isPlaced, isForming }, random)
    if (partner !== undefined) effects.push(this.#ask(partner.peer, partner, now))
    return effects
  }

  /** Takes over the other half of `joint`, from somebody who has it as long as there is anybody. */
  #join(joint: Path, now: number): Effects {
    const half = sibling(this.#self.path, this.#self.path.length)
    const twin = this.references(half.length)[0]
    if (twin) return [this.#send(twin.peer, this.#cloning.join(twin, half, joint, now))]
    return this.#moveTo(joint, this.replicas().length + 1, now)
  }

  #ask(
    peer: PeerId,
    how: Partial<Pick<Meeting, 'wantsPlace' | 'isRandom' | 'steps'>>,
    now: number,
  ): StructureEffect {
    const { random } = this.#options
    const [call, chance] = [integerBelow(random, 2 ** 32), integerBelow(random, 2 ** 32)]
    const mine = this.#meeter()
    this.#meeting = {
      ...{ call, peer, mine, chance, beganAt: now, wantsPlace: false, isRandom: false, steps: 0 },
      ...how,
    }
    const { wantsPlace: isNew } = this.#meeting
    return this.#send(peer, { kind: 'meet', call, chance, ...counts(mine), isNew, known: this.#known() })
  }

  #meet(message: Meet, now: number): Effects {
    const mine = this.#meeter()
    const isBusy = this.#meeting !== undefined || this.#cloning.isUnderWay || !this.#isPlaced
    const answer = this.#send(message.self.peer, {
      ...{ kind: 'met', call: message.call, isBusy, crowded: this.#balance.crowded() },
      ...{ ...counts(mine), isNew: !this.#isPlaced, known: this.#known() },
    })
    if (isBusy || message.isNew) return [answer]
    const theirs = asMeeter(message)
    return [
      answer,
      ...this.#decided(mine, decide(theirs, mine, message.chance / 2 ** 32, this.#rule).b, theirs, now),
    ]
  }

  #met(message: Met, now: number): Effects {
    const meeting = this.#meeting
    if (meeting?.call !== message.call || meeting.peer !== message.self.peer) return [refused('unasked')]
    this.#meeting = undefined
    this.#table.answered(meeting.peer, now - meeting.beganAt)
    if (meeting.wantsPlace) return this.#takePlace(message, meeting, now)
    if (meeting.isRandom && !message.isNew) this.#balance.see(this.#self.path, message.self.path)
    if (message.isBusy) return []
    const theirs = asMeeter(message)
    // Who is to go on alone may use what it has just heard; two at one path have to decide by the same.
    const mine = theirs.path.length > meeting.mine.path.length ? this.#meeter() : meeting.mine
    const { a } = decide(mine, theirs, meeting.chance / 2 ** 32, this.#rule)
    const effects = this.#decided(mine, a, theirs, now)
    if (isNeededBy(theirs, mine, this.#tuning.nMin, this.#options.random))
      return [...effects, this.#ask(meeting.peer, { wantsPlace: true }, now)]
    return [...effects, ...this.#goOn(message, meeting, now)]
  }

  #decided(mine: Meeter, after: Path, theirs: Meeter, now: number): Effects {
    const { nMin } = this.#tuning
    if (after !== mine.path) {
      const standing = (path: Path) => standingAt(path, this.#table, this.#options.leaf)
      const next = { path: after, peers: peersAfter(mine, after, nMin), ...standing(after) }
      const { path, peers } = descend(next, standing, nMin, this.#options.random)
      return this.#moveTo(path, peers, now)
    }
    if (theirs.path === mine.path) {
      // What was reckoned at splits drifts towards those who are known by name.
      const known = this.replicas().length + 1
      this.#peers = Math.max(known, 0.75 * ((mine.peers + theirs.peers) / 2) + 0.25 * known)
    }
    return []
  }

  /** From somebody on another branch to one of its acquaintances that is nearer, while there is something to learn. */
  #goOn(message: Met, { steps }: Meeting, now: number): Effects {
    const { path } = this.#self
    const common = commonBits(path, message.self.path)
    if (steps >= this.#tuning.recursionMax || !this.#pace.isCurious) return []
    const others = message.known.filter(({ peer }) => peer !== this.#self.peer && this.#members.has(peer))
    const next = sample(this.#options.random, nearest(others, path, common), 1)[0]
    return next ? [this.#ask(next.peer, { steps: steps + 1 }, now)] : []
  }

  #takePlace(message: Met, { steps }: Meeting, now: number): Effects {
    const { random } = this.#options
    const { self, isNew, crowded, known } = message
    if (isNew) {
      this.#foundersAsked.add(self.peer)
      const asked = this.#foundersAsked.size
      if (asked >= Math.min(foundersAskedMax, this.#members.count))
        return this.#place('', this.#members.count + 1, now)
      this.#pace.dueAt = now
      return []
    }
    const there = known.filter(
      ({ peer, path }) => this.#members.has(peer) && commonBits(path, self.path) === crowded - 1,
    )
    const elsewhere = steps < this.#tuning.recursionMax ? sample(random, there, 1)[0] : undefined
    if (crowded > 0 && elsewhere)
      return [this.#ask(elsewhere.peer, { wantsPlace: true, steps: steps + 1 }, now)]
    if (this.#isPlaced && self.path === this.#self.path) return []
    return [this.#send(self.peer, this.#cloning.begin(self, now))]
  }

  #pulled(message: Pulled, now: number): Effects {
    const next = this.#cloning.pulled(message, now)
    if (next === 'unasked') return [refused('unasked')]
    if (next === 'moved') return [] // the next meeting begins anew
    if (next.kind === 'take') return this.#place(next.path, this.#table.replicas().length + 1, now)
    return [this.#send(message.self.peer, next)]
  }

  #place(path: Path, peers: number, now: number): Effects {
    const before = this.#self.path
    this.#isPlaced = true
    this.#foundersAsked.clear()
    const told = this.#moveTo(path, peers, now).filter(effect => effect.do === 'send')
    return [...told, { do: 'tell', event: { kind: 'placed', before, after: path } }]
  }

  #moveTo(path: Path, peers: number, now: number): Effects {
    const before = this.#self.path
    const former = this.#table.replicas()
    this.#self = { ...this.#self, path, revision: Math.max(this.#self.revision + 1, Math.floor(now)) }
    this.#peers = peers
    this.#table.moveTo(path)
    this.#balance.clear()
    this.#absence.clear()
    this.#pace.hurry(now)
    this.#shipAt = now
    const lists = [former, this.replicas(), this.#table.fidgets(), this.references(path.length)]
    const told = sample(this.#options.random, [...new Set(lists.flat())], announcedMax)
    return [
      ...told.map(({ peer }) => this.#send(peer, { kind: 'moved', call: 0 })),
      { do: 'tell', event: { kind: 'moved', before, after: path } },
    ]
  }

  #ship(now: number): Effects {
    const { random } = this.#options
    const { path } = this.#self
    const { answerTimeoutMs: timeoutMs, restIntervalMs } = this.#tuning
    this.#shipAt = now + restIntervalMs
    if (this.#shipping.isWaiting || !this.#isPlaced || !this.#shipping.isAnythingAstray(path)) return []
    const next = this.#shipping.next(path, level => this.references(level), { random, timeoutMs }, now)
    return next ? [this.#send(next.to, { kind: 'ship', call: next.call, records: next.records })] : []
  }

  #kept({ call, self, names }: Extract<StructureMessage, { kind: 'kept' }>, now: number): Effects {
    if (!this.#shipping.acknowledged(call, self.peer, names)) return [refused('unasked')]
    // Whoever took nothing is full or has moved; another is asked a while later.
    this.#shipAt = now + (names.length > 0 ? 0 : this.#tuning.exchangeIntervalMs)
    return names.length > 0 ? this.#ship(now) : []
  }

  #forget(now: number): boolean {
    return this.#table.forget(peer => this.#members.has(peer), now - this.#tuning.referenceLifeMs)
  }

  /** A number reckoned at splits counts only while there are more than could be known by name. */
  #meeter(): Meeter {
    const { path } = this.#self
    const standing = standingAt(path, this.#table, this.#options.leaf)
    const reckoned = path === '' ? this.#members.count + 1 : Math.round(this.#peers)
    const known = this.replicas().length + 1 + standing.gone[0] + standing.gone[1]
    return { path, peers: reckoned > this.#tuning.replicasMax ? reckoned : known, ...standing }
  }

  #known(): Reference[] {
    return sample(this.#options.random, this.#table.all(), knownMax)
  }

  #send(to: PeerId, body: Body): StructureEffect {
    return { do: 'send', to, message: { ...body, self: this.#self } as StructureMessage }
  }
}

function refused(reason: 'forged' | 'unasked'): StructureEffect {
  return { do: 'tell', event: { kind: 'refused', reason } }
}
