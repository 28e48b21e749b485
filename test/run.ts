// What `npm test` runs: every test file in one process under node's own runner, whose summary is the last word.
//
// One process, because starting Node per file costs more than most files. The e2e suite comes last: it starts real
// devnets beside which nothing else should compete for two cores. `unit` or `e2e` as the argument picks a half.

import { globSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = join(import.meta.dirname, '..')
// A quarter of the time goes into stripping and compiling some 400 files: once is enough.
enableCompileCache(join(root, 'node_modules', '.cache', 'inxt'))
const half = process.argv[2]
const folders = 'base config resolver edge content overlay registry-contract sim cli dashboard test'.split(
  ' ',
)
const all = folders.flatMap(folder => globSync(`${folder}/**/*.test.ts`, { cwd: root })).sort()
const e2e = all.filter(file => file.startsWith(join('test', 'e2e')))
const unit = all.filter(file => !e2e.includes(file))
const files = half === 'unit' ? unit : half === 'e2e' ? e2e : [...unit, ...e2e]

const events = run({ files: files.map(file => join(root, file)), isolation: 'none', cwd: root })
events.on('test:summary', ({ counts, file }) => {
  if (file !== undefined) return
  // A skip in CI is a missing tool that the set-up should have installed.
  const unwanted = process.env['CI'] === 'true' ? counts.skipped : 0
  process.exitCode =
    counts.passed === counts.tests - counts.skipped && counts.tests > 0 && unwanted === 0 ? 0 : 1
})
events.compose(new spec()).pipe(process.stdout)
