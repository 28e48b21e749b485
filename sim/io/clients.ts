// `npm run sim -- clients [--matrix FILE] [--edges 16] [--liars 0] [--seed <first>] [--seeds <count>] [--json]`
//
// Prints, for clients seen by 1, 2, 3 and 5 edges, how often the edge that they are sent to is the best one or nearly
// so.

import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import { type Choice, chooseFor, meanChoice, ways } from '../coordinates/clients.ts'
import { matrixOf } from './coordinates.ts'

export const usage =
  'npm run sim -- clients [--matrix FILE] [--edges 16] [--liars 0] [--seed <first>] [--seeds <count>] [--json]'
const observerCounts = [1, 2, 3, 5]

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      matrix: { type: 'string' },
      edges: { type: 'string', default: '16' },
      liars: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  const matrix = matrixOf(values.matrix)
  const [edgeCount, first, count] = [Number(values.edges), Number(values.seed), Number(values.seeds)]
  if (!Number.isInteger(first) || !(count >= 1 && count <= 1000) || !Number.isInteger(count))
    throw new Fault('input/invalid', 'a seed is a whole number, and 1 to 1000 of them are taken')
  const liars = Number(values.liars)
  if (!Number.isInteger(liars) || liars < 0) throw new Fault('input/invalid', 'liars are a whole number')
  if (!Number.isInteger(edgeCount) || edgeCount < 5 || edgeCount >= matrix.size)
    throw new Fault('input/invalid', `5 to ${matrix.size - 1} edges are taken`)
  const figures = observerCounts.map(observers => {
    const runs = Array.from({ length: count }, (_, i) =>
      chooseFor(matrix, first + i, { edgeCount, observers, liars }),
    )
    return { observers, ways: ways.map(way => ({ way, ...meanChoice(runs.map(choices => choices[way])) })) }
  })
  if (values.json) {
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    return
  }
  process.stdout.write(
    `${matrix.name}: ${edgeCount} edges, ${matrix.size - edgeCount} clients, ` +
      `means of ${count} seeds from ${first}\n\n` +
      `${'seen by'.padEnd(28)}  <10 ms   best  median ms  p90 ms\n`,
  )
  for (const { observers, ways } of figures)
    for (const { way, ...choice } of ways)
      process.stdout.write(`${`${observers} of ${edgeCount}, ${way}`.padEnd(28)}  ${rowOf(choice)}\n`)
}

function rowOf({ good, best, medianMs, p90Ms }: Choice): string {
  const shares = [good, best].map(share => share.toFixed(3).padStart(6))
  return [...shares, medianMs.toFixed(1).padStart(9), p90Ms.toFixed(1).padStart(6)].join('  ')
}
