// Safety: what must hold after every single event, whatever the network does. Liveness is asked at the end of a
// scenario, once the faults have stopped (TigerBeetle's order: safety first, then liveness).

import { assert } from '../base/fault.ts'
import type { Membership } from '../overlay/membership/membership.ts'
import { frameBytesMax } from '../overlay/membership/wire.ts'

/** What is asked of a peer. */
type Checked = { readonly id: string; readonly machine: Membership; readonly incarnationMax: number }

/** A peer's own words are the only source of its incarnation, and its view stays in bounds. */
export function checkView(peer: Checked, byId: ReadonlyMap<string, Checked>, membersMax: number): void {
  const { machine } = peer
  const members = machine.members()
  assert(members.length <= membersMax, 'the roster stays within its bound')
  assert(machine.self().standing !== 'suspect' && machine.self().standing !== 'dead', 'nobody doubts itself')
  for (const member of members) {
    assert(member.id !== peer.id, 'nobody is a member of its own roster')
    const subject = byId.get(member.id)
    assert(subject !== undefined, 'nobody is known who never was')
    assert(member.incarnation <= subject.incarnationMax, 'nobody else raises an incarnation')
  }
}

/** Waking must move the next wake on, or the driver would spin. */
export function checkWake(machine: Membership, now: number): void {
  assert(machine.wakeAt() > now, 'a wake leaves nothing that is due')
}

/** Replies to somebody this peer never wrote to of its own accord are in sum no larger than what it sent. */
export function checkReplies(
  requestBytes: number,
  replies: readonly { length: number }[],
  isApproached: boolean,
): void {
  let sum = 0
  for (const { length } of replies) {
    assert(length <= frameBytesMax, 'a frame stays within its bound')
    sum += length
  }
  assert(isApproached || sum <= requestBytes, 'no amplification towards strangers')
}
