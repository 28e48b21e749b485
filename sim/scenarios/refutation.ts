// Who is falsely suspected objects and stays, be it because of a cable that works one way only, of a frozen process
// or of a lie.

import type { Member } from '../../overlay/membership/member.ts'
import { devnetTuning } from '../../overlay/membership/options.ts'
import type { Scenario } from '../scenario.ts'
import { Swarm } from '../swarm.ts'

/** A member that lies: it says of every other that it is dead, to everybody, with well-formed frames. */
function lie(swarm: Swarm, liar: number): void {
  const { machine, host } = swarm.peers[liar]!
  for (const listener of swarm.peers) {
    if (listener.index === liar) continue
    const updates = machine.live().map((member): Member => ({ ...member, standing: 'dead' }))
    const message = {
      kind: 'ping' as const,
      stamp: Math.floor(swarm.now) + 50, // ahead of its own frames
      coordinate: new Uint8Array(0),
      accusations: [],
      sender: machine.self(),
      sequence: 1,
      updates: updates.slice(0, 6),
    }
    swarm.inject(listener.index, message, host)
  }
}

export const refutation: Scenario = {
  name: 'refutation',
  story: 'Eight members meet a one-way cable, a liar and a process that froze for a second; nobody is lost.',
  play(seed) {
    const swarm = new Swarm({ seed, size: 8, tuning: devnetTuning })
    swarm.assemble()
    let failed = 0
    let refuted = 0
    swarm.onTold = ({ event }) => {
      if (event.kind === 'failed') failed++
      if (event.kind === 'refuted') refuted++
    }
    const mend = swarm.network.cut((from, to) => from === 1 && to === 2)
    swarm.run(20_000)
    mend()
    const failedByCable = failed
    for (let i = 0; i < 10; i++) {
      lie(swarm, 3)
      swarm.run(1000)
    }
    const failedByLies = failed - failedByCable
    const refutedLies = refuted
    swarm.freeze(4, 1000)
    swarm.run(10_000)
    const settledMs = swarm.runUntil(() => swarm.agrees(), 10_000)
    const figures = [
      { name: 'verdicts because of a one-way cable', value: failedByCable, min: 0, max: 0 },
      { name: 'verdicts because of lies', value: failedByLies, min: 0, max: 0 },
      { name: 'objections to lies', value: refutedLies, min: 1, max: 1000 },
      {
        name: 'verdicts because of a freeze of 1 s',
        value: failed - failedByCable - failedByLies,
        min: 0,
        max: 0,
      },
      { name: 'seconds until all agree', value: settledMs / 1000, min: 0, max: 5 },
    ]
    return { figures, hash: swarm.hash() }
  },
}
