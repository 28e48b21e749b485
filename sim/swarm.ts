// A swarm: n peers, each a real machine with its own random stream, on one virtual network with one virtual clock.
//
// Effects are turned into real bytes by the real codec and back; only the signature is a stand-in, since 64 zero bytes
// are as good as any where nobody forges. A frozen peer keeps what arrives and on waking runs its timers before it
// reads, which is what an event loop does. The transcript is hashed as it happens: same seed, same hash.

import { createHash } from 'node:crypto'
import { type Random, seededRandom } from '../base/random.ts'
import type { MembershipEvent } from '../overlay/membership/event.ts'
import type { Member } from '../overlay/membership/member.ts'
import { Membership } from '../overlay/membership/membership.ts'
import type { MembershipTuning } from '../overlay/membership/options.ts'
import type { MembershipEffect } from '../overlay/membership/outbox.ts'
import { decodeFrame, encodeFrame, frameBytes, type Message } from '../overlay/membership/wire.ts'
import { peerIdOf } from '../overlay/peer.ts'
import type { Sign } from '../overlay/signature.ts'
import { checkReplies, checkView, checkWake } from './checks.ts'
import { Heap } from './heap.ts'
import { calm, Network, type Weather } from './network.ts'

export type Peer = {
  readonly index: number
  readonly id: string
  readonly host: string
  readonly random: Random
  machine: Membership
  running: boolean
  frozenUntil: number
  /** Frames it wants to send while its network is blocked; the first of them holds it up. */
  readonly held: (() => void)[]
  isBlocked: boolean
  readonly inbox: { frame: Frame; from: Peer }[]
  /** Peers it wrote to of its own accord since it started; all others are strangers. */
  readonly approached: Set<Peer>
  /** Strangers it asked, within a reply, whether they are there; who answers is no stranger. */
  readonly asked: Set<Peer>
  wakeSetAt: number
  /** The highest incarnation this peer ever announced. */
  incarnationMax: number
  sentFrames: number
  sentBytes: number
}

export type Told = { readonly at: number; readonly peer: Peer; readonly event: MembershipEvent }

/** Real bytes; or the message itself, which large runs pass on to save the codec's share of the time. */
type Frame = Uint8Array | Message

type Sent = { readonly length: number; readonly to: Peer; readonly kind: Message['kind'] }

export type SwarmOptions = {
  seed: number
  size: number
  tuning: MembershipTuning
  weather?: Weather
  /** Leaves the codec and the checks that look at bytes or at every view out; sizes are counted all the same. */
  isLight?: boolean
}

const port = 7000
/** Frames that wait for a frozen process, as a socket buffer of 212,992 bytes holds at 1400 each. */
const inboxMax = 152
const noSignature = new Uint8Array(64)
const sign: Sign = () => noSignature
const verify = (): boolean => true

export class Swarm {
  now = 0
  readonly peers: Peer[]
  readonly network: Network
  /** Called for every event that a machine tells. */
  onTold: (told: Told) => void = () => {}
  readonly #tuning: MembershipTuning
  readonly #isLight: boolean
  readonly #heap = new Heap()
  readonly #transcript = createHash('sha256')
  readonly #byHost: Map<string, Peer>
  readonly #byId: Map<string, Peer>

