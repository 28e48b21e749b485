// The round trips of the test bed: a few machines out of a measured matrix, or, where that file is not (it is not ours
// to ship), cities thrown on a globe.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, seededRandom } from '../../base/random.ts'

/** Square and symmetric, in ms, 0 on the diagonal, no gaps. */
export type Rtts = readonly (readonly number[])[]

const measured = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'latency', 'wonder242_min.csv')

/** Round trips between `size` machines, the same at every call, and where they are from. */
export function bedRtts(size: number): { rtts: Rtts; source: string } {
  try {
    const rows = readFileSync(measured, 'utf8').trimEnd().split('\n')
    const matrix = rows.map(row => row.split(',').map(cell => (cell === '' ? undefined : Number(cell))))
    return { rtts: spread(matrix, size), source: 'wonder242' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { rtts: globe(size, seededRandom(12)), source: 'synthetic' }
  }
}

/** Machines at equal distances through the list, which is sorted by no place; one with a gap gives way to the next. */
function spread(matrix: readonly (readonly (number | undefined)[])[], size: number): Rtts {
  const chosen: number[] = []
  for (let i = 0; i < matrix.length && chosen.length < size; i++) {
    const isDue = i >= (chosen.length * matrix.length) / (size + 1)
    if (isDue && chosen.every(other => matrix[i]![other] !== undefined)) chosen.push(i)
  }
  if (chosen.length < size) throw new Error(`the matrix has no ${size} machines without gaps`)
  return chosen.map(a => chosen.map(b => matrix[a]![b]!))
}

const earthRadiusKm = 6371
/** Light in glass needs 1 ms for 100 km there and back; cables are twice as long as the great circle. */
const kmPerMs = 50

function globe(size: number, random: Random): Rtts {
  const places = Array.from({ length: size }, () => {
    const z = 2 * random.next() - 1
    const longitude = 2 * Math.PI * random.next()
    const ring = Math.sqrt(1 - z * z)
    return {
      x: ring * Math.cos(longitude),
      y: ring * Math.sin(longitude),
      z,
      accessMs: 2 + 8 * random.next(),
    }
  })
  return places.map(a =>
    places.map(b => {
      if (a === b) return 0
      const angle = Math.acos(Math.max(-1, Math.min(1, a.x * b.x + a.y * b.y + a.z * b.z)))
      return (angle * earthRadiusKm) / kmPerMs + a.accessMs + b.accessMs
    }),
  )
}
