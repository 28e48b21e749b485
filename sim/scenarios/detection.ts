// SWIM figure 3: how long until somebody notices a crash, whatever the size of the group.
//
// First detection is the first suspicion anywhere. The paper's line is 1.58 periods for random targets; a probe that
// is under way takes until the end of its period to be a verdict, hence about 2 from the crash; less where all helpers
// have said before that they had no answer.

import { wideTuning } from '../../overlay/membership/options.ts'
import { type Figure, mean, type Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const crashes = 32
const periodMs = wideTuning.probeIntervalMs

/** One crash after the other, each victim back as soon as it was missed. */
function firstDetections(swarm: Swarm): number[] {
  return Array.from({ length: crashes }, (_, i) => {
    const victim = swarm.peers[1 + (i % (swarm.peers.length - 1))]!
    swarm.run(periodMs * (1 + i / crashes)) // at all phases of a period
    let isMissed = false
    swarm.onTold = ({ event }) => {
      isMissed ||= event.kind === 'suspected' && event.member.id === victim.id
    }
    swarm.crash(victim.index)
    const tookMs = swarm.runUntil(() => isMissed, 60 * periodMs)
    swarm.start(victim.index)
    return tookMs / periodMs
  })
}

export const detection: Scenario = {
  name: 'detection',
  story: 'Members of groups of 8, 32 and 128 crash one after the other; how soon does somebody notice?',
  play(seed) {
    let hash = ''
    const figures = [8, 32, 128].map((size): Figure => {
      const swarm = new Swarm({ seed, size, tuning: wideTuning })
      swarm.assembleAtOnce()
      const value = mean(firstDetections(swarm))
      hash = swarm.hash()
      const name = `periods to first detection, mean, n = ${size}`
      return { name, value, min: 0.9, max: 2.4, paper: '1.9 to 2.1', isMean: true }
    })
    return { figures, hash }
  },
}
