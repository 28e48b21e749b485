// The one shape of every protocol here: a machine decides and returns effects; a driver or the simulator does them.
//
// No clock, timer, socket or promise inside: `now` is an argument, a timer is a field, and `wakeAt` says when the
// earliest of them is due (quinn and str0m made this shape well known). So one driver runs every protocol, one
// simulator tests every protocol, and a test of a minute's behaviour takes a millisecond.
//
// `Place` is what a driver can send to. For protocols on streams that is the PeerId. Membership takes an Address:
// the first frame of a newcomer goes to a bootstrap address whose key nobody knows yet, and a reply must go where
// the request came from, not where its sender claims to be. Who a frame is from stands, signed, in the frame.

import type { PeerId } from './peer.ts'

export type Effect<Message, Event, Place = PeerId> =
  | { do: 'send'; to: Place; message: Message }
  | { do: 'tell'; event: Event }

export interface Machine<Message, Event, Place = PeerId> {
  receive(message: Message, from: Place, now: number): Effect<Message, Event, Place>[]
  /** Time has passed. Calling early is harmless. */
  wake(now: number): Effect<Message, Event, Place>[]
  /** When `wake` is next due, in ms; `Infinity` when nothing is pending. */
  wakeAt(): number
}
