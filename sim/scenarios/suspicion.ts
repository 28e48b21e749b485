// SWIM §5, the experiment with loss: what suspicion is for.
//
// One frame in ten is lost, k = 1, and 17 processes have joined. Counted are those whom nobody ever declared dead.
// Without suspicion one unlucky probe is a verdict; with it the accused has time to object. The paper counts the
// group that held together while processes joined, so the contrast compares and not the number.

import { type MembershipTuning, wideTuning } from '../../overlay/membership/options.ts'
import { calm } from '../network.ts'
import type { Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const size = 17
const periods = 60
const tuning: MembershipTuning = { ...wideTuning, helpersMax: 1 }

function stableGroup(seed: number, suspicionAlpha: number): { stable: number; hash: string } {
  const swarm = new Swarm({
    seed,
    size,
    tuning: { ...tuning, suspicionAlpha, isExtended: suspicionAlpha > 0 },
  })
  swarm.assemble()
  swarm.network.weather = { ...calm, lossShare: 0.1 }
  const condemned = new Set<string>()
  swarm.onTold = ({ event }) => {
    if (event.kind === 'failed') condemned.add(event.member.id)
  }
  swarm.run(periods * tuning.probeIntervalMs)
  return { stable: size - condemned.size, hash: swarm.hash() }
}

export const suspicion: Scenario = {
  name: 'suspicion',
  story: 'One frame in ten is lost between 17 processes, once with suspicion and once without.',
  play(seed) {
    const basic = stableGroup(seed, 0)
    const doubting = stableGroup(seed, tuning.suspicionAlpha)
    const figures = [
      {
        name: 'members never declared dead, with suspicion',
        value: doubting.stable,
        min: 12,
        max: 17,
        paper: '12',
      },
      { name: 'members never declared dead, without', value: basic.stable, min: 0, max: 8, paper: '2 to 4' },
      {
        name: 'saved by suspicion',
        value: doubting.stable - basic.stable,
        min: 6,
        max: 17,
        paper: '8 to 10',
      },
    ]
    return { figures, hash: doubting.hash }
  },
}
