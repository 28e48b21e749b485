// SWIM figure 4: once somebody suspects a crashed member, how long until the others have heard of it?
//
// Each crash meets a group that is quiet, with no older rumours left to share the frames with: the paper measures
// one failure at a time too.

import { wideTuning } from '../../overlay/membership/options.ts'
import { type Figure, mean, quantile, type Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const crashes = 6
const periodMs = wideTuning.probeIntervalMs
/** ceil(3 · ceil(ln 129) tellings / 2 frames per period), doubled, and the last of them heard. */
const quietPeriods = 20

const paper: { [size: number]: [median: string, full: string] } = {
  8: ['0.6', '1.6'],
  56: ['1.7', '3.3'],
  128: ['2.3', '4.0'],
}

/** Periods from the first suspicion until half and all of the others have heard. */
function infections(swarm: Swarm): { median: number; full: number }[] {
  return Array.from({ length: crashes }, (_, i) => {
    const victim = swarm.peers[1 + (i % (swarm.peers.length - 1))]!
    const heardAt = new Map<number, number>()
    swarm.run(periodMs * (quietPeriods + i / crashes))
    swarm.onTold = ({ at, peer, event }) => {
      if (event.kind === 'suspected' && event.member.id === victim.id)
        if (!heardAt.has(peer.index)) heardAt.set(peer.index, at)
    }
    swarm.crash(victim.index)
    swarm.runUntil(() => heardAt.size === swarm.peers.length - 1, 60 * periodMs)
    swarm.start(victim.index)
    swarm.runUntil(() => swarm.agrees(), 60 * periodMs)
    const times = [...heardAt.values()]
    if (times.length < swarm.peers.length - 1)
      return { median: Number.POSITIVE_INFINITY, full: Number.POSITIVE_INFINITY }
    const firstAt = Math.min(...times)
    return {
      median: (quantile(times, 0.5) - firstAt) / periodMs,
      full: (Math.max(...times) - firstAt) / periodMs,
    }
  })
}

export const infection: Scenario = {
  name: 'infection',
  story: 'A member of a quiet group of 8, 56 or 128 crashes; how fast does word of it spread?',
  play(seed) {
    let hash = ''
    const figures = [8, 56, 128].flatMap((size): Figure[] => {
      const swarm = new Swarm({ seed, size, tuning: wideTuning })
      swarm.assembleAtOnce()
      const heard = infections(swarm)
      hash = swarm.hash()
      const median = mean(heard.map(each => each.median))
      const full = mean(heard.map(each => each.full))
      return [
        {
          name: `periods until half have heard, n = ${size}`,
          value: median,
          min: 0,
          max: 4,
          paper: paper[size]![0],
        },
        {
          name: `periods until all have heard, n = ${size}`,
          value: full,
          min: 0,
          max: 8,
          paper: paper[size]![1],
        },
      ]
    })
    return { figures, hash }
  },
}
