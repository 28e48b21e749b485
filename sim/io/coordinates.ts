// `npm run sim -- coordinates [--matrix FILE] [--seed <first>] [--seeds <count>] [--full] [--json]`
//
// Prints how well each system predicts round trips, beside the figures of the reference. Without a matrix it takes
// the PlanetLab one where that is at hand, and a synthetic one elsewhere. `--json` prints one object and nothing
// else.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import { type Matrix, parseMatrix, syntheticMatrix } from '../coordinates/matrix.ts'
import {
  amongLiars,
  coldStart,
  meanRow,
  type Row,
  smallNetwork,
  steadiness,
  systems,
} from '../coordinates/stories.ts'

export const usage =
  'npm run sim -- coordinates [--matrix FILE] [--seed <first>] [--seeds <count>] [--full] [--json]'
const planetLab = join(import.meta.dirname, '../../../shared/data/latency/planetlab490_median.csv')
/** So large a part is enough for the stories beside the comparison, unless `--full`. */
const partMax = 200

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      matrix: { type: 'string' },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const matrix = matrixOf(values.matrix)
  const first = Number(values.seed ?? 1)
  const most = values.full ? 5 : seedsFor(matrix.size, values.json)
  const count = Number(values.seeds ?? (values.seed === undefined ? most : 1))
  if (!Number.isInteger(first) || !Number.isInteger(count) || count < 1)
    throw new Fault('input/invalid', 'a seed is a whole number, and at least one is needed')
  const seeds = Array.from({ length: count }, (_, i) => first + i)
  if (values.json) process.stdout.write(`${JSON.stringify(headline(matrix, seeds))}\n`)
  else print(matrix, seeds, values.full)
}

/** What takes less than a minute on one core: for 490 peers three seeds of the headline, or two of everything. */
function seedsFor(size: number, isHeadline: boolean): number {
  const most = isHeadline ? 3 : 2
  return size < 300 ? 5 : Math.max(1, Math.min(most, Math.floor(most * (500 / size) ** 2)))
}

/** The file, or PlanetLab's where that is at hand, or a synthetic one. Fault `config/unreadable`, `input/invalid`. */
export function matrixOf(path: string | undefined): Matrix {
  const file = path ?? (existsSync(planetLab) ? planetLab : undefined)
  return file === undefined ? syntheticMatrix(490, 1) : parseMatrix(basename(file), read(file))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('config/unreadable', `${path} cannot be read`, { cause })
  }
}

type Headline = { [system: string]: Pick<Row, 'median' | 'p90' | 'hit20' | 'samples'> }

function headline(matrix: Matrix, seeds: readonly number[]): Headline {
  const names = ['vivaldi', 'pharos', 'pcoord', 'pharosPcoord'] as const
  return Object.fromEntries(
    names.map(name => {
      const { median, p90, hit20, samples } = meanRow(seeds.map(seed => systems[name](matrix, seed)))
      return [name, { median, p90, hit20, samples }]
    }),
  )
}

/** Median, p90, short links, best of 20, samples: of the reference on PlanetLab-490. */
const reference: { readonly [name: string]: string } = {
  'Vivaldi, 32 neighbours': '.097 .605 .361 .37, 1000',
  'Pharos, 16 + 16': '.091 .473 .238 .53, 2000',
  'PCoord, 32': '.063 .345 .183 .50, 512',
  'Pharos × PCoord, 16 + 16 fixed': '.063 .320 .138 .61, 512',
  'the product': '.063 .320 .138 .61, 512',
}

function print(matrix: Matrix, seeds: readonly number[], isFull: boolean): void {
  const small = isFull || matrix.size <= partMax ? matrix : matrix.part([...Array(partMax).keys()])
  const mean = (play: (seed: number) => Row): Row => meanRow(seeds.map(play))
  process.stdout.write(`${matrix.name}: ${matrix.size} peers; means of seeds ${seeds.join(', ')}\n\n`)
  const rows = Object.entries(reference).map(([name, figures], i) => {
    const play = Object.values(systems)[i]!
    return [name, mean(seed => play(matrix, seed)), figures] as const
  })
  section('Prediction, all pairs', rows)
  section('Cold start: PCoord, 10 updates of 10 references', [
    ['from nothing', mean(seed => coldStart(matrix, seed)), '.11'],
  ])
  const kinds = ['random', 'repulsion'] as const
  const shares = isFull ? [0.05, 0.1, 0.2, 0.3] : [0.2]
  const liars = shares.flatMap(share =>
    kinds.map(kind => {
      const row = amongLiars(small, seeds[0]!, kind, share)
      return [`${100 * share} % ${kind}`, row, share === 0.2 ? '.109, .096' : ''] as const
    }),
  )
  section(`The product among liars, honest pairs of ${small.name}, seed ${seeds[0]}`, liars)
  if (matrix.size >= 12)
    section('The product, 12 peers after 60 s at a probe each 400 ms', [
      ['12 peers', mean(seed => smallNetwork(matrix, seed, 12)), '.15'],
    ])
  printSteadiness(small, seeds[0]!)
}

function printSteadiness(matrix: Matrix, seed: number): void {
  const off = { latencyWindow: 1, updateShare: 1 }
  const choices = [
    ['no filter', off],
    ['latency filter', { ...off, latencyWindow: 4 }],
    ['update filter', { ...off, updateShare: 0.5 }],
    ['both, as in the product', { latencyWindow: 4, updateShare: 0.5 }],
  ] as const
  const part = matrix.size > 60 ? matrix.part([...Array(60).keys()]) : matrix
  const rows = choices.map(([name, filters]) => {
    const row = steadiness(part, seed, filters)
    return [name, row, `${row.movementMsPerS.toFixed(2)} ms/s`] as const
  })
  section(`Synthetic jitter on ${part.name}, last column: movement`, rows)
}

function section(title: string, rows: readonly (readonly [name: string, row: Row, note: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, row, note]) => {
    const figures = [row.median.toFixed(4), row.p90.toFixed(3), row.short.toFixed(3), row.hit20.toFixed(3)]
    return `  ${name.padEnd(width)}  ${figures.join('  ')}  ${row.samples.toFixed(0).padStart(7)}  ${note}`
  })
  const head = `  ${''.padEnd(width)}  median   p90    <50ms  hit20  samples  reference`
  process.stdout.write(`${title}\n${head}\n${lines.join('\n')}\n\n`)
}
