// A partition lasts long enough for each side to bury the other; then the cable is back and nobody restarts anything.

import { devnetTuning } from '../../overlay/membership/options.ts'
import type { Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

const size = 12

export const partition: Scenario = {
  name: 'partition',
  story: 'Twelve members fall into two halves for 20 s and find each other again by themselves.',
  play(seed) {
    const swarm = new Swarm({ seed, size, tuning: devnetTuning })
    swarm.assemble()
    const isLeft = (i: number): boolean => i < size / 2
    const heal = swarm.network.cut((from, to) => isLeft(from) !== isLeft(to))
    swarm.run(20_000)
    const apart = swarm.peers.filter(peer => peer.machine.live().length === size / 2 - 1).length
    let failedAfter = 0
    swarm.onTold = ({ event }) => {
      if (event.kind === 'failed') failedAfter++
    }
    heal()
    const healedMs = swarm.runUntil(() => swarm.agrees(), 60_000)
    const figures = [
      { name: 'members that counted on their own half alone', value: apart, min: size, max: size },
      { name: 'seconds until all agree again', value: healedMs / 1000, min: 0, max: 20 },
      { name: 'verdicts of death while healing', value: failedAfter, min: 0, max: 0 },
    ]
    return { figures, hash: swarm.hash() }
  },
}
