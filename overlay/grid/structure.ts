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
import { Absence } from './absence.ts'
import { Balance } from './balance.ts'
import { byData, decide, type Meeter, peersAfter, type Rule } from './exchange.ts'
import { gridKeyOf } from './key.ts'
import { commonBits, covers, type Path, pathBitsMax } from './path.ts'
import { pageOf, Shipping } from './shipping.ts'
import type { StructureOptions, StructureTuning } from './structure-options.ts'
import { type Cursor, knownMax, nameOf, type StructureMessage } from './structure-wire.ts'
import { Table } from './table.ts'
import type { GridView, Reference } from './view.ts'

/** `placed`: it has a place and answers for it, after a start or a move. `refused`: a frame was ignored, and why. */
export type StructureEvent =
  | { kind: 'placed' | 'moved'; before: Path; after: Path }
  | { kind: 'refused'; reason: 'forged' | 'unasked' }

export type StructureEffect = Effect<StructureMessage, StructureEvent>
type Effects = StructureEffect[]
type Meet = Extract<StructureMessage, { kind: 'meet' }>
type Met = Extract<StructureMessage, { kind: 'met' }>
type Pulled = Extract<StructureMessage, { kind: 'pulled' }>
type Body = StructureMessage extends infer M ? (M extends StructureMessage ? Omit<M, 'self'> : never) : never

/** A meeting that this peer began. `steps`: meetings that led to it. */
type Meeting = {
  readonly call: number
  readonly with: PeerId
  readonly mine: Meeter
  readonly chance: number
  readonly wantsPlace: boolean
  readonly isRandom: boolean
  readonly steps: number
  readonly beganAt: number
}
/** Taking over somebody's place: its records are copied first. */
type Cloning = { call: number; readonly from: PeerId; path: Path; cursor: Cursor; endsAt: number }

