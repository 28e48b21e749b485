// A matrix of round trips: the truth that coordinates are fitted to and judged by.
//
// Rows of comma-separated milliseconds; blank or zero means not measured, and the two directions are averaged. Where
// no real matrix is at hand a synthetic one stands in: clusters in a plane, heights, and noise that breaks the
// triangle inequality as routes do. It says so in its name, since nothing measured on it holds for the Internet.

import { Fault } from '../../base/fault.ts'
import { integerBelow, type Random, seededRandom } from '../../base/random.ts'

export class Matrix {
  readonly name: string
  readonly size: number
  readonly #rttsMs: Float64Array

  /** `rttMs` is asked for each pair once; NaN where nothing is known. */
  constructor(name: string, size: number, rttMs: (i: number, j: number) => number) {
    this.name = name
    this.size = size
    this.#rttsMs = new Float64Array(size * size).fill(Number.NaN)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < i; j++) this.#rttsMs[i * size + j] = this.#rttsMs[j * size + i] = rttMs(i, j)
  }

  /** NaN for a pair that was not measured and for a peer with itself. */
  rttMs(i: number, j: number): number {
    return this.#rttsMs[i * this.size + j]!
  }

  /** Who can be measured from `i`. */
  others(i: number): number[] {
    return Array.from({ length: this.size }, (_, j) => j).filter(j => this.rttMs(i, j) > 0)
  }

  part(members: readonly number[]): Matrix {
    return new Matrix(`${members.length} of ${this.name}`, members.length, (i, j) =>
      this.rttMs(members[i]!, members[j]!),
    )
  }
}

export const sizeMax = 2000

/** Fault `input/invalid` for anything but a square of numbers of 5 to 2000 rows. */
export function parseMatrix(name: string, text: string): Matrix {
  const rows = text
    .split(/\r?\n/)
    .filter(line => line.trim() !== '')
    .map(line => line.split(',').map(cell => (cell.trim() === '' ? Number.NaN : Number(cell))))
  const size = rows.length
  if (size < 5 || size > sizeMax)
    throw new Fault('input/invalid', `${name} has ${size} rows; 5 to ${sizeMax} are taken`)
  rows.forEach((row, i) => {
    if (row.length !== size)
      throw new Fault('input/invalid', `row ${i + 1} of ${name} has ${row.length} cells, not ${size}`)
  })
  return new Matrix(name, size, (i, j) => {
    const ways = [rows[i]![j]!, rows[j]![i]!].filter(way => way > 0 && Number.isFinite(way))
    return ways.length === 0 ? Number.NaN : ways.reduce((sum, way) => sum + way, 0) / ways.length
  })
}

/** Five continents some 80 ms apart, 15 ms wide; heights up to 20 ms; a tenth of routes take up to twice as long. */
export function syntheticMatrix(size: number, seed: number): Matrix {
  const random = seededRandom(seed)
  const spot = (widthMs: number): [number, number] => [gauss(random) * widthMs, gauss(random) * widthMs]
  const centres = Array.from({ length: 5 }, () => spot(80))
  const peers = Array.from({ length: size }, () => {
    const centre = centres[integerBelow(random, centres.length)]!
    const [x, y] = spot(15)
    return { x: centre[0] + x, y: centre[1] + y, heightMs: 0.5 + 20 * random.next() ** 3 }
  })
  return new Matrix(`synthetic ${size}`, size, (i, j) => {
    const [a, b] = [peers[i]!, peers[j]!]
    const detour = random.next() < 0.1 ? 1 + random.next() : Math.exp(0.07 * gauss(random))
    return (Math.hypot(a.x - b.x, a.y - b.y) + a.heightMs + b.heightMs) * detour
  })
}

/** Box–Muller. */
function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
