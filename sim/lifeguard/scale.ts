// Load against size: what one member sends does not depend on how many there are (SWIM §6, figure 2, at larger sizes).
//
// Everybody knows everybody from the start, one member in a hundred crashes, and frames are counted per member and
// period while word of it goes round.

import { wideTuning } from '../../overlay/membership/options.ts'
import { Swarm } from '../swarm.ts'

/** Frames and bytes that a running member sends per period, over `periods` of them. */
export function playScale(size: number, periods: number, seed: number): { frames: number; bytes: number } {
  const swarm = new Swarm({ seed, size, tuning: { ...wideTuning, membersMax: size }, isLight: true })
  swarm.assembleAtOnce()
  for (let index = 0; index < size; index += 100) swarm.crash(index)
  swarm.run(periods * wideTuning.probeIntervalMs)
  const running = swarm.running()
  const perPeriod = (total: number): number => total / running.length / periods
  return {
    frames: perPeriod(running.reduce((sum, peer) => sum + peer.sentFrames, 0)),
    bytes: perPeriod(running.reduce((sum, peer) => sum + peer.sentBytes, 0)),
  }
}
