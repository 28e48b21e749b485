// What is said about a member, and which of two sayings counts.
//
// SWIM (Das, Gupta, Motivala 2002, §4.2) lets only the member itself raise its incarnation. Here that is enforced
// rather than asked for: id, address and incarnation carry the member's own signature, the seal. Others may only add
// a standing: suspect or dead, about an incarnation that the member did announce. `left` is under the seal too.
//
// Sayings are ordered by (incarnation, standing), so merging is taking the maximum: in whatever order and however
// often they arrive, everybody ends with the same. The paper lets `dead` beat every incarnation; then a peer that
// was wrongly declared dead, or that restarted, could never come back under its own key.

import { concatBytes, utf8 } from '../../base/bytes.ts'
import { type Address, hostBytes } from '../address.ts'
import { type PeerId, publicKeyOf } from '../peer.ts'
import type { Sign, Verify } from '../signature.ts'

/** In the order in which they override each other at one incarnation. */
export const standings = ['alive', 'suspect', 'dead', 'left'] as const
export type Standing = (typeof standings)[number]

export const incarnationMax = 0xffff_ffff

export type Member = Address & {
  readonly id: PeerId
  /** Seconds since 1970 at the member's start, plus one for each refutation; 32 bits. */
  readonly incarnation: number
  readonly standing: Standing
  /** The member's own signature over everything but `standing`, except that leaving is said by itself too. */
  readonly seal: Uint8Array
}

/** What is passed on about a member. */
export type Update = Member & {
  /** Tags of who found it silent, at most `accusersMax`; with `suspect` only. */
  readonly accusers?: readonly number[]
}

/** As many tags as four bits can count. */
export const accusersMax = 15

/** Enough of a key to tell accusers apart: 32 bits. */
export function tagOf(id: PeerId): number {
  const [a, b, c, d] = publicKeyOf(id)
  return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0
}

/** Still to be counted on: a suspect is a member until its time is up. */
export function isLive(member: Member): boolean {
  return member.standing === 'alive' || member.standing === 'suspect'
}

/** Whether `claim` replaces `known`; a strict total order on (incarnation, standing). */
export function overrides(
  claim: Pick<Member, 'incarnation' | 'standing'>,
  known: Pick<Member, 'incarnation' | 'standing'>,
): boolean {
  if (claim.incarnation !== known.incarnation) return claim.incarnation > known.incarnation
  return standings.indexOf(claim.standing) > standings.indexOf(known.standing)
}

const domain = utf8('inxt/member/1\0')

/** What the seal signs: a domain tag, then key, address, incarnation and whether it leaves. */
export function sealedBytes(member: Omit<Member, 'seal'>): Uint8Array {
  const rest = new DataView(new ArrayBuffer(7))
  rest.setUint16(0, member.port)
  rest.setUint32(2, member.incarnation)
  rest.setUint8(6, member.standing === 'left' ? 1 : 0)
  return concatBytes([domain, publicKeyOf(member.id), hostBytes(member.host), new Uint8Array(rest.buffer)])
}

export function sealMember(member: Omit<Member, 'seal'>, sign: Sign): Member {
  const { id, host, port, incarnation, standing } = member
  return { id, host, port, incarnation, standing, seal: sign(sealedBytes(member)) }
}

export function hasGoodSeal(member: Member, verify: Verify): boolean {
  return verify(publicKeyOf(member.id), sealedBytes(member), member.seal)
}
