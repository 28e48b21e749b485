// Which test files there are, and how they are divided: `thinking` is what keeps a core busy (machines and their
// simulator), `touching` is all that waits for sockets, files and processes, `e2e` starts whole networks and the
// servers of others.

import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
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