  constructor(options: SwarmOptions) {
    const { seed, size, tuning } = options
    this.#tuning = tuning
    this.#isLight = options.isLight ?? false
    const stream = (i: number): Random =>
      seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca77))
    this.network = new Network(stream(-2), options.weather ?? calm)
    this.peers = Array.from({ length: size }, (_, index) => this.#createPeer(index, stream(index)))
    this.#byHost = new Map(this.peers.map(peer => [peer.host, peer]))
    this.#byId = new Map(this.peers.map(peer => [peer.id, peer]))
  }

  /** Starts a peer, again or for the first time, and lets it join through the peers of these indexes. */
  start(index: number, bootstraps: readonly number[] = [0]): void {
    const peer = this.peers[index]!
    peer.machine = this.#createMachine(peer.id, peer.host, peer.random)
    peer.running = true
    peer.frozenUntil = 0
    peer.wakeSetAt = Number.POSITIVE_INFINITY
    peer.inbox.length = 0
    peer.held.length = 0
    peer.isBlocked = false
    peer.approached.clear()
    peer.asked.clear()
    this.#approach(
      peer,
      peer.machine.join(
        bootstraps.map(i => ({ host: this.peers[i]!.host, port })),
        this.now,
      ),
    )
  }

  /** Starts everybody, each knowing all others already. */
  assembleAtOnce(): void {
    for (const { index } of this.peers) this.start(index, [])
    const members: Member[] = this.peers.map(peer => peer.machine.self())
    for (const peer of this.peers) {
      peer.machine.introduce(members, this.now)
      this.#setWake(peer)
    }
  }

  crash(index: number): void {
    this.peers[index]!.running = false
  }

  /** Neither timers nor frames are handled for this long; frames wait, up to a socket's buffer. */
  freeze(index: number, durationMs: number): void {
    const peer = this.peers[index]!
    peer.frozenUntil = this.now + durationMs
    this.at(peer.frozenUntil, () => this.#thaw(peer))
  }

  /** It neither sends nor hears for this long. Its timers run on until it wants to send, where it waits: this is how
   *  Lifeguard's authors slow a process down. */
  block(index: number, durationMs: number): void {
    const peer = this.peers[index]!
    peer.isBlocked = true
    this.freeze(index, durationMs)
    if (peer.wakeSetAt !== Number.POSITIVE_INFINITY) return
    this.#setWake(peer)
  }

  leave(index: number): void {
    const peer = this.peers[index]!
    this.#do(peer, peer.machine.leave())
    peer.running = false
  }

  /** A frame from outside the story, delivered to a peer at once as if it came from `host`. */
  inject(to: number, message: Omit<Message, 'to'>, host: string): void {
    const whole = { ...message, to: { host: this.peers[to]!.host, port } } as Message
    this.#arrive(this.peers[to]!, encodeFrame(whole, sign), this.#byHost.get(host)!)
  }

  at(time: number, action: () => void): void {
    this.#heap.push(time, action)
  }

  run(durationMs: number): void {
    this.runUntil(() => false, durationMs)
  }

  /** The virtual ms until `isDone` held after some event, or `Infinity` when `limitMs` went by first. */
  runUntil(isDone: () => boolean, limitMs: number): number {
    const startAt = this.now
    const endAt = startAt + limitMs
    while (!isDone()) {
      if (this.#heap.nextAt() > endAt) {
        this.now = endAt
        return Number.POSITIVE_INFINITY
      }
      const event = this.#heap.pop()!
      this.now = event.at
      event.action()
    }
    return this.now - startAt
  }

  indexOf(id: string): number {
    return this.#byId.get(id)?.index ?? -1
  }

  running(): Peer[] {
    return this.peers.filter(peer => peer.running)
  }

  /** Every running peer counts on exactly the others that run, and suspects none. */
  agrees(): boolean {
    const running = this.running()
    return running.every(peer => {
      const live = peer.machine.live()
      return (
        live.length === running.length - 1 &&
        live.every(member => member.standing === 'alive' && this.#byId.get(member.id)!.running)
      )
    })
  }

  /** Starts everybody and lets them find each other; the time that took. */
  assemble(limitMs = 120_000): number {
    for (const peer of this.peers) this.start(peer.index)
    return this.runUntil(() => this.agrees(), limitMs)
  }

  hash(): string {
    return this.#transcript.copy().digest('hex')
  }

  #createMachine(id: string, host: string, random: Random): Membership {
    const self = { id, host, port, incarnation: Math.floor(this.now / 1000) }
    return new Membership({ tuning: this.#tuning, self, random, sign, verify }, this.now)
  }

  #createPeer(index: number, random: Random): Peer {
    const id = peerIdOf(createHash('sha256').update(`peer ${index}`).digest())
    const host = `10.0.${index >> 8}.${index & 255}`
    const machine = this.#createMachine(id, host, random)
    return {
      ...{
        index,
        id,
        host,
        random,
        machine,
        running: false,
        frozenUntil: 0,
        inbox: [],
        held: [],
        isBlocked: false,
        approached: new Set(),
        asked: new Set(),
      },
      ...{ wakeSetAt: Number.POSITIVE_INFINITY, incarnationMax: 0, sentFrames: 0, sentBytes: 0 },
    }
  }

  #arrive(peer: Peer, frame: Frame, from: Peer): void {
    if (!peer.running) return
    if (peer.frozenUntil > this.now) {
      if (peer.inbox.length < inboxMax) peer.inbox.push({ frame, from })
      return
    }
    const message = frame instanceof Uint8Array ? decodeFrame(frame, verify) : frame
    if (message.kind === 'ack' && peer.asked.has(from)) peer.approached.add(from)
    const effects = peer.machine.receive(message, { host: from.host, port }, this.now)
    const sends = this.#do(peer, effects)
    if (!(frame instanceof Uint8Array)) return
    checkReplies(
      frame.length,
      sends.filter(({ to }) => to === from),
      peer.approached.has(from),
    )
    for (const { to, kind } of sends) {
      if (to !== from) peer.approached.add(to)
      else if (kind === 'ping') peer.asked.add(to)
    }
  }

  #thaw(peer: Peer): void {
    if (!peer.running || peer.frozenUntil > this.now) return
    peer.isBlocked = false
    for (const send of peer.held.splice(0)) send()
    this.#wake(peer)
    for (const { frame, from } of peer.inbox.splice(0)) this.#arrive(peer, frame, from)
    this.#setWake(peer)
  }

  #wake(peer: Peer): void {
    if (!this.#isAwake(peer) || peer.machine.wakeAt() > this.now) return
    const effects = peer.machine.wake(this.now)
    checkWake(peer.machine, this.now)
    this.#approach(peer, effects)
  }

  /** Its timers run. */
  #isAwake(peer: Peer): boolean {
    if (!peer.running) return false
    return peer.isBlocked ? peer.held.length === 0 : peer.frozenUntil <= this.now
  }

  #approach(peer: Peer, effects: readonly MembershipEffect[]): void {
    for (const { to } of this.#do(peer, effects)) peer.approached.add(to)
  }

  #do(peer: Peer, effects: readonly MembershipEffect[]): Sent[] {
    peer.incarnationMax = Math.max(peer.incarnationMax, peer.machine.self().incarnation)
    const sends: Sent[] = []
    let isChanged = false
    for (const effect of effects)
      if (effect.do === 'tell') isChanged = this.#tell(peer, effect.event) || isChanged
      else sends.push(this.#send(peer, this.#byHost.get(effect.to.host)!, effect.message))
    if (isChanged && !this.#isLight) checkView(peer, this.#byId, this.#tuning.membersMax)
    this.#setWake(peer)
    return sends
  }

  /** Whether the event changes a view. */
  #tell(peer: Peer, event: MembershipEvent): boolean {
    this.onTold({ at: this.now, peer, event })
    if (event.kind === 'sampled' || event.kind === 'placed') return false
    this.#transcript.update(`${this.now} ${peer.index} ${event.kind}\n`)
    return true
  }

  #send(peer: Peer, to: Peer, message: Message): Sent {
    const frame = this.#isLight ? message : encodeFrame(message, sign)
    const length = frame instanceof Uint8Array ? frame.length : frameBytes(frame)
    if (frame instanceof Uint8Array)
      this.#transcript.update(`${this.now} ${peer.index} ${to.index} `).update(frame)
    peer.sentFrames++
    peer.sentBytes += length
    const post = (): void => {
      for (const delayMs of this.network.delays(peer.index, to.index))
        this.at(this.now + delayMs, () => this.#arrive(to, frame, peer))
    }
    if (peer.isBlocked) peer.held.push(post)
    else post()
    return { length, to, kind: message.kind }
  }

  #setWake(peer: Peer): void {
    if (!this.#isAwake(peer)) return
    const wakeAt = peer.machine.wakeAt()
    if (wakeAt >= peer.wakeSetAt || wakeAt === Number.POSITIVE_INFINITY) return
    peer.wakeSetAt = wakeAt
    this.at(Math.max(wakeAt, this.now), () => {
      if (peer.wakeSetAt !== wakeAt) return
      peer.wakeSetAt = Number.POSITIVE_INFINITY
      this.#wake(peer)
      this.#setWake(peer)
    })
  }
}
