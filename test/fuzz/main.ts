// `npm run fuzz -- [TARGET …] [--minutes N] [--seed N]`: fuzzes by coverage, one target after the other, and tells
// what was reached and found. `npm run fuzz -- flood [--seconds N]` counts the bad packets that the responder takes.
//
// Findings are printed as the octets that make them, shortened; one is enough for exit code 1. Memory is measured
// after a collection of garbage, when a tenth of the time is over and at the end: between them it must not grow.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { toHex } from '../../base/bytes.ts'
import { seededRandom } from '../../base/random.ts'
import { openCoverage } from './coverage.ts'
import { dnsTargets } from './dns-targets.ts'
import { flood } from './flood.ts'
import { fuzz, type Target } from './loop.ts'
import { heapBytes, mibText } from './memory.ts'

const targets: Readonly<Record<string, () => Target>> = { ...dnsTargets }
const root = pathToFileURL(join(import.meta.dirname, '..', '..')).href
const isOurs = (url: string): boolean =>
  url.startsWith(root) && /\/(base|resolver|edge|content|cli)\//.test(url.slice(root.length))

function run(name: string, ms: number, seed: number): number {
  const target = targets[name]!()
  const startedAt = performance.now()
  let warmHeap: number | undefined
  using coverage = openCoverage(isOurs)
  const { executions, corpus, findings } = fuzz(target, {
    ...{ random: seededRandom(seed), coverage, now: () => performance.now() },
    goesOn: () => {
      const share = (performance.now() - startedAt) / ms
      if (share > 0.1) warmHeap ??= heapBytes()
      return share < 1
    },
    onFinding: ({ what, input }) => console.log(`  finding: ${what}\n    ${toHex(input)}`),
  })
  const perS = Math.round((executions * 1000) / (performance.now() - startedAt))
  const { ran, known } = coverage.blocks
  const heap = `${mibText(warmHeap ?? 0)} → ${mibText(heapBytes())}`
  const figures = [name, executions, perS, `${ran} of ${known}`, corpus.length, heap, findings.length]
  console.log(`| ${figures.join(' | ')} |`)
  return findings.length
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
})
const seed = Number(values.seed)
if (positionals[0] === 'flood') flood(Number(values.seconds), seed)
else {
  const names = positionals.length > 0 ? positionals : Object.keys(targets)
  const unknown = names.filter(name => targets[name] === undefined)
  if (unknown.length > 0)
    throw new Error(`no target ${unknown.join()}: there are ${Object.keys(targets).join()}`)
  console.log(
    '| target | inputs | a second | blocks run | kept | heap MiB | findings |\n|---|---|---|---|---|---|---|',
  )
  const ms = (Number(values.minutes) * 60_000) / names.length
  let found = 0
  for (const name of names) found += run(name, ms, seed)
  process.exitCode = found > 0 ? 1 : 0
}
