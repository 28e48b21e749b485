// Files read through holders of which most are bad, and change while they are read: never a wrong byte, an end in
// bounded time with bounded questions, and the whole file whenever one honest holder stays.

import { integerBelow, sample, seededRandom } from '../../base/random.ts'
import { grow, noise } from '../../content/specimen.ts'
import { characters, createTown, describeTown, type Villager } from './town.ts'
import { VirtualClock } from './virtual.ts'

export type Chaos = {
  readonly ms: number
  readonly asks: number
  readonly lies: number
  readonly blocks: number
}

const holders = 6
const changeMs = 300
const fileBytes = 60_000
const chunkBytes = 4000

/** Throws when a byte is wrong, or the file does not come although one holder is honest throughout. */
export async function chaos(seed: number, speaksCar: boolean): Promise<Chaos> {
  const random = seededRandom(seed)
  const clock = new VirtualClock()
  const file = noise(seed, fileBytes)
  const site = await grow({ a: { file } }, chunkBytes)
  const villagers = Array.from({ length: holders }, (_, i): Villager => {
    const character = characters[integerBelow(random, characters.length)]!
    return {
      id: `holder ${i}`,
      rttMs: 5 + integerBelow(random, 200),
      bytesPerMs: 1000,
      isWarm: false,
      character,
    }
  })
  const [faithful, ...others] = sample(random, villagers, holders) as [Villager, ...Villager[]]
  faithful.character = 'honest'
  const town = createTown({ clock, site, villagers, lookUpMs: 50, speaksCar })
  const change = (): void => {
    const [one] = sample(random, others, 1)
    one!.character = characters[integerBelow(random, characters.length)]!
    clock.after(changeMs, change)
  }
  change()
  let at = 0
  const story = async (): Promise<void> => {
    for await (const part of town.read('a/file')) {
      if (Buffer.compare(part, file.subarray(at, at + part.length)) !== 0) throw new Error(`wrong at ${at}`)
      at += part.length
    }
  }
  try {
    await clock.run(story())
  } catch (error) {
    throw new Error(`seed ${seed}, byte ${at}: ${(error as Error).message}; ${describeTown({ villagers })}`)
  }
  if (at !== fileBytes) throw new Error(`seed ${seed}: ${at} bytes`)
  return { ms: clock.now(), asks: town.asks(), lies: town.lies.length, blocks: site.blocks.size }
}
