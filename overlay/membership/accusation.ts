// An accusation: one member's signed word that another did not answer it at one incarnation.
//
// The routing view (`damping.ts`) counts who accuses whom, also when a third passes it on: of a thousand members one
// hears too few at first hand. So the accuser seals it, and a liar has one voice. It names the incarnation, and of one
// accuser each counts once: kept and played again it says nothing new. Lifeguard's confirmations are only tags on a
// suspicion, without a seal: there a lie shortens the time to what SWIM gives everybody, and a seal on each would
// leave no room on the frame for the news.

import { concatBytes, utf8 } from '../../base/bytes.ts'
import { type PeerId, publicKeyOf } from '../peer.ts'
import type { Sign, Verify } from '../signature.ts'

export type Accusation = {
  /** The accused. */
  readonly id: PeerId
  readonly incarnation: number
  readonly accuser: PeerId
  /** The accuser's signature over the three. */
  readonly seal: Uint8Array
}

const domain = utf8('inxt/accusation/1\0')

function sealedBytes({ id, incarnation, accuser }: Omit<Accusation, 'seal'>): Uint8Array {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, incarnation)
  return concatBytes([domain, publicKeyOf(id), number, publicKeyOf(accuser)])
}

export function sealAccusation(said: Omit<Accusation, 'seal'>, sign: Sign): Accusation {
  const { id, incarnation, accuser } = said
  return { id, incarnation, accuser, seal: sign(sealedBytes(said)) }
}

export function hasGoodAccuser(accusation: Accusation, verify: Verify): boolean {
  return verify(publicKeyOf(accusation.accuser), sealedBytes(accusation), accusation.seal)
}
