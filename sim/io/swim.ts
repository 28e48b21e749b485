// `npm run sim -- swim [--scenario <name>] [--seed <first>] [--seeds <count>] [--json]`
//
// Prints each scenario's figures beside the paper's; over several seeds, each figure's worst and mean. Exit code 1
// when a figure is out of bounds, with the line that replays it.

import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import { complaintsOf, complaintsOfMeans, mean, type Outcome, type Scenario } from '../scenario.ts'
import { storybook } from '../storybook.ts'

export const usage = 'npm run sim -- swim [--scenario <name>] [--seed <first>] [--seeds <count>] [--json]'

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const scenarios = storybook.filter(s => (values.scenario ?? s.name) === s.name)
  const first = Number(values.seed)
  const count = Number(values.seeds)
  if (scenarios.length === 0)
    throw new Fault('input/invalid', `scenarios: ${storybook.map(s => s.name).join(', ')}`)
  if (!Number.isInteger(first) || !Number.isInteger(count) || count < 1)
    throw new Fault('input/invalid', 'a seed is a whole number, and at least one is needed')
  const seeds = Array.from({ length: count }, (_, i) => first + i)
  const complaints: string[] = []
  for (const scenario of scenarios) complaints.push(...play(scenario, seeds, values.json))
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
  if (complaints.length > 0) process.exitCode = 1
}

function play(scenario: Scenario, seeds: readonly number[], isJson: boolean): string[] {
  const outcomes: Outcome[] = []
  const complaints: string[] = []
  for (const seed of seeds) {
    const result = complaintsOf(scenario, seed, seeds.length > 1)
    complaints.push(...result.complaints)
    if (result.outcome) outcomes.push(result.outcome)
    if (isJson)
      process.stdout.write(`${JSON.stringify({ scenario: scenario.name, seed, ...result.outcome })}\n`)
  }
  complaints.push(...complaintsOfMeans(scenario, outcomes))
  if (!isJson) process.stdout.write(table(scenario, seeds, outcomes))
  return complaints
}

function table(scenario: Scenario, seeds: readonly number[], outcomes: readonly Outcome[]): string {
  const rows = (outcomes[0]?.figures ?? []).map(({ name, min, max, paper }, i) => {
    const values = outcomes.map(outcome => outcome.figures[i]!.value)
    const spread = [Math.min(...values), mean(values), Math.max(...values)].map(v => v.toFixed(2))
    return [name, ...(seeds.length > 1 ? spread : [spread[1]!]), `${min} to ${max}`, paper ?? ''] as string[]
  })
  const heads = seeds.length > 1 ? ['least', 'mean', 'most'] : ['measured']
  const all = [['', ...heads, 'allowed', 'paper'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  const lines = all.map(row => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd())
  const hash = seeds.length === 1 ? `  seed ${seeds[0]}, transcript ${outcomes[0]?.hash.slice(0, 16)}\n` : ''
  return `${scenario.name}: ${scenario.story}\n${lines.join('\n')}\n${hash}\n`
}
