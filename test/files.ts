// Which test files there are, and how they are divided: `thinking` is what keeps a core busy (machines and their
// simulator), `touching` is all that waits for sockets, files and processes. Conformance is `judging`, by programs of
// others that work hard, and `talking`, conversations that mostly wait. `e2e` starts whole networks; that of `meeting`
// is idle most of the time.

import { globSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
// A quarter of the time goes into stripping and compiling some 500 files: once is enough. Not by NODE_COMPILE_CACHE,
// which the programs under test would inherit.
enableCompileCache(join(root, 'node_modules', '.cache', 'inxt'))
const folders = 'base config resolver edge content overlay registry-contract sim cli dashboard test'.split(
  ' ',
)

export type Part = 'thinking' | 'touching' | 'judging' | 'talking' | 'meeting' | 'e2e'

/** Absolute paths, in order. */
export function testFiles(part: Part): string[] {
  const all = folders.flatMap(folder => globSync(`${folder}/**/*.test.ts`, { cwd: root })).sort()
  return all.filter(file => partOf(file) === part).map(file => join(root, file))
}

function partOf(file: string): Part {
  if (file === 'test/e2e/overlay.test.ts') return 'meeting'
  if (file.startsWith('test/e2e/')) return 'e2e'
  if (/^test\/conformance\/(acme|gateway|http)/.test(file)) return 'talking'
  if (file.startsWith('test/conformance/')) return 'judging'
  return /^(sim|overlay|content)\//.test(file) ? 'thinking' : 'touching'
}
