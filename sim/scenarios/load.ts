// SWIM figure 2: what each member sends per period does not depend on how many there are.

import { wideTuning } from '../../overlay/membership/options.ts'
import type { Figure, Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const periods = 30

export const load: Scenario = {
  name: 'load',
  story: 'Groups of 8 to 128 stand quiet; everybody probes one other in each period and answers.',
  play(seed) {
    let hash = ''
    const figures = [8, 32, 128].map((size): Figure => {
      const swarm = new Swarm({ seed, size, tuning: wideTuning })
      swarm.assembleAtOnce()
      for (const peer of swarm.peers) peer.sentFrames = 0
      swarm.run(periods * wideTuning.probeIntervalMs)
      const sent = swarm.peers.reduce((sum, peer) => sum + peer.sentFrames, 0)
      hash = swarm.hash()
      const name = `frames sent per member and period, n = ${size}`
      return { name, value: sent / size / periods, min: 1.7, max: 2.2, paper: 'about 2.0' }
    })
    return { figures, hash }
  },
}
