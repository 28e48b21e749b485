// The e2e suite, for a process of its own: networks and the servers of others are started one after another.

import { readFileSync } from 'node:fs'
import { testFiles } from './files.ts'

// A test that failed half-way may leave a devnet behind; ended by id, so that nothing outlives the suite.
process.once('exit', () => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  for (const pid of children.trim().split(' ').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGTERM')
    } catch {
      // It has ended meanwhile.
    }
  }
})

for (const file of testFiles('e2e')) await import(file)
