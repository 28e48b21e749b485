// SWIM figures 3 and 4: how long until somebody notices a crash, and until the others have heard of it.
//
// First detection is the first suspicion anywhere. Infection is when a member first holds the crashed one for suspect
// or dead, counted from the first suspicion.

import { wideTuning } from '../../overlay/membership-options.ts'
import { type Figure, mean, quantile, type Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

/** Fewer where each costs more, so that the whole takes some seconds. */
const crashesAt: { [size: number]: number } = { 8: 24, 56: 16, 128: 8 }
const periodMs = wideTuning.probeIntervalMs

type Heard = { first: number[]; median: number[]; full: number[] }

/** One crash after the other, each victim back and settled before the next. */
function crashRepeatedly(swarm: Swarm, heard: Heard): void {
  const crashes = crashesAt[swarm.peers.length]!
  for (let i = 0; i < crashes; i++) {
    const victim = swarm.peers[1 + (i % (swarm.peers.length - 1))]!
    swarm.run(periodMs * (1 + i / crashes)) // at all phases of a period
    const crashedAt = swarm.now
    const heardAt = new Map<number, number>()
    swarm.onTold = ({ at, peer, event }) => {
      const isOfVictim = 'member' in event && event.member.id === victim.id
      if (isOfVictim && event.kind === 'suspected' && !heardAt.has(peer.index)) heardAt.set(peer.index, at)
    }
    swarm.crash(victim.index)
    swarm.runUntil(() => heardAt.size === swarm.peers.length - 1, 60 * periodMs)
    const times = [...heardAt.values()].sort((a, b) => a - b)
    const firstAt = times[0] ?? Number.POSITIVE_INFINITY
    heard.first.push((firstAt - crashedAt) / periodMs)
    heard.median.push((quantile(times, 0.5) - firstAt) / periodMs)
    heard.full.push(times.length === swarm.peers.length - 1 ? (times.at(-1)! - firstAt) / periodMs : Infinity)
    swarm.start(victim.index)
    swarm.runUntil(() => swarm.agrees(), 60 * periodMs)
  }
}

export const detection: Scenario = {
  name: 'detection',
  story: 'Members of groups of 8, 56 and 128 crash one after the other and come back.',
  play(seed) {
    let hash = ''
    const paper: { [size: number]: [median: string, full: string] } = {
      8: ['0.6', '1.6'],
      56: ['1.7', '3.3'],
      128: ['2.3', '4.0'],
    }
    const figures = [8, 56, 128].flatMap((size): Figure[] => {
      const swarm = new Swarm({ seed, size, tuning: wideTuning })
      const heard: Heard = { first: [], median: [], full: [] }
      swarm.assemble()
      crashRepeatedly(swarm, heard)
      hash = swarm.hash()
      const [median, full] = paper[size]!
      return [
        {
          name: `periods to first detection, mean, n = ${size}`,
          value: mean(heard.first),
          min: 1.5,
          max: 2.4,
          paper: '1.9 to 2.1',
        },
        {
          name: `periods to median infection, n = ${size}`,
          value: mean(heard.median),
          min: 0,
          max: 4,
          paper: median,
        },
        {
          name: `periods until all have heard, n = ${size}`,
          value: mean(heard.full),
          min: 0,
          max: 8,
          paper: full,
        },
      ]
    })
    return { figures, hash }
  },
}
