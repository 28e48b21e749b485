// Runs the micro-benchmarks: every `*.bench.ts` of the tree, or those whose path contains the argument, one process
// each, one after the other. They print figures and ratios to a peer in the same run; nothing here can fail a build.

import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [wanted = '', ...rest] = process.argv.slice(2)
const files = globSync('{cli,resolver,edge,content,overlay,registry-contract,loadtests}/**/*.bench.ts', {
  cwd: root,
})
  .filter(file => file.includes(wanted))
  .sort()
if (files.length === 0) console.log(`no benchmark has "${wanted}" in its path`)
for (const file of files) {
  if (!rest.includes('--json')) console.log(`\n${file}`)
  spawnSync(process.execPath, ['--expose-gc', join(root, file), ...rest], { stdio: 'inherit' })
}
