// `npm run contracts`: everything that can be said against the contracts, with packages from npm and without a network.
//
// solhint reads them; forge runs unit, fuzz and invariant tests on the code as it is deployed; then once more without
// the optimizer, counting lines and branches. A line or a branch that no test reached ends the run with an error, so a
// gap has to be explained in `gaps` below and in docs/contracts.md. Invariant runs are left out of the counting: they
// would only reach by chance what a test reaches on purpose.

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFault } from '../../base/fault.ts'
import { gapsOf } from '../coverage.ts'
import { foundryBinary } from './foundry.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const lcovFile = join(root, '.inxt', 'forge', 'lcov.info')

/** Gaps that cannot be closed, as `file:line`, each with its reason. */
const gaps: ReadonlyMap<string, string> = new Map()

/** Resolves with the exit code; what the program says goes to our own output. */
function run(program: string, words: readonly string[]): Promise<number> {
  // forge starts the compiler through `env node`: it must be the Node that runs us.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`
  const env = { ...process.env, PATH }
  const child = spawn(program, words, { cwd: root, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code ?? 1))
  })
}

async function checkCoverage(): Promise<number> {
  const found = gapsOf(await readFile(lcovFile, 'utf8')).filter(gap => !gaps.has(gap))
  for (const gap of found) console.error(`not covered: ${gap}`)
  if (found.length === 0) console.log('Every line and branch of the contracts is covered.')
  return found.length === 0 ? 0 : 1
}

async function main(): Promise<number> {
  const forge = foundryBinary('forge')
  const solhint = createRequire(import.meta.url).resolve('solhint/solhint.js')
  const linted = await run(process.execPath, [
    solhint,
    '--noPoster',
    '--disc',
    '--max-warnings',
    '0',
    'registry-contract/contracts/*.sol',
  ])
  if (linted !== 0) return linted
  const tested = await run(forge, ['test', '--root', root])
  if (tested !== 0) return tested
  const counted = await run(forge, [
    ...['coverage', '--root', root, '--no-match-contract', 'Invariants', '--no-match-coverage', 'test/'],
    ...['--report', 'summary', '--report', 'lcov', '--report-file', lcovFile],
  ])
  return counted !== 0 ? counted : checkCoverage()
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!isFault(error)) throw error
  console.error(error.lines().join('\n'))
  process.exitCode = 1
}
