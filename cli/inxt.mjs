#!/usr/bin/env node
// The door: plain JavaScript that any Node can read. INXT itself is TypeScript that runs directly on Node 24; an
// older Node hands over to the one that the npm package `node` pins beside us, or says what to install.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const majorMin = 24

if (Number(process.versions.node.split('.')[0]) >= majorMin) {
  // Stripped and compiled once, then read from disk: a start takes half the time and 20 MB less memory. Where the
  // folder cannot be written, everything works as without.
  const project = dirname(dirname(fileURLToPath(import.meta.url)))
  module.enableCompileCache(join(project, 'node_modules', '.cache', 'inxt'))
  await import('./main.ts')
} else handOver()

function handOver() {
  const pinned = pinnedNode()
  if (pinned === undefined) {
    console.error(
      `inxt needs Node.js ${majorMin}; this is ${process.versions.node} and no newer one was found beside it.`,
    )
    console.error('It runs TypeScript directly, which older versions cannot.')
    console.error(`Run \`npm install\` in the folder of inxt: it brings Node.js ${majorMin} along.`)
    process.exit(1)
  }
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // The terminal sends Ctrl-C to both of us; the child decides when it is over. What reaches only us is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function pinnedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find(existsSync)
  } catch {
    return undefined
  }
}
