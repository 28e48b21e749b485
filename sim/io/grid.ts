// `npm run sim -- grid [--section <name>] [--seed <seed>] [--full] [--json]`
//
// Prints each section's figures beside the paper's. Exit code 1 when a figure is out of bounds.

import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import type { Headline, Section, Size } from '../grid/section.ts'
import { sections } from '../grid/sections.ts'

export const usage = 'npm run sim -- grid [--section <name>] [--seed <seed>] [--full] [--json]'

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      section: { type: 'string' },
      seed: { type: 'string', default: '1' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const isChosen = ({ name, isHeadline }: Section): boolean =>
    values.section === undefined ? !values.json || isHeadline === true : values.section === name
  const chosen = sections.filter(isChosen)
  const seed = Number(values.seed)
  if (chosen.length === 0)
    throw new Fault('input/invalid', `sections: ${sections.map(({ name }) => name).join(', ')}`)
  if (!Number.isInteger(seed)) throw new Fault('input/invalid', 'a seed is a whole number')
  const headline: Partial<Headline> = {}
  for (const section of chosen)
    Object.assign(headline, play(section, seed, values.full ? 'full' : 'default', values.json))
  if (values.json) process.stdout.write(`${JSON.stringify(headline)}\n`)
}

function play(section: Section, seed: number, size: Size, isQuiet: boolean): Partial<Headline> {
  const { figures, headline } = section.play(seed, size)
  const rows = [
    ['', 'measured', 'allowed', 'paper'],
    ...figures.map(({ name, value, min, max, paper }) => [
      ...[name, value.toFixed(2), `${min} to ${max}`, paper ?? ''],
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const lines = rows.map(row => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd())
  if (!isQuiet) process.stdout.write(`${section.name}: ${section.story}\n${lines.join('\n')}\n\n`)
  for (const { name, value, min, max } of figures)
    if (!(value >= min && value <= max)) {
      process.stderr.write(`${section.name}: ${name} is ${value}, not ${min} to ${max} (seed ${seed})\n`)
      process.exitCode = 1
    }
  return headline ?? {}
}
