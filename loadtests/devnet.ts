// A devnet to measure: real processes in a folder of its own, asked to stop and gone afterwards.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const door = join(import.meta.dirname, '..', 'cli', 'inxt.mjs')

export interface Devnet {
  readonly folder: string
  readonly edges: readonly { readonly address: string; readonly httpPort: number; readonly pid: number }[]
}

/** Measures when it is up. `flags` name a network number and ports that no other devnet has. */
export async function onDevnet(
  flags: readonly string[],
  measure: (devnet: Devnet) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'inxt-bench-'))
  const words = [door, 'devnet', '--data', folder, ...flags]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    await whenUp(child)
    const { edges } = JSON.parse(readFileSync(join(folder, 'network.json'), 'utf8')) as Devnet
    await measure({ folder, edges })
  } finally {
    child.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

function whenUp(child: ChildProcess): Promise<void> {
  let output = ''
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', chunk => {
      output += chunk
      if (output.includes('Ctrl-C')) resolve()
    })
    child.once('exit', () => reject(new Error(`the devnet did not come up:\n${output}`)))
  })
}
