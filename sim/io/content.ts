// `npm run sim -- content [--seeds N]`: cold starts as a table, and as many chaotic reads as are wanted.

import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import { chaos } from '../content/chaos.ts'
import { boundMs, coldStart, type Preparation } from '../content/cold-start.ts'

export const usage = 'npm run sim -- content [--seeds <count>]'
const ways: readonly (readonly [name: string, how: Preparation])[] = [
  ['in one stream', { isWarm: true, speaksCar: true }],
  ['block by block', { isWarm: true, speaksCar: false }],
  ['nothing known', { isWarm: false, speaksCar: true }],
]

/** A broken promise of the content is the end of the process, with its seed. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { seeds: { type: 'string', default: '100' } } })
  const seeds = Number(values.seeds)
  if (!Number.isInteger(seeds) || seeds < 0)
    throw new Fault('input/invalid', 'as many seeds are taken as a whole number says')
  console.log('first byte of a page of 60 kB two folders deep, 100 Mbit/s, four holders; ms of virtual time')
  console.log(['nearest', 'bound', ...ways.map(([name]) => name)].map(word => word.padStart(15)).join(''))
  for (const rttMs of [10, 40, 80, 200]) {
    const row = [rttMs, boundMs(rttMs)]
    for (const [, how] of ways) {
      const { firstByteMs } = await coldStart({ rttMs, fileBytes: 60_000, folders: 2 }, how)
      row.push(firstByteMs)
    }
    console.log(row.map(ms => ms.toFixed(0).padStart(15)).join(''))
  }
  const large = { rttMs: 80, fileBytes: 8_000_000, folders: 0 }
  const { firstByteMs, wholeMs } = await coldStart(large, { isWarm: true, speaksCar: true })
  console.log(`8 MB at 80 ms: first byte ${firstByteMs.toFixed(0)} ms, whole ${wholeMs.toFixed(0)} ms`)
  let [asks, blocks, lies, longestMs] = [0, 0, 0, 0]
  for (let seed = 1; seed <= seeds; seed++) {
    const played = await chaos(seed, seed % 2 === 0)
    asks += played.asks
    blocks += played.blocks
    lies += played.lies
    longestMs = Math.max(longestMs, played.ms)
  }
  const perBlock = (asks / blocks).toFixed(2)
  console.log(
    `${seeds} chaotic reads: no wrong byte, ${lies} lies, ${perBlock} questions a block, ${longestMs} ms at most`,
  )
}
