// Which test files there are, and how they are divided: `thinking` is what keeps a core busy (machines and their
// simulator), `touching` is all that waits for sockets, files and processes, `e2e` starts whole networks and the
// servers of others.

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

export type Part = 'thinking' | 'touching' | 'e2e'

/** Absolute paths, in order. */
export function testFiles(part: Part): string[] {
  const all = folders.flatMap(folder => globSync(`${folder}/**/*.test.ts`, { cwd: root })).sort()
  return all.filter(file => partOf(file) === part).map(file => join(root, file))
}

function partOf(file: string): Part {
  if (/^test\/(e2e|conformance)\//.test(file)) return 'e2e'
  return /^(sim|overlay|content)\//.test(file) ? 'thinking' : 'touching'
}
