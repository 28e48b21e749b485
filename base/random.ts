// Chance as an argument: whoever needs it is handed a Random, so a seed replays everything.
//
// The seeded generator is sfc32 (Chris Doty-Humphrey's PractRand): four words of state, passes PractRand to
// terabytes, and is the same on every machine. It is not for secrets: keys come from `node:crypto` in `io/`.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88 ^ Math.imul(seed, 0x85ebca6b)
  let c = 0xb7e15162 ^ Math.imul(seed, 0xc2b2ae35)
  let counter = 1
  const word = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) word() // sfc32 needs a dozen rounds until seeds diverge
  return { next: () => word() / 0x1_0000_0000 }
}

/** Uniform integer in [0, bound). */
export function integerBelow(random: Random, bound: number): number {
  return Math.floor(random.next() * bound)
}

/** Fisher–Yates, in place; returns its argument. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = integerBelow(random, i + 1)
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}

/** Up to `count` distinct items, in random order. */
export function sample<T>(random: Random, items: readonly T[], count: number): T[] {
  const pool = [...items]
  const taken = Math.min(count, pool.length)
  for (let i = 0; i < taken; i++) {
    const j = i + integerBelow(random, pool.length - i)
    ;[pool[i], pool[j]] = [pool[j]!, pool[i]!]
  }
  return pool.slice(0, taken)
}
