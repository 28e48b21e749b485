// What `npm test` runs, under node's own runner.
//
// The unit tests run in two processes side by side: one keeps a core busy, the other mostly waits. A process for each
// file would spend more time starting than testing. The e2e suite comes last and alone: it starts real devnets beside
// which nothing else should compete for two cores. `unit` or `e2e` as the argument picks a half.

import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { testFiles } from './files.ts'

const root = join(import.meta.dirname, '..')
const unit = ['thinking.ts', 'touching.ts'].map(file => join(import.meta.dirname, file))
const half = process.argv[2]
/** Each is run after the one before it has ended. */
const stages: Parameters<typeof run>[0][] = []
if (half !== 'e2e') stages.push({ files: unit, isolation: 'process', concurrency: 2, cwd: root })
if (half !== 'unit') stages.push({ files: testFiles('e2e'), isolation: 'none', cwd: root })

let isGood = true
const all = { tests: 0, passed: 0, skipped: 0 }
for (const stage of stages) {
  const events = run(stage)
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
process.stdout.write(`ℹ in all ${all.tests} tests, ${all.passed} passed, ${all.skipped} skipped\n`)
process.exitCode = isGood ? 0 : 1
