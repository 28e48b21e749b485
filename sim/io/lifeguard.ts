// `npm run sim -- lifeguard [--seed <n>] [--json] [--full] [--scenario flap|scale]`
//
// Prints this machine beside plain SWIM, both of the same run, and beside the paper's figures. By default an even share
// of the grid for the three that are compared; `--full` is one whole repeat of it for all four. Exit code 1 when a
// figure is out of bounds.

import { parseArgs } from 'node:util'
import { Fault } from '../../base/fault.ts'
import { playFaulty } from '../lifeguard/faulty.ts'
import { playScale } from '../lifeguard/scale.ts'
import {
  type Configuration,
  cells,
  type Figures,
  figuresOf,
  gridSize,
  playRow,
  type Row,
} from '../lifeguard/table.ts'
import { quantile } from '../scenario.ts'

export const usage = 'npm run sim -- lifeguard [--seed <n>] [--json] [--full] [--scenario flap|scale]'
/** 12 of 432 cells, each for two configurations: what a minute on a slow core has room for. */
const defaultShare = 1 / 36

const paper: { readonly [of in Configuration]: readonly string[] } = {
  swim: ['100', '100', '12.44', '16.96', '100', '100'],
  lifeguard: ['1.53', '1.89', '12.45', '17.90', '110.6', '98.0'],
  inxt: ['1.53', '1.89', '12.45', '17.90', '110.6', '98.0'],
  inxtFast: ['3.18', '4.83', '10.34', '16.42', '', ''],
}
const titles: { readonly [of in Configuration]: string } = {
  swim: 'SWIM (5, 1)',
  lifeguard: 'Lifeguard (5, 6)',
  inxt: 'this machine (5, 6)',
  inxtFast: 'this machine (4, 6)',
}
const heads = ['FP %', 'at healthy %', '1st median s', '1st 99 % s', 'messages %', 'bytes %']

export function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      scenario: { type: 'string', default: 'table' },
    },
  })
  const seed = Number(values.seed)
  const play = Object.hasOwn(scenarios, values.scenario) ? scenarios[values.scenario] : undefined
  if (play === undefined) throw new Fault('input/invalid', `scenarios: ${Object.keys(scenarios).join(', ')}`)
  if (!Number.isInteger(seed)) throw new Fault('input/invalid', 'a seed is a whole number')
  play(seed, values.full, values.json)
}

const scenarios: { readonly [name: string]: (seed: number, isFull: boolean, isJson: boolean) => void } = {
  table: playTable,
  flap: seed => playFlap(seed),
  scale: seed => playSizes(seed),
}

/** Rapid's figures are of 1,000 members too, of which ten are faulty. */
function playFlap(seed: number): void {
  for (const fault of ['lossy', 'flapping'] as const) {
    const views = playFaulty(fault, 1000, 10, 240_000, seed)
    process.stdout.write(
      `10 of 1000 ${fault}: ${views.exact} of ${views.observers} healthy members route to exactly the healthy ones, ` +
        `views of ${views.sizeLeast} to ${views.sizeMost}, all so from ${views.settledMs / 1000} s on; ` +
        `${views.wronged} healthy ever left out\n`,
    )
    if (views.exact < views.observers || views.wronged > 0) process.exitCode = 1
  }
}

function playSizes(seed: number): void {
  for (const size of [500, 1000, 5000]) {
    const startedAt = performance.now()
    const { frames, bytes } = playScale(size, 20, seed)
    const tookS = ((performance.now() - startedAt) / 1000).toFixed(1)
    process.stdout.write(
      `${size} members, one in a hundred crashed, 20 periods: ${frames.toFixed(2)} frames and ` +
        `${bytes.toFixed(0)} bytes per member and period; ${tookS} s of wall time\n`,
    )
  }
}

function playTable(seed: number, isFull: boolean, isJson: boolean): void {
  const share = isFull ? 1 : defaultShare
  const repeats = isFull ? 10 : 2
  const play = (of: Configuration, part = share): Row => playRow(of, part, repeats, seed)
  const swim = play('swim')
  const inxt = play('inxt')
  const figures = figuresOf(inxt, swim)
  if (isJson) {
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    return
  }
  const rows: [of: Configuration, row: Row][] = [['swim', swim]]
  if (isFull) rows.push(['lifeguard', play('lifeguard')])
  const fast = play('inxtFast', isFull ? 1 : share / 3)
  rows.push(['inxt', inxt], ['inxtFast', fast])
  const played = cells(share, seed).length
  process.stdout.write(
    `128 members, ${played} of ${gridSize} cells of the Interval grid, ` +
      `${repeats} of 10 repeats of Threshold, seed ${seed}\n` +
      `measured | paper, as percent of SWIM in the same run; SWIM had ${swim.fp} FP, ${swim.fpHealthy} at healthy\n\n`,
  )
  for (const line of table(rows, swim, share, seed)) process.stdout.write(`${line}\n`)
  const complaints = complaintsOf(figures, fast)
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
  if (complaints.length > 0) process.exitCode = 1
}

function table(
  rows: readonly (readonly [Configuration, Row])[],
  swim: Row,
  share: number,
  seed: number,
): string[] {
  const lines = rows.map(([of, row]) => {
    // The fast one plays fewer cells by default; its counts are compared with SWIM's of those only.
    const base = of === 'inxtFast' && share < 1 ? playRow('swim', share / 3, 0, seed) : swim
    const figures = figuresOf(row, base)
    const measured = [
      ...[figures.fpPercent.toFixed(2), figures.fpHealthyPercent.toFixed(2)],
      ...[(figures.firstDetectMedianMs / 1000).toFixed(2), (quantile(row.firstMs, 0.99) / 1000).toFixed(2)],
      ...[figures.messagesPercent.toFixed(1), ((100 * row.bytes) / base.bytes).toFixed(1)],
    ]
    return [titles[of], ...measured.map((value, i) => `${value} | ${paper[of][i]}`)]
  })
  const all = [['', ...heads], ...lines]
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all.map(row => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd())
}

function complaintsOf(figures: Figures, fast: Row): string[] {
  const { firstDetectMedianMs, swimFirstDetectMedianMs } = figures
  const bars: [name: string, value: number, max: number][] = [
    ['false positives, percent of SWIM', figures.fpPercent, 1.53],
    ['false positives at healthy members, percent of SWIM', figures.fpHealthyPercent, 1.89],
    [
      'median first detection off SWIM’s, percent',
      Math.abs(firstDetectMedianMs / swimFirstDetectMedianMs - 1) * 100,
      1,
    ],
    ['messages, percent of SWIM', figures.messagesPercent, 110.6],
    [
      'median first detection at α 4, percent of SWIM',
      (100 * quantile(fast.firstMs, 0.5)) / swimFirstDetectMedianMs,
      83,
    ],
  ]
  return bars
    .filter(([, value, max]) => !(value <= max))
    .map(([name, value, max]) => `${name}: ${value}, over ${max}`)
}
