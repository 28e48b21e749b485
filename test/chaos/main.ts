// `npm run chaos -- [--minutes N] [--seed N] [--edges N] [--readers N] [--size SHARE]`: shakes a network of real edges
// under load, and tells what readers noticed. The same seed gives the same sequence of faults. Exit code 1 when a
// reader met a failure or a wrong byte, or an edge ended by itself.

import { parseArgs } from 'node:util'
import { reportText } from './report.ts'
import { runChaos } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    edges: { type: 'string', default: '8' },
    readers: { type: 'string', default: '20' },
    size: { type: 'string', default: '1' },
  },
})
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
const startedAt = performance.now()
const spanMs = 60_000 * Number(values.minutes)
const report = await runChaos({
  seed: Number(values.seed),
  spanMs,
  peaceMs: Math.min(60_000, spanMs / 4),
  edges: Number(values.edges),
  readers: Number(values.readers),
  sizeShare: Number(values.size),
  say: line => console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`),
  signal: interruption.signal,
})
console.log(reportText(report))
const { before, faults, after } = report.phases
const failures = [before, faults, after].flatMap(({ failures }) => failures)
process.exitCode = failures.length + report.crashes.length > 0 ? 1 : 0
