// What `npm test` runs, under node's own runner.
//
// The unit tests run in two processes side by side: one keeps a core busy, the other mostly waits. A process for each
// file would spend more time starting than testing. So do the conformance tests after them, beside a network that
// waits to meet again. The other e2e suites come last and alone: real devnets beside which nothing else should compete
// for two cores. `unit` or `e2e` as the argument picks a half, of which conformance is the second.
//
// A run always ends: a test has a deadline, a process ends with its last test whatever that left open, and all of it
// has a deadline too.

import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = join(import.meta.dirname, '..')
const testMs = 300_000
const allMs = 45 * 60_000
const half = process.argv[2]
/** Each is run after the one before it has ended. */
const stages: string[][] = []
if (half !== 'e2e') stages.push(['thinking.ts', 'touching.ts'])
if (half !== 'unit') stages.push(['judging.ts', 'talking.ts', 'meeting.ts'], ['living.ts'])

const signal = AbortSignal.timeout(allMs)
let isGood = true
const all = { tests: 0, passed: 0, skipped: 0 }
for (const stage of stages) {
  const files = stage.map(file => join(import.meta.dirname, file))
  const events = run({
    files,
    cwd: root,
    concurrency: stage.length,
    timeout: testMs,
    forceExit: true,
    signal,
  })
  events.on('test:summary', ({ counts, file }) => {
    if (file !== undefined) return
    all.tests += counts.tests
    all.passed += counts.passed
    all.skipped += counts.skipped
    // A skip in CI is a missing tool that the set-up should have installed.
    const unwanted = process.env['CI'] === 'true' ? counts.skipped : 0
    isGood &&= counts.passed === counts.tests - counts.skipped && counts.tests > 0 && unwanted === 0
  })
  for await (const text of events.compose(new spec())) process.stdout.write(text)
}
if (signal.aborted) process.stdout.write(`✖ not within ${allMs / 60_000} minutes\n`)
process.stdout.write(`ℹ in all ${all.tests} tests, ${all.passed} passed, ${all.skipped} skipped\n`)
process.exitCode = isGood && !signal.aborted ? 0 : 1
