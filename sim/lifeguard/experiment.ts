// Lifeguard's two experiments (Dadgar, Phillips, Currey 2018, §V), for one configuration of the machine.
//
// 128 members that know each other; C of them freeze together, so that they neither read nor send.
// *Threshold*: once, for D. How long from the freeze until the first `failed` about each of them anywhere?
// *Interval*: for D, then they run for I, over and over for at least 120 s. A false positive (FP) is a `failed` about
// a member that never froze; it is one at a healthy member when the one that says so never froze either. What is
// said about those that do freeze is no mistake, whether they are frozen at that moment or just came back.

import { type MembershipTuning, wideTuning } from '../../overlay/membership/options.ts'
import { Swarm } from '../swarm.ts'

const size = 128
const intervalExperimentMs = 120_000
/** After the freeze; 999 of 1000 first detections of the paper are in by 21.2 s. */
const thresholdExperimentMs = 25_000
const quietMs = 3000

/** memberlist on a LAN, as the paper ran it, without anything that Lifeguard or this machine adds. */
export const swimTuning: MembershipTuning = {
  ...wideTuning,
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  suspicionAlpha: 5,
  suspicionBeta: 1,
  confirmationsMax: 0,
  healthMax: 0,
  tellsAccused: false,
  isExtended: false,
  dampingHigh: Number.POSITIVE_INFINITY,
  updatesPerFrameMax: 11, // as many members as fit a packet, which is memberlist's limit too
}

export const lifeguardTuning: MembershipTuning = {
  ...swimTuning,
  suspicionBeta: 6,
  confirmationsMax: 3,
  healthMax: 8,
  tellsAccused: true,
}

export type Cell = {
  readonly frozen: number
  readonly durationMs: number
  readonly gapMs: number
  readonly seed: number
}

export type Mistakes = { fp: number; fpHealthy: number; frames: number; bytes: number }

/** One run of the Interval experiment. */
export function playInterval(cell: Cell, tuning: MembershipTuning): Mistakes {
  const swarm = quietSwarm(cell.seed, tuning)
  const found: Mistakes = { fp: 0, fpHealthy: 0, frames: 0, bytes: 0 }
  swarm.onTold = ({ peer, event }) => {
    if (event.kind !== 'failed' || isFrozen(swarm, cell, event.member.id)) return
    found.fp++
    if (peer.index < size - cell.frozen) found.fpHealthy++
  }
  while (swarm.now < quietMs + intervalExperimentMs) {
    freezeAll(swarm, cell)
    swarm.run(cell.durationMs + cell.gapMs)
  }
  for (const peer of swarm.peers) {
    found.frames += peer.sentFrames
    found.bytes += peer.sentBytes
  }
  return found
}

/** One run of the Threshold experiment: the times in ms; those that nobody missed have none. */
export function playThreshold(cell: Cell, tuning: MembershipTuning): number[] {
  const swarm = quietSwarm(cell.seed, tuning)
  const first = new Map<string, number>()
  swarm.onTold = ({ at, event }) => {
    if (event.kind !== 'failed' || !isFrozen(swarm, cell, event.member.id)) return
    const { id } = event.member
    if (!first.has(id)) first.set(id, at - quietMs)
  }
  freezeAll(swarm, cell)
  swarm.run(thresholdExperimentMs)
  return [...first.values()]
}

function quietSwarm(seed: number, tuning: MembershipTuning): Swarm {
  const swarm = new Swarm({ seed, size, tuning, isLight: true })
  swarm.assembleAtOnce()
  swarm.run(quietMs)
  return swarm
}

/** The last ones freeze. */
function freezeAll(swarm: Swarm, { frozen, durationMs }: Cell): void {
  for (let i = size - frozen; i < size; i++) swarm.block(i, durationMs)
}

function isFrozen(swarm: Swarm, { frozen }: Cell, id: string): boolean {
  return swarm.indexOf(id) >= size - frozen
}
