// A test that failed half-way may leave a devnet or a server behind; ended by id, so that nothing outlives a suite.

import { readFileSync } from 'node:fs'

/** Sends SIGTERM to the children that are left when this process ends. */
export function leaveNoOrphans(): void {
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
}
