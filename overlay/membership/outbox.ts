// The outbox: makes each frame of what is to be said and what rides on it.
//
// One place gives out sequences and stamps, one decides how large a frame may be: what goes to an address that has not
// proved itself is no larger than what came from it.

import { integerBelow, type Random } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { Effect } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import type { Beliefs } from './beliefs.ts'
import type { MembershipEvent } from './event.ts'
import type { Update } from './member.ts'
import type { MembershipOptions } from './options.ts'
import { accusationsPerFrameMax, frameBytes, frameBytesMax, type Message, updateBytes } from './wire.ts'

export type MembershipEffect = Effect<Message, MembershipEvent, Address>

type Unsent<M> = M extends Message
  ? Omit<M, 'sender' | 'to' | 'stamp' | 'updates' | 'coordinate' | 'accusations'>
  : never
type Body = Unsent<Message>

const nowhere = new Uint8Array(0)

export function tell(event: MembershipEvent): MembershipEffect {
  return { do: 'tell', event }
}

export class Outbox {
  readonly #beliefs: Beliefs
  readonly #options: Pick<MembershipOptions, 'tuning' | 'coordinate'>
  #sequence: number
  #stamp = 0

  constructor(beliefs: Beliefs, options: Pick<MembershipOptions, 'tuning' | 'coordinate'>, random: Random) {
    this.#beliefs = beliefs
    this.#options = options
    this.#sequence = integerBelow(random, 2 ** 32) // so that nobody off the path guesses what an answer must repeat
  }

  /** To be told the time before anything is sent at that time. */
  tick(now: number): void {
    this.#stamp = Math.max(this.#stamp, Math.floor(now))
  }

  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0
    return this.#sequence
  }

  /** A frame with just these updates. */
  send(to: Address, body: Body, updates: readonly Update[] = []): MembershipEffect {
    return { do: 'send', to: { host: to.host, port: to.port }, message: this.#frame(to, body, updates) }
  }

  /** The smallest frame of its kind. */
  bare(to: Address, body: Body): MembershipEffect {
    const message = this.#frame(to, body, [])
    const small = 'coordinate' in message ? { ...message, coordinate: nowhere } : message
    return { do: 'send', to: { host: to.host, port: to.port }, message: small }
  }

  /** A frame to a member with what it should hear first, and rumours as far as `bytesMax` goes. */
  gossip(id: PeerId, to: Address, body: Body, bytesMax = frameBytesMax): MembershipEffect {
    let message = this.#frame(to, body, [])
    // A stranger's ping may be shorter than our coordinate.
    if ('coordinate' in message && frameBytes(message) > bytesMax)
      message = { ...message, coordinate: nowhere }
    const room = bytesMax - frameBytes(message)
    const updates = this.#beliefs.updatesFor(id, this.#options.tuning.updatesPerFrameMax, room, updateBytes)
    message = { ...message, updates }
    if ('accusations' in message) {
      const accusations = this.#beliefs.accusations(accusationsPerFrameMax, bytesMax - frameBytes(message))
      message = { ...message, accusations }
    }
    return { do: 'send', to: { host: to.host, port: to.port }, message }
  }

  #frame(to: Address, body: Body, updates: readonly Update[]): Message {
    const { host, port } = to
    const stamp = ++this.#stamp
    const frame = { ...body, sender: this.#beliefs.self, to: { host, port }, stamp, updates }
    const isProbe = body.kind === 'ping' || body.kind === 'ack'
    if (!isProbe) return frame as Message
    return { ...frame, coordinate: this.#options.coordinate?.() ?? nowhere, accusations: [] } as Message
  }
}
