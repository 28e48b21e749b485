// Gossip of an edge: who is alive, over UDP, and how far away, from the round trips of the same frames.

import { realRandom } from '../../base/io/chance.ts'
import { realClock } from '../../base/io/clock.ts'
import { type Address, parseAddress } from '../../overlay/address.ts'
import { Coordinates } from '../../overlay/coordinates/coordinates.ts'
import { openDriver } from '../../overlay/io/driver.ts'
import type { Identity } from '../../overlay/io/identity.ts'
import { openSocket } from '../../overlay/io/socket.ts'
import type { MembershipEvent } from '../../overlay/membership/event.ts'
import { Membership } from '../../overlay/membership/membership.ts'
import { decodeFrame, encodeFrame, type Message } from '../../overlay/membership/wire.ts'
import type { PeerId } from '../../overlay/peer.ts'
import type { Verify } from '../../overlay/signature.ts'
import type { Ground } from './ground.ts'
import { coordinatesTuning, membershipTuning } from './tunings.ts'

export interface Gossip {
  readonly membership: Pick<Membership, 'self' | 'members' | 'live' | 'routable' | 'stretch'>
  readonly coordinates: Pick<Coordinates, 'between' | 'figures' | 'measuredMs' | 'of'>
  /** Round trip from here in ms, measured or predicted; 0 to this peer itself, undefined while nothing is known. */
  rttMs(peer: PeerId): number | undefined
  /** A request to this peer failed: it is probed soon. */
  blame(peer: PeerId): void
  /** Says goodbye: others name this peer no more. */
  leave(): void
}

/** Fault net/port-taken. `onMembers` hears of every change of membership. */
export async function openGossip(
  { settings, log, meter, stack }: Ground,
  at: Address,
  { id, sign }: Identity,
  verify: Verify,
  onMembers: () => void,
): Promise<Gossip> {
  const udp = await openSocket(at)
  const startedAt = realClock.now()
  const tuning = coordinatesTuning(settings)
  const coordinates = new Coordinates({ tuning, random: realRandom, self: id })
  const rttMs = (peer: PeerId): number | undefined =>
    peer === id ? 0 : coordinates.predictMs(peer, realClock.now())
  const membership = new Membership(
    {
      tuning: membershipTuning(settings),
      // A restart must be newer than what the others remember of the last run.
      self: { ...at, id, incarnation: Math.floor(startedAt / 1000) },
      ...{ random: realRandom, sign, verify },
      coordinate: () => coordinates.own(),
      predictRttMs: rttMs,
    },
    startedAt,
  )
  const tell = (event: MembershipEvent): void => {
    const now = realClock.now()
    switch (event.kind) {
      case 'refused':
        meter.count(`membership.refused.${event.reason}`)
        return
      case 'placed':
        coordinates.place(event.member.id, event.coordinate, now)
        return
      case 'sampled': {
        coordinates.observe(event.member.id, event.rttMs, event.coordinate, now)
        const wanted = coordinates.wanted(now)
        if (wanted !== undefined) driver.run(membership.sample(wanted, now))
        return
      }
      default: {
        const { id: peer, host, port } = event.member
        if (event.kind === 'failed' || event.kind === 'left') coordinates.forget(peer)
        log.info({ peer, at: `${host}:${port}` }, `member ${event.kind}`)
        onMembers()
      }
    }
  }
  const codec = {
    encode: (message: Message) => encodeFrame(message, sign),
    decode: (bytes: Uint8Array) => decodeFrame(bytes, verify),
  }
  const driver = openDriver({ udp, machine: membership, codec, clock: realClock, meter, tell })
  const leave = (): void => driver.run(membership.leave())
  stack.defer(async () => {
    leave()
    await driver.close()
  })
  const bootstrap = settings['overlay.bootstrap'].split(',').filter(Boolean).map(parseAddress)
  driver.run(membership.join(bootstrap, realClock.now()))
  return {
    membership,
    coordinates,
    rttMs,
    blame: peer => driver.run(membership.blame(peer, realClock.now())),
    leave() {
      leave()
      onMembers()
    },
  }
}
