// The overlay of an edge: its identity, gossip over UDP, calls over libp2p, and the records kept among all.

import { join } from 'node:path'
import { realRandom } from '../../base/io/chance.ts'
import { realClock } from '../../base/io/clock.ts'
import type { Settings } from '../../config/knobs.ts'
import { type Address, parseAddress } from '../../overlay/address.ts'
import { type Calls, openCalls } from '../../overlay/io/calls.ts'
import { openDriver } from '../../overlay/io/driver.ts'
import { openHost } from '../../overlay/io/host.ts'
import { type Identity, openIdentity } from '../../overlay/io/identity.ts'
import { openSocket } from '../../overlay/io/socket.ts'
import type { MembershipEvent } from '../../overlay/membership/event.ts'
import type { Member } from '../../overlay/membership/member.ts'
import { Membership } from '../../overlay/membership/membership.ts'
import { type MembershipTuning, wideTuning } from '../../overlay/membership/options.ts'
import { decodeFrame, encodeFrame, type Message } from '../../overlay/membership/wire.ts'
import type { PeerId } from '../../overlay/peer.ts'
import type { Records } from '../../overlay/records/records.ts'
import { createReplicated } from '../../overlay/records/replicated.ts'
import { Shelf } from '../../overlay/records/shelf.ts'
import { createVerify, type Verify } from '../../overlay/signature.ts'
import type { Ground } from './ground.ts'

export interface Overlay {
  readonly peer: PeerId
  readonly publicKey: Uint8Array
  self(): Member
  /** Everybody known but this peer, the dead included for a while. */
  members(): readonly Member[]
  /** Those to be counted on, without this peer. */
  live(): readonly Member[]
  readonly calls: Pick<Calls, 'call' | 'handle'>
  readonly records: Records
}

/** The knobs that are settings; the rest is as the simulator found it good. */
export function tuningFrom(settings: Settings): MembershipTuning {
  return {
    ...wideTuning,
    probeIntervalMs: settings['membership.probeIntervalMs'],
    probeTimeoutMs: settings['membership.probeTimeoutMs'],
    helpersMax: settings['membership.helpers'],
    suspicionAlpha: settings['membership.suspicionFactor'],
    syncIntervalMs: settings['membership.syncIntervalMs'],
    joinRetryMs: settings['membership.joinRetryMs'],
    membersMax: settings['membership.membersMax'],
  }
}

/** Throws Faults: net/port-taken, state/broken for the identity. `onChange` hears of every change of membership. */
export async function openOverlay(ground: Ground, onChange: () => void): Promise<Overlay> {
  const { settings, folder, meter, stack } = ground
  const identity = await openIdentity(join(folder, 'identity.pem'))
  const verify = createVerify()
  const host = await openHost({ identity, ...whereFrom(settings) })
  stack.defer(() => host.close())
  const calls = await openCalls({ node: host.node, clock: realClock, meter })
  stack.defer(() => calls.close())
  let onMembers = onChange
  const machine = await openMembership(ground, identity, verify, () => onMembers())
  const records = openRecords(ground, identity, verify, calls, machine)
  onMembers = () => {
    records.membersChanged()
    onChange()
  }
  return {
    peer: identity.id,
    publicKey: identity.publicKey,
    self: () => machine.self(),
    members: () => machine.members(),
    live: () => machine.live(),
    calls,
    records,
  }
}

function whereFrom(settings: Settings): Address {
  return { host: settings['edge.address'], port: settings['overlay.port'] }
}

async function openMembership(
  { settings, log, meter, stack }: Ground,
  identity: Identity,
  verify: Verify,
  onMembers: () => void,
): Promise<Membership> {
  const at = whereFrom(settings)
  const udp = await openSocket(at)
  const startedAt = realClock.now()
  // A restart must be newer than what the others remember of the last run.
  const self = { ...at, id: identity.id, incarnation: Math.floor(startedAt / 1000) }
  const { sign } = identity
  const machine = new Membership(
    { tuning: tuningFrom(settings), self, random: realRandom, sign, verify },
    startedAt,
  )
  const tell = (event: MembershipEvent): void => {
    if (event.kind === 'refused') {
      meter.count(`membership.refused.${event.reason}`)
      return
    }
    if (event.kind === 'sampled' || event.kind === 'placed') return
    const { id, host, port } = event.member
    log.info({ peer: id, at: `${host}:${port}` }, `member ${event.kind}`)
    onMembers()
  }
  const codec = {
    encode: (message: Message) => encodeFrame(message, sign),
    decode: (bytes: Uint8Array) => decodeFrame(bytes, verify),
  }
  const driver = openDriver({ udp, machine, codec, clock: realClock, meter, tell })
  stack.defer(async () => {
    driver.run(machine.leave())
    await driver.close()
  })
  const bootstrap = settings['overlay.bootstrap'].split(',').filter(Boolean).map(parseAddress)
  driver.run(machine.join(bootstrap, realClock.now()))
  return machine
}

function openRecords(
  { settings, stack }: Ground,
  { id, sign }: Identity,
  verify: Verify,
  { call, handle }: Calls,
  machine: Membership,
): Records {
  const shelf = new Shelf({
    recordsMax: 100_000,
    perPublisherMax: 10_000,
    perKeyMax: 64,
    // A publisher's clock may be ahead of ours by a while.
    lifeMsMax: 2 * settings['records.lifeMs'],
    verify,
  })
  const records = createReplicated({
    self: id,
    members: () => machine.live(),
    shelf,
    sign,
    verify,
    clock: realClock,
    call,
    handle,
    replicas: settings['records.replicas'],
    callTimeoutMs: settings['records.callTimeoutMs'],
  })
  stack.defer(async () => records.close())
  return records
}
