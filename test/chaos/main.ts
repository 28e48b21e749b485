// `npm run chaos -- [--minutes N] [--seed N] [--edges N] [--readers N] [--size SHARE]`: shakes a network of real edges
// under load, and tells what readers noticed. The same seed gives the same sequence of faults. Exit code 1 when a
// reader met a failure or a wrong byte, or an edge ended by itself.

import { parseArgs } from 'node:util'
import { reportText } from './report.ts'
import { openGround, shake } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    edges: { type: 'string', default: '8' },
    readers: { type: 'string', default: '10' },
    size: { type: 'string', default: '1' },
  },
})
/** Room for duties, three eighths on average, and not for all that readers want: edges evict and fetch all the time. */
const storeShare = 0.9
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
const startedAt = performance.now()
const say = (line: string): void =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`)
const spanMs = 60_000 * Number(values.minutes)
await using stack = new AsyncDisposableStack()
const ground = await openGround(
  { edges: Number(values.edges), sizeShare: Number(values.size), storeShare, say },
  stack,
)
const report = await shake(ground, {
  ...{ seed: Number(values.seed), readers: Number(values.readers), spanMs, say },
  publishEveryMs: 20_000,
  peaceMs: Math.min(60_000, spanMs / 4),
  signal: interruption.signal,
})
const failures = Object.values(report.phases).flatMap(({ failures }) => failures)
const complaints = [...failures, ...report.errors, ...ground.crashes]
console.log([reportText(report), '', ...complaints].join('\n'))
process.exitCode = complaints.length > 0 ? 1 : 0
