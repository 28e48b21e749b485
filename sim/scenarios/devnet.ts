// The promise of the devnet preset: a crashed edge is out of every view in under 5 s, and back as fast.

import { devnetTuning } from '../../overlay/membership/options.ts'
import type { Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

export const devnet: Scenario = {
  name: 'devnet',
  story:
    'One of five members crashes; the others drop it; it restarts and is taken back; another says goodbye.',
  play(seed) {
    const swarm = new Swarm({ seed, size: 5, tuning: devnetTuning })
    const assembledMs = swarm.assemble()
    swarm.run(2000 + (seed % 97) * 13) // at all phases of the periods
    const victim = 1 + (seed % 4)
    swarm.crash(victim)
    const droppedMs = swarm.runUntil(() => swarm.agrees(), 20_000)
    swarm.start(victim)
    const backMs = swarm.runUntil(() => swarm.agrees(), 20_000)
    swarm.leave(1 + ((seed + 1) % 4))
    const goneMs = swarm.runUntil(() => swarm.agrees(), 20_000)
    const figures = [
      { name: 'seconds to find each other', value: assembledMs / 1000, min: 0, max: 5 },
      { name: 'seconds until a crash is out of every view', value: droppedMs / 1000, min: 0, max: 5 },
      {
        name: 'seconds until a restarted member is back in every view',
        value: backMs / 1000,
        min: 0,
        max: 5,
      },
      { name: 'seconds until a goodbye is heard by all', value: goneMs / 1000, min: 0, max: 0.5 },
    ]
    return { figures, hash: swarm.hash() }
  },
}
