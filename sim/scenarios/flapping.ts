// One member hears nothing for 5 s and hears again for 3 s, over and over, as Rapid's authors (2018, §7) like to
// torture SWIM. It may come and go; the others must stay, and afterwards it must be back for good.

import { devnetTuning } from '../../overlay/membership/options.ts'
import type { Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const size = 16
const flapping = 5

export const flap: Scenario = {
  name: 'flapping',
  story: 'One of sixteen members is deaf for five seconds and hears for three, ten times.',
  play(seed) {
    const swarm = new Swarm({ seed, size, tuning: devnetTuning })
    swarm.assemble()
    const id = swarm.peers[flapping]!.id
    let condemned = 0
    const wronged = new Set<string>()
    swarm.onTold = ({ peer, event }) => {
      if (event.kind === 'failed' && event.member.id === id) condemned++
      if (event.kind === 'failed' && event.member.id !== id && peer.index !== flapping)
        wronged.add(event.member.id)
    }
    for (let i = 0; i < 10; i++) {
      const mend = swarm.network.cut((_from, to) => to === flapping)
      swarm.run(5000)
      mend()
      swarm.run(3000)
    }
    const settledMs = swarm.runUntil(() => swarm.agrees(), 30_000)
    const figures = [
      { name: 'verdicts on the deaf one', value: condemned, min: 10, max: 10 * size },
      { name: 'healthy members condemned by healthy ones', value: wronged.size, min: 0, max: 0 },
      { name: 'seconds until all agree afterwards', value: settledMs / 1000, min: 0, max: 20 },
    ]
    return { figures, hash: swarm.hash() }
  },
}
