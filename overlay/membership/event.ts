// What membership tells the rest of the peer.

import type { Member } from './member.ts'

/** Why a frame or a claim was ignored. `source`: not from where its sender is. `misdirected`: for another address.
 *  `replayed`: a copy. `stranger`: of a peer, or of an earlier life of one, that nobody vouched for; it is answered. */
export type Refusal = 'forged' | 'full' | 'source' | 'misdirected' | 'replayed' | 'stranger'

export type MembershipEvent =
  /** `refreshed`: alive again or at another address. `refuted`: this peer itself was accused and objected. */
  | { kind: 'joined' | 'suspected' | 'failed' | 'left' | 'refreshed' | 'refuted'; member: Member }
  /** Out of the routing view because of many accusers, and back in it. */
  | { kind: 'damped' | 'restored'; member: Member }
  /** It answered a ping of ours: the round trip, and its opaque coordinate of 0 to 64 bytes. */
  | { kind: 'sampled'; member: Member; rttMs: number; coordinate: Uint8Array }
  /** It pinged us, and said where it is. */
  | { kind: 'placed'; member: Member; coordinate: Uint8Array }
  | { kind: 'refused'; reason: Refusal }
