// The first reader of a popular site on an edge that was just started: how long until the first byte of a page?
//
// At best one round trip to the nearest holder. What stands between: the look-up of holders, opening a connection, a
// round trip for each directory on the way, one for the file, and hashing: a byte goes out when all of its block is
// here.

import { grow, noise } from '../../content/specimen.ts'
import { createTown, type Villager } from './town.ts'
import { VirtualClock } from './virtual.ts'

export type Start = {
  readonly firstByteMs: number
  readonly wholeMs: number
  /** Questions to holders until the whole file was there. */
  readonly asks: number
}

export type Preparation = {
  /** Holders are known and a connection to the nearest is open, as after some seconds of life. */
  readonly isWarm: boolean
  readonly speaksCar: boolean
}

export type Case = { readonly rttMs: number; readonly fileBytes: number; readonly folders: number }

const bytesPerMs = 12_500 // 100 Mbit/s
const lookUpRtts = 2
const chunkBytes = 256 * 1024

export async function coldStart({ rttMs, fileBytes, folders }: Case, how: Preparation): Promise<Start> {
  const clock = new VirtualClock()
  const page = noise(1, fileBytes)
  let tree: { [name: string]: object | Uint8Array } = { 'index.html': page, 'style.css': noise(2, 3000) }
  for (let depth = 0; depth < folders; depth++) tree = { folder: tree }
  const site = await grow(tree as Parameters<typeof grow>[0], chunkBytes)
  const villagers = [1, 1.5, 2, 3].map((factor, i): Villager => {
    return { id: `holder ${i}`, rttMs: factor * rttMs, bytesPerMs, isWarm: how.isWarm, character: 'honest' }
  })
  const town = createTown({
    ...{ clock, site, villagers, speaksCar: how.speaksCar },
    lookUpMs: how.isWarm ? 0 : lookUpRtts * rttMs,
  })
  const path = [...Array(folders).fill('folder'), 'index.html'].join('/')
  let firstByteMs = Number.NaN
  let read = 0
  const story = async (): Promise<void> => {
    for await (const { length } of town.read(path)) {
      if (read === 0) firstByteMs = clock.now()
      read += length
    }
  }
  await clock.run(story())
  if (read !== fileBytes) throw new Error(`${read} bytes of ${fileBytes}`)
  return { firstByteMs, wholeMs: clock.now(), asks: town.asks() }
}

/** What the issue of the project asks for. */
export function boundMs(rttMs: number): number {
  return 1.3 * rttMs + 20
}
