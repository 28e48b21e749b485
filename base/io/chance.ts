// Real chance, for whoever is handed a Random in a running node: from the system's generator, so that nobody outside
// guesses what comes next.

import { randomFillSync } from 'node:crypto'
import type { Random } from '../random.ts'

const pool = new Uint32Array(256)
let left = 0

export const realRandom: Random = {
  next() {
    if (left === 0) {
      randomFillSync(pool)
      left = pool.length
    }
    return pool[--left]! / 0x1_0000_0000
  },
}