/** Newcomers that a newcomer asks before it takes it that there is no grid yet. */
const foundersAskedMax = 3
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
  readonly #rule: Rule
  #meeting: Meeting | undefined
  #cloning: Cloning | undefined
  #foundersAsked = new Set<PeerId>()
  #members: { list: readonly unknown[]; ids: Set<PeerId> } = { list: [], ids: new Set() }
  #gapMs: number
  #exchangeAt: number
  #balanceAt: number
  #shipAt: number

  constructor(options: StructureOptions, now: number) {
    const { tuning, self, random, leaf } = options
    this.#options = options
    this.#tuning = tuning
    this.#self = { peer: self.peer, host: self.host, port: self.port, path: '', revision: Math.floor(now) }
    this.#table = new Table(self.peer, tuning, options.rttMs ?? (() => undefined))
    this.#shipping = new Shipping(leaf)
    const dataRule = byData({ ...tuning, bitsMax: pathBitsMax })
    // One that follows the only child of its path would leave the other half to nobody.
    this.#rule = (undecided, isParted) =>
      isParted && !this.#isParted(undecided.path) ? undefined : dataRule(undecided, isParted)
    this.#gapMs = tuning.exchangeIntervalMs
    this.#exchangeAt = now + random.next() * tuning.exchangeIntervalMs
    this.#balanceAt = now + (0.5 + random.next()) * tuning.balanceIntervalMs
    this.#shipAt = now + tuning.restIntervalMs
  }

  /** False while this peer has not got what its place holds; then others answer better. */
  isPlaced(): boolean {
    return this.#isPlaced || this.#live().length === 0
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
    if (this.#table.staleShare(level) >= staleShareMax) this.#hurry(now)
  }

  /** A reference's place or address as its own record or an answer of its own has it. */
  corrected(reference: Reference, now: number): void {
    this.#table.hear(reference, true, now)
  }

  /** Membership changed: the dead are forgotten, newcomers are met soon. Call `wakeAt` afterwards. */
  membersChanged(now: number): StructureEffect[] {
    const isPoorer = this.#forget(now)
    const isSmall = this.#live().length <= this.#tuning.replicasMax
    if (isPoorer || (isSmall && this.#live().some(({ id }) => !this.#table.get(id)))) this.#hurry(now)
    return []
  }

  wakeAt(): number {
    const { answerTimeoutMs, abandonMs } = this.#tuning
    const shipAt = this.#shipping.isWaiting ? this.#shipping.endsAt : this.#shipAt
    if (this.#cloning) return Math.min(this.#cloning.endsAt, shipAt)
    if (this.#meeting) return Math.min(this.#meeting.beganAt + answerTimeoutMs, shipAt)
    return Math.min(this.#exchangeAt, this.#absence.dueAt(abandonMs), this.#balanceAt, shipAt)
  }

  wake(now: number): StructureEffect[] {
    const effects: Effects = []
    if (this.#meeting && this.#meeting.beganAt + this.#tuning.answerTimeoutMs <= now) {
      this.silent(this.#meeting.with, now)
      this.#meeting = undefined
    }
    if (this.#cloning && this.#cloning.endsAt <= now) {
      this.silent(this.#cloning.from, now)
      this.#cloning = undefined
    }
    const silent = this.#shipping.silent(now)
    if (silent !== undefined) this.silent(silent, now)
    if (!this.#meeting && !this.#cloning) effects.push(...this.#begin(now))
    if (this.#shipAt <= now) effects.push(...this.#ship(now))
    return effects
  }

  receive(message: StructureMessage, from: PeerId, now: number): StructureEffect[] {
    if (message.self.peer !== from || from === this.#self.peer) return [refused('forged')]
    this.#table.hear(message.self, true, now)
    if (message.kind === 'meet' || message.kind === 'met')
      for (const other of message.known) if (this.#isMember(other.peer)) this.#table.hear(other, false, now)
    switch (message.kind) {
      case 'meet':
        return this.#meet(message, now)
      case 'met':
        return this.#met(message, now)
      case 'moved':
        return []
      case 'ship':
        return [this.#keep(message, now)]
      case 'kept':
        return this.#kept(message, now)
      case 'pull': {
        const { call, path } = message
        if (!this.#isPlaced)
          return [this.#send(from, { kind: 'pulled', call, from: path, skip: 0, isLast: true, records: [] })]
        const { records, next, isLast } = pageOf(this.#options.leaf, path, message, now)
        return [this.#send(from, { kind: 'pulled', call, records, isLast, ...next })]
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
    const isEmpty = (level: number): boolean => this.references(level).length === 0
    const { abandonMs } = this.#tuning
    const next = this.#absence.judge(path, isEmpty, this.replicas().length + 1, { abandonMs, random }, now)
    if (next !== undefined) effects.push(...this.#moveTo(next, this.replicas().length + 1, now))
    else if (this.#absence.isAny) this.#gapMs = this.#tuning.exchangeIntervalMs
    if (this.#balanceAt <= now) {
      this.#balanceAt = now + (0.5 + random.next()) * this.#tuning.balanceIntervalMs
      const level = this.replicas().length >= this.#tuning.nMin ? this.#balance.choose(random) : 0
      const there = level > 0 ? sample(random, this.references(level), 1)[0] : undefined
      if (there) return [...effects, this.#ask(there.peer, { wantsPlace: true }, now)]
    }
    if (this.#exchangeAt > now) return effects
    this.#forget(now)
    this.#exchangeAt = now + this.#gapMs * (0.75 + random.next() / 2)
    this.#gapMs = Math.min(2 * this.#gapMs, this.#tuning.restIntervalMs)
    const partner = this.#partner()
    if (partner !== undefined) effects.push(this.#ask(partner.peer, partner, now))
    return effects
  }

  /** Half of the meetings are with those who may become or are replicas, the others at random, strangers first. */
  #partner(): { peer: PeerId; isRandom: boolean; wantsPlace: boolean } | undefined {
    const { random } = this.#options
    const wantsPlace = !this.#isPlaced
    const close = [...this.#table.replicas(), ...this.#table.fidgets()]
    if (!wantsPlace && close.length > 0 && random.next() < 0.5)
      return { peer: close[integerBelow(random, close.length)]!.peer, isRandom: false, wantsPlace }
    const live = this.#live().filter(({ id }) => !this.#foundersAsked.has(id))
    if (live.length === 0) return undefined
    const drawn = [1, 2, 3].map(() => live[integerBelow(random, live.length)]!.id)
    const stranger = drawn.find(id => this.#table.get(id) === undefined)
    return { peer: stranger ?? drawn[0]!, isRandom: true, wantsPlace }
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
      ...{ call, with: peer, mine, chance, beganAt: now, wantsPlace: false, isRandom: false, steps: 0 },
      ...how,
    }
    const { wantsPlace: isNew } = this.#meeting
    return this.#send(peer, { kind: 'meet', call, chance, ...counts(mine), isNew, known: this.#known() })
  }

  #meet(message: Meet, now: number): Effects {
    const mine = this.#meeter()
    const isBusy = this.#meeting !== undefined || this.#cloning !== undefined || !this.#isPlaced
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
    if (meeting?.call !== message.call || meeting.with !== message.self.peer) return [refused('unasked')]
    this.#meeting = undefined
    this.#table.answered(meeting.with, now - meeting.beganAt)
    if (meeting.wantsPlace) return this.#takePlace(message, meeting, now)
    if (meeting.isRandom && !message.isNew) this.#balance.see(this.#self.path, message.self.path)
    if (message.isBusy) return []
    const theirs = asMeeter(message)
    const { a } = decide(meeting.mine, theirs, meeting.chance / 2 ** 32, this.#rule)
    return [...this.#decided(meeting.mine, a, theirs, now), ...this.#goOn(message, meeting, now)]
  }

  #decided(mine: Meeter, after: Path, theirs: Meeter, now: number): Effects {
    if (after !== mine.path) return this.#moveTo(after, peersAfter(mine, after, this.#tuning.nMin), now)
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
    if (steps >= this.#tuning.recursionMax || this.#gapMs > 4 * this.#tuning.exchangeIntervalMs) return []
    const nearer = message.known
      .filter(({ peer }) => peer !== this.#self.peer && this.#isMember(peer))
      .map(({ peer, path: other }) => ({ peer, match: commonBits(path, other) }))
      .filter(({ match }) => match > common)
    const best = Math.max(...nearer.map(({ match }) => match))
    const next = sample(
      this.#options.random,
      nearer.filter(({ match }) => match === best),
      1,
    )[0]
    return next ? [this.#ask(next.peer, { steps: steps + 1 }, now)] : []
  }

  #takePlace(message: Met, { steps }: Meeting, now: number): Effects {
    const { random } = this.#options
    const { self, isNew, crowded, known } = message
    if (isNew) {
      this.#foundersAsked.add(self.peer)
      const asked = this.#foundersAsked.size
      if (asked >= Math.min(foundersAskedMax, this.#live().length))
        return this.#place('', this.#live().length + 1, now)
      this.#exchangeAt = now
      return []
    }
    const there = known.filter(
      ({ peer, path }) => this.#isMember(peer) && commonBits(path, self.path) === crowded - 1,
    )
    const elsewhere = steps < this.#tuning.recursionMax ? sample(random, there, 1)[0] : undefined
    if (crowded > 0 && elsewhere)
      return [this.#ask(elsewhere.peer, { wantsPlace: true, steps: steps + 1 }, now)]
    if (this.#isPlaced && self.path === this.#self.path) return []
    return [this.#pull({ from: self.peer, path: self.path, cursor: { from: self.path, skip: 0 } }, now)]
  }

  #pull(what: Pick<Cloning, 'from' | 'path' | 'cursor'>, now: number): StructureEffect {
    const call = integerBelow(this.#options.random, 2 ** 32)
    this.#cloning = { ...what, call, endsAt: now + this.#tuning.answerTimeoutMs }
    return this.#send(what.from, { kind: 'pull', call, path: what.path, ...what.cursor })
  }

  #pulled({ call, self, records, isLast, from, skip }: Pulled, now: number): Effects {
    const cloning = this.#cloning
    if (cloning?.call !== call || cloning.from !== self.peer) return [refused('unasked')]
    this.#cloning = undefined
    for (const record of records) this.#options.leaf.put(record, now)
    if (!self.path.startsWith(cloning.path)) return [] // it moved meanwhile; the next meeting begins anew
    if (isLast) return this.#place(self.path, this.#table.replicas().length + 1, now)
    const { cursor } = cloning
    if (from < cursor.from || (from === cursor.from && skip <= cursor.skip)) return [refused('unasked')]
    return [this.#pull({ ...cloning, cursor: { from, skip } }, now)]
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
    this.#self = { ...this.#self, path, revision: Math.max(this.#self.revision + 1, Math.floor(now)) }
    this.#peers = peers
    this.#table.moveTo(path)
    this.#balance.clear()
    this.#absence.clear()
    this.#hurry(now)
    this.#shipAt = now
    const near = [...this.#table.replicas(), ...this.#table.fidgets(), ...this.references(path.length)]
    const told = sample(this.#options.random, near, announcedMax)
    const call = 0
    return [
      ...told.map(({ peer }) => this.#send(peer, { kind: 'moved', call })),
      { do: 'tell', event: { kind: 'moved', before, after: path } },
    ]
  }

  /** Something has changed: meetings are of use again. */
  #hurry(now: number): void {
    const { exchangeIntervalMs } = this.#tuning
    this.#gapMs = exchangeIntervalMs
    this.#exchangeAt = Math.min(this.#exchangeAt, now + this.#options.random.next() * exchangeIntervalMs)
  }

  #ship(now: number): Effects {
    const { random } = this.#options
    const { path } = this.#self
    this.#shipAt = now + this.#tuning.restIntervalMs
    if (this.#shipping.isWaiting || !this.#isPlaced || !this.#shipping.isAnythingAstray(path)) return []
    const batch = this.#shipping.next(path, level => this.references(level).length > 0, now)
    if (!batch) return []
    const key = gridKeyOf(batch.records[0]!.key)
    const all = this.references(batch.level)
    const best = Math.max(...all.map(reference => commonBits(reference.path, key)))
    const to = sample(
      random,
      all.filter(reference => commonBits(reference.path, key) === best),
      1,
    )[0]!.peer
    const call = integerBelow(random, 2 ** 32)
    this.#shipping.sent(call, to, now + this.#tuning.answerTimeoutMs)
    return [this.#send(to, { kind: 'ship', call, records: batch.records })]
  }

  /** Takes what it answers for, and what it is nearer to than the sender: that is shipped on. */
  #keep({ call, self, records }: Extract<StructureMessage, { kind: 'ship' }>, now: number): StructureEffect {
    const { path } = this.#self
    const kept = records.filter(record => {
      const key = gridKeyOf(record.key)
      const isNearer = covers(path, key) || commonBits(path, key) > commonBits(self.path, key)
      return isNearer && this.#options.leaf.put(record, now) !== 'refused'
    })
    if (this.#shipping.isAnythingAstray(path)) this.#shipAt = Math.min(this.#shipAt, now)
    return this.#send(self.peer, { kind: 'kept', call, names: kept.map(nameOf) })
  }

  #kept({ call, self, names }: Extract<StructureMessage, { kind: 'kept' }>, now: number): Effects {
    if (!this.#shipping.acknowledged(call, self.peer, names)) return [refused('unasked')]
    // Whoever took nothing is full or has moved; another is asked a while later.
    this.#shipAt = now + (names.length > 0 ? 0 : this.#tuning.exchangeIntervalMs)
    return names.length > 0 ? this.#ship(now) : []
  }

  #forget(now: number): boolean {
    return this.#table.forget(peer => this.#isMember(peer), now - this.#tuning.referenceLifeMs)
  }

  #live(): ReturnType<StructureOptions['members']> {
    return this.#options.members()
  }

  #isMember(peer: PeerId): boolean {
    const list = this.#live()
    if (this.#members.list !== list) this.#members = { list, ids: new Set(list.map(({ id }) => id)) }
    return this.#members.ids.has(peer)
  }

  /** Whether both children of `path` have somebody. */
  #isParted(path: Path): boolean {
    const all = this.#table.all()
    return ['0', '1'].every(bit => all.some(other => other.path.startsWith(path + bit)))
  }

  /** A number reckoned at splits counts only while there are more than could be known by name. */
  #meeter(): Meeter {
    const { path } = this.#self
    const { leaf, tuning } = this.#options
    const reckoned = path === '' ? this.#live().length + 1 : Math.round(this.#peers)
    const peers = reckoned > tuning.replicasMax ? reckoned : this.replicas().length + 1
    return { path, zeros: leaf.count(`${path}0`), ones: leaf.count(`${path}1`), peers }
  }

  #known(): Reference[] {
    const all = this.#table.all()
    return all.length <= knownMax ? all : sample(this.#options.random, all, knownMax)
  }

  #send(to: PeerId, body: Body): StructureEffect {
    return { do: 'send', to, message: { ...body, self: this.#self } as StructureMessage }
  }
}

function counts({ zeros, ones, peers }: Meeter): Omit<Meeter, 'path'> {
  return { zeros, ones, peers }
}

function asMeeter({ self, zeros, ones, peers }: Meet | Met): Meeter {
  return { path: self.path, zeros, ones, peers }
}

function refused(reason: 'forged' | 'unasked'): StructureEffect {
  return { do: 'tell', event: { kind: 'refused', reason } }
}
