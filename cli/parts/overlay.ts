// The overlay of an edge: its identity, gossip over UDP, and the grid over libp2p in which all edges keep records.

import { join } from 'node:path'
import { realClock } from '../../base/io/clock.ts'
import { type Coordinate, noLabel } from '../../overlay/coordinates/coordinate.ts'
import { openHost } from '../../overlay/io/host.ts'
import { openIdentity } from '../../overlay/io/identity.ts'
import { openLetter, sealLetter } from '../../overlay/io/letter.ts'
import type { Member } from '../../overlay/membership/member.ts'
import { type PeerId, publicKeyOf } from '../../overlay/peer.ts'
import type { Records } from '../../overlay/records/records.ts'
import type { VettingOptions } from '../../overlay/records/vetting.ts'
import { createVerify, type Sign } from '../../overlay/signature.ts'
import type { OverlayStatus } from '../edge-interface.ts'
import { openGossip } from './gossip.ts'
import { type Grid, openGrid } from './grid.ts'
import type { Ground } from './ground.ts'

export interface Overlay {
  readonly peer: PeerId
  readonly publicKey: Uint8Array
  self(): Member
  /** Those on whom routes are built: alive, and not flapping. Without this peer; the same array until it changes. */
  routable(): readonly Member[]
  /** Round trip from here in ms, measured or predicted; 0 to this peer itself, undefined while nothing is known. */
  rttMs(peer: PeerId): number | undefined
  /** Of this peer too; undefined while nothing fresh is known. */
  coordinateOf(peer: PeerId): Coordinate | undefined
  /** A request to this peer failed: it is probed soon. */
  blame(peer: PeerId): void
  /** Says goodbye: nobody names this peer any more, itself included; its records and connections stay. */
  leave(): void
  readonly records: Records
  /** Only `to` can open it, and only as being about `about`. Fault `bytes/malformed` for no peer. */
  letterTo(to: PeerId, text: Uint8Array, about: string): Uint8Array
  /** By this peer's key; what is signed begins with words that say what it is for. */
  readonly sign: Sign
  /** Fault `bytes/malformed` for what is not for this peer and about `about`. */
  openLetter(letter: Uint8Array, about: string): Uint8Array
  status(): OverlayStatus
}

/** Throws Faults: net/port-taken, state/broken for the identity, state/locked for the records. `onChange` hears of
 *  every change of membership. */
export async function openOverlay(
  ground: Ground,
  onChange: () => void,
  trust: Omit<VettingOptions, 'verify'>,
): Promise<Overlay> {
  const { settings, folder, stack } = ground
  const at = { host: settings['edge.address'], port: settings['overlay.port'] }
  const identity = await openIdentity(join(folder, 'identity.pem'))
  const verify = createVerify()
  const host = await openHost({ identity, ...at })
  stack.defer(() => host.close())
  let grid: Grid | undefined
  const gossip = await openGossip(ground, at, identity, verify, () => {
    grid?.membersChanged()
    onChange()
  })
  grid = await openGrid(ground, { ...identity, ...at }, host, gossip, { verify, ...trust })
  const { membership, coordinates, rttMs, blame, leave } = gossip
  const memberStatus = (member: Member): OverlayStatus['members'][number] => {
    const { id, host, standing } = member
    const isRouted = id === identity.id || membership.routable().some(other => other.id === id)
    const now = realClock.now()
    const predicted = coordinates.between(identity.id, id, now) ?? null
    return {
      ...{ peer: id, host, standing, isRouted },
      rttMs: { predicted, measured: coordinates.measuredMs(id, now) ?? null },
    }
  }
  return {
    peer: identity.id,
    publicKey: identity.publicKey,
    self: () => membership.self(),
    routable: () => membership.routable(),
    rttMs,
    coordinateOf: peer => coordinates.of(peer, realClock.now()),
    blame,
    leave,
    records: grid.records,
    letterTo: (to, text, about) => sealLetter(text, publicKeyOf(to), about),
    sign: identity.sign,
    openLetter: (letter, about) => openLetter(letter, identity.key, about),
    status() {
      const { error, cluster, refused } = coordinates.figures()
      return {
        members: [membership.self(), ...membership.members()].map(memberStatus),
        stretch: membership.stretch(),
        coordinate: { error, cluster: cluster === noLabel ? '' : cluster.toString(16), refused },
        grid: grid.status(),
      }
    },
  }
}
