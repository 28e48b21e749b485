// Rapid's two hard cases (Suresh et al. 2018, §7.2): some members lose 80 % of their frames both ways, or hear nothing
// for 20 s and hear again for 20 s, over and over.
//
// They are not dead and not healthy, and a plain failure detector turns them in and out for ever. The routing view
// of every healthy member has to be exactly the healthy ones; what membership itself says of the others may waver.

import { seededRandom } from '../../base/random.ts'
import { wideTuning } from '../../overlay/membership/options.ts'
import type { Cut } from '../network.ts'
import { Swarm } from '../swarm.ts'

export type Fault = 'lossy' | 'flapping'

const lossShare = 0.8
const flapMs = 20_000

export type Views = {
  /** Healthy observers whose routing view is exactly the healthy members. */
  readonly exact: number
  readonly observers: number
  readonly sizeLeast: number
  readonly sizeMost: number
  /** Healthy members that some healthy member left out of its routing view at any time. */
  readonly wronged: number
  /** When the last healthy view became exact for good, in ms; `Infinity` if one never did. */
  readonly settledMs: number
}

export function playFaulty(
  fault: Fault,
  size: number,
  faultyCount: number,
  durationMs: number,
  seed: number,
): Views {
  const swarm = new Swarm({ seed, size, tuning: { ...wideTuning, membersMax: 2 * size }, isLight: true })
  swarm.assembleAtOnce()
  const isFaulty = (index: number): boolean => index < faultyCount
  const random = seededRandom(seed)
  const cuts: { readonly [fault in Fault]: Cut } = {
    lossy: (from, to) => (isFaulty(from) || isFaulty(to)) && random.next() < lossShare,
    flapping: (_from, to) => isFaulty(to) && Math.floor(swarm.now / flapMs) % 2 === 0,
  }
  swarm.network.cut(cuts[fault])
  const healthy = swarm.peers.filter(peer => !isFaulty(peer.index))
  const isExact = (peer: (typeof healthy)[number]): boolean => {
    const view = peer.machine.routable()
    return view.length === healthy.length - 1 && view.every(({ id }) => !isFaulty(swarm.indexOf(id)))
  }
  const wronged = new Set<string>()
  swarm.onTold = ({ peer, event }) => {
    if (isFaulty(peer.index) || (event.kind !== 'damped' && event.kind !== 'failed')) return
    if (!isFaulty(swarm.indexOf(event.member.id))) wronged.add(event.member.id)
  }
  let settledMs = Number.POSITIVE_INFINITY
  for (const stepMs = 5000; swarm.now < durationMs; ) {
    swarm.run(stepMs)
    settledMs = healthy.every(isExact) ? Math.min(settledMs, swarm.now) : Number.POSITIVE_INFINITY
  }
  const sizes = healthy.map(peer => peer.machine.routable().length)
  return {
    ...{ exact: healthy.filter(isExact).length, observers: healthy.length, wronged: wronged.size, settledMs },
    ...{ sizeLeast: Math.min(...sizes), sizeMost: Math.max(...sizes) },
  }
}
